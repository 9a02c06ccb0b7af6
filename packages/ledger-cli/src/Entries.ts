/**
 * Charges as the commands show them: a table for people, JSON for programs.
 *
 * Neither holds what the protocol and the host keep with a charge (the authorization, the answer, a receipt's headers) unless
 * `--full` asks for it: an answer is what somebody paid for.
 */
import * as Charge from "@paylayer/core/Charge"
import * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import * as Receipt from "@paylayer/core/Receipt"
import * as Refund from "@paylayer/core/Refund"
import * as Flag from "effect/cli/Flag"
import * as Schema from "effect/Schema"
import * as Moment from "./Moment.ts"
import { type Column, count, type Paint, table } from "./Text.ts"

export const full = Flag.Boolean("full").pipe(
  Flag.withDescription("Also what is withheld otherwise: authorization, answer, headers of the receipt, fingerprints"),
  Flag.withDefault(false)
)

export const json = (description: string) =>
  Flag.Boolean("json").pipe(Flag.withDescription(description), Flag.withDefault(false))

type Members = { readonly [name: string]: Schema.Json }

const encodeCharge = Schema.encodeSync(Schema.toCodecJson(Charge.Charge)) as (charge: Charge.Charge) => Members
const encodeMoney = Schema.encodeSync(Schema.toCodecJson(Money.Money))
const encodeReceipt = Schema.encodeSync(Schema.toCodecJson(Receipt.Receipt)) as (receipt: Receipt.Receipt) => Members

const refundToJson = (refund: Refund.Refund): Schema.Json => ({
  id: refund.id,
  state: refund.state,
  money: encodeMoney(refund.money),
  at: Moment.iso(refund.atMillis),
  owner: refund.owner,
  ...(refund.reason !== undefined && { reason: refund.reason }),
  ...(refund.cause !== undefined && { cause: refund.cause }),
  ...(refund.receipt !== undefined && { reference: refund.receipt.reference })
})

/** The JSON of a charge. Amounts are minor units, as text; times are ISO 8601 in UTC. */
export const toJson = (entry: Ledger.Entry, isFull: boolean): Schema.Json => {
  const { answer, authorization, charge, journal, key, owner, payer, protocol, receipt, request, state } = entry
  const { key: idempotencyKey, ...shown } = encodeCharge(charge)
  const { headers, ...evidence } = receipt === undefined ? ({} as Members) : encodeReceipt(receipt)
  return {
    id: charge.id,
    state,
    charge: shown,
    protocol,
    payer,
    owner,
    ...(receipt !== undefined && { receipt: evidence }),
    refunds: Refund.of(entry).map(refundToJson),
    journal: journal.map((line) => ({
      at: Moment.iso(line.atMillis),
      state: line.state,
      owner: line.owner,
      ...(line.cause !== undefined && { cause: line.cause }),
      ...(line.refund !== undefined && { refund: line.refund.id, refundState: line.refund.to }),
      ...(line.traceId !== undefined && { traceId: line.traceId })
    })),
    ...(isFull && {
      key,
      request,
      ...(idempotencyKey !== undefined && { idempotencyKey }),
      ...(headers !== undefined && { receiptHeaders: headers }),
      ...(authorization !== undefined && { authorization }),
      ...(answer !== undefined && { answer })
    })
  }
}

/** The state of a charge, and how much of it went back or has no end yet. */
export const stateOf = (entry: Ledger.Entry): string => {
  const back = Refund.returned(entry)
  const pending = Refund.of(entry).filter(({ state }) => Refund.isPending(state)).length
  return [
    entry.state,
    ...(entry.state === "settled" && back.minor > 0n ? [`${Money.print(back)} back`] : []),
    ...(pending > 0 ? [`${count(pending, "refund")} pending`] : [])
  ].join(", ")
}

/** The colour of a state. */
export const styleOf = (state: Ledger.State, { dim, green, red, yellow }: Paint): ((text: string) => string) => {
  if (state === "unknown") return red
  if (Ledger.isOpen(state)) return yellow
  return Ledger.isVoid(state) ? dim : green
}

const columns = [
  { name: "opened (UTC)" },
  { name: "charge" },
  { name: "state" },
  { name: "money", align: "right" },
  { name: "protocol" },
  { name: "merchant", most: 24 },
  { name: "resource", most: 40 },
  { name: "payer", most: 16 },
  { name: "last change, cause", most: 48 }
] as const satisfies ReadonlyArray<Column>

/** A line for each charge. */
export const lines = (entries: ReadonlyArray<Ledger.Entry>, paint: Paint): ReadonlyArray<string> =>
  table(
    columns,
    entries.map(({ charge, journal, payer, protocol, ...entry }) => [
      Moment.short(charge.openedAt.epochMilliseconds),
      charge.id,
      stateOf({ charge, journal, payer, protocol, ...entry }),
      Money.print(charge.money),
      protocol,
      charge.merchant,
      charge.resource,
      payer,
      `${Moment.short(journal.at(-1)?.atMillis ?? charge.openedAt.epochMilliseconds)} ${journal.at(-1)?.cause ?? ""}`
    ]),
    (text, { name }, row) => (name === "state" ? styleOf(entries[row]!.state, paint)(text) : text)
  )
