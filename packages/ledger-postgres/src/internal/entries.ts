/** Charges as rows: what goes into the database, and what comes out of it. */
import { Charge } from "@paylayer/core/Charge"
import * as Ledger from "@paylayer/core/Ledger"
import { Receipt } from "@paylayer/core/Receipt"
import * as Refund from "@paylayer/core/Refund"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const ChargeJson = Schema.toCodecJson(Charge)
const ReceiptJson = Schema.toCodecJson(Receipt)
const encodeCharge = Schema.encodeSync(ChargeJson)
const encodeReceipt = Schema.encodeSync(ReceiptJson)
const RefundJson = Schema.toCodecJson(Refund.Line)
const encodeRefund = Schema.encodeSync(RefundJson)

/** What `paylayer_entry` gives. A document is in an array, so that none differs from `null`. */
const Row = Schema.Struct({
  protocol: Schema.String,
  payer: Schema.String,
  key: Schema.String,
  request: Schema.String,
  state: Schema.Literals(Ledger.states),
  owner: Schema.String,
  charge: ChargeJson,
  authorization: Schema.NullOr(Schema.Tuple([Schema.Json])),
  receipt: Schema.NullOr(ReceiptJson),
  answer: Schema.NullOr(Schema.Tuple([Schema.Json])),
  usage: Schema.NullOr(Schema.Tuple([Schema.Json])),
  journal: Schema.Array(
    Schema.Tuple([
      Schema.Literals(Ledger.states),
      Schema.Number,
      Schema.String,
      Schema.NullOr(Schema.String),
      Schema.NullOr(Schema.String),
      Schema.NullOr(RefundJson)
    ])
  )
})
const decodeRow = Schema.decodeUnknownEffect(Row)

type Line = (typeof Row.Type)["journal"][number]

const line = ([state, atMillis, owner, cause, traceId, refund]: Line): Ledger.JournalLine => ({
  state,
  owner,
  atMillis,
  ...(cause === null ? {} : { cause }),
  ...(traceId === null ? {} : { traceId }),
  ...(refund === null ? {} : { refund })
})

const unreadable = (row: unknown) => {
  const id = typeof row === "object" && row !== null && "id" in row ? String(row.id) : "without an id"
  return new Ledger.LedgerError({ message: `charge ${id} cannot be read: its row is not what this code writes` })
}

/** Reads what `paylayer_entry` gave. */
export const fromRow = (row: unknown): Effect.Effect<Ledger.Entry, Ledger.LedgerError> =>
  Effect.mapBoth(decodeRow(row), {
    onFailure: () => unreadable(row),
    onSuccess: ({ answer, authorization, journal, receipt, usage, ...entry }): Ledger.Entry => ({
      ...entry,
      ...(authorization === null ? {} : { authorization: authorization[0] }),
      ...(receipt === null ? {} : { receipt }),
      ...(answer === null ? {} : { answer: answer[0] }),
      ...(usage === null ? {} : { usage: usage[0] }),
      journal: journal.map(line)
    })
  })

/** Text of PostgreSQL holds every character but the first one. */
const text = (value: string) => value.toWellFormed().replaceAll("\0", "\uFFFD")

const document = (value: unknown): string | null => (value === undefined ? null : JSON.stringify(value))

/** The largest number of a column. A limit above it is none, since no bucket gets there. */
const largest = 2n ** 63n - 1n

const reservations = (wanted: ReadonlyArray<Ledger.Reservation>): string | null =>
  wanted.length === 0
    ? null
    : JSON.stringify(
        wanted.map(({ bucket, endsAtMillis, kind, limit, units }) => ({
          bucket,
          kind,
          units: String(units),
          cap: String(limit > largest ? largest : limit),
          ends: endsAtMillis
        }))
      )

type Parameters = ReadonlyArray<string | bigint | null | ReadonlyArray<string>>

const written = (owner: string, { atMillis, traceId }: Ledger.Moment): Parameters => [
  owner,
  BigInt(Math.trunc(atMillis)),
  traceId ?? null
]

/** The parameters of `paylayer_open`. */
export const opening = (asked: Ledger.Opening, owner: string, at: Ledger.Moment): Parameters => [
  asked.charge.id,
  asked.protocol,
  asked.payer,
  asked.charge.merchant,
  asked.charge.resource,
  asked.charge.money.currency,
  asked.charge.money.minor,
  asked.key,
  asked.request,
  document(encodeCharge(asked.charge)),
  reservations(asked.reservations),
  ...written(owner, at)
]

/** The parameters of `paylayer_advance`. Of what several steps record, the last is kept. */
export const advancing = (
  chargeId: string,
  begins: ReadonlyArray<Ledger.State>,
  steps: ReadonlyArray<Ledger.Step>,
  owner: string,
  at: Ledger.Moment
): Parameters => {
  const receipt = steps.findLast((step) => step.receipt !== undefined)?.receipt
  const usage = steps.findLast((step) => step.usage !== undefined)?.usage
  const capture = steps.findLast((step) => step.capture !== undefined)?.capture
  const extra = [
    document(usage),
    capture?.money.currency ?? null,
    capture?.money.minor ?? null,
    capture?.buckets ?? null
  ]
  return [
    chargeId,
    begins,
    JSON.stringify(steps.map(({ cause, to }) => ({ to, cause: cause === undefined ? undefined : text(cause) }))),
    document(steps.findLast((step) => step.authorization !== undefined)?.authorization),
    document(receipt && encodeReceipt(receipt)),
    document(steps.findLast((step) => step.answer !== undefined)?.answer),
    reservations(steps.flatMap((step) => step.reservations ?? [])),
    ...written(owner, at),
    ...(usage === undefined && capture === undefined ? [] : extra)
  ]
}

/** The parameters of `paylayer_note`, for the last line of the journal. */
export const noting = (entry: Ledger.Entry, owner: string, at: Ledger.Moment): Parameters => {
  const { cause, refund } = entry.journal.at(-1)!
  return [
    entry.charge.id,
    BigInt(entry.journal.length),
    entry.state,
    BigInt(Refund.of(entry).filter(({ state }) => Refund.isPending(state)).length),
    document(encodeRefund(refund!)),
    cause === undefined ? null : text(cause),
    ...written(owner, at)
  ]
}

/** The parameters of `paylayer_adopt`. */
export const adopting = (chargeId: string, owner: string, at: Ledger.Moment): Parameters => [
  chargeId,
  Ledger.adopted,
  ...written(owner, at)
]
