/**
 * Charges as rows, and back.
 */
import { Charge } from "@paylayer/core/Charge"
import * as Ledger from "@paylayer/core/Ledger"
import type { Money } from "@paylayer/core/Money"
import { Receipt } from "@paylayer/core/Receipt"
import * as Refund from "@paylayer/core/Refund"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

const Json = Schema.fromJsonString(Schema.Json)
const ChargeJson = Schema.fromJsonString(Schema.toCodecJson(Charge))
const ReceiptJson = Schema.fromJsonString(Schema.toCodecJson(Receipt))
const State = Schema.Literals(Object.keys(Ledger.transitions) as ReadonlyArray<Ledger.State>)

/**
 * Writes what has money, times and texts alone as `Schema` writes it, to the letter, without checking once more what the
 * paywall has checked: that would take longer than writing the row. Times write themselves. What has any other field is
 * written by its schema.
 */
const plainly = <A extends { readonly money: Money }>(
  plain: ReadonlyArray<keyof A & string>,
  bySchema: (value: A) => unknown
) => {
  const known: ReadonlySet<string> = new Set(plain)
  return (value: A): string => {
    if (!Object.keys(value).every((field) => known.has(field))) return JSON.stringify(bySchema(value))
    const { currency, minor } = value.money
    return JSON.stringify({ ...value, money: { currency, minor: String(minor) } })
  }
}

export const encodeCharge = plainly<Charge>(
  [
    "id",
    "money",
    "merchant",
    "category",
    "description",
    "method",
    "resource",
    "tool",
    "binding",
    "key",
    "openedAt",
    "expiresAt"
  ],
  Schema.encodeSync(Schema.toCodecJson(Charge))
)

const decodeCharge = Schema.decodeUnknownResult(ChargeJson)

/** The charge of a row, once less is taken; nothing where that is more, or the row cannot be read. */
export const captured = (charge: string, capture: Ledger.Capture): Charge | undefined => {
  const read = Result.getOrUndefined(decodeCharge(charge))
  return read && Ledger.captured(read, capture)
}

export const encodeReceipt = plainly<Receipt>(
  ["chargeId", "protocol", "merchant", "resource", "money", "reference", "settledAt", "method"],
  Schema.encodeSync(Schema.toCodecJson(Receipt))
)

const refundToJson = Schema.encodeSync(Schema.toCodecJson(Refund.Line))
export const encodeRefund = (line: Refund.Line): string => JSON.stringify(refundToJson(line))

/** The columns of `Row`, from `paylayer_charges AS c`. The journal comes with its charge, so that they agree. */
export const columns = `c.seq, c.id, c.state, c.owner, c.key, c.request, c.protocol, c.payer, c.charge,
  c.authorization, c.receipt, c.answer, c.usage,
  (SELECT json_group_array(json_array(j.state, j.at, j.owner, j.cause, j.trace, json(j.refund)) ORDER BY j.n)
    FROM paylayer_journal AS j WHERE j.charge = c.seq) AS journal`

const Journal = Schema.fromJsonString(
  Schema.Array(
    Schema.Tuple([
      State,
      Schema.Int,
      Schema.String,
      Schema.NullOr(Schema.String),
      Schema.NullOr(Schema.String),
      Schema.NullOr(Schema.toCodecJson(Refund.Line))
    ])
  )
)

const Row = Schema.Struct({
  state: State,
  owner: Schema.String,
  key: Schema.String,
  request: Schema.String,
  protocol: Schema.String,
  payer: Schema.String,
  charge: ChargeJson,
  authorization: Schema.NullOr(Json),
  receipt: Schema.NullOr(ReceiptJson),
  answer: Schema.NullOr(Json),
  usage: Schema.NullOr(Json),
  journal: Journal
})

export interface Row extends Schema.Codec.Encoded<typeof Row> {
  readonly seq: number
  readonly id: string
}

const decodeRow = Schema.decodeUnknownResult(Row)
const decodeJournal = Schema.decodeUnknownResult(Journal)

const unreadable = (id: string) => () =>
  new Ledger.LedgerError({ message: `what is stored of charge ${id} is damaged` })

const lines = (journal: typeof Journal.Type): ReadonlyArray<Ledger.JournalLine> =>
  journal.map(([state, atMillis, owner, cause, traceId, refund]) => ({
    state,
    owner,
    atMillis,
    ...(cause === null ? {} : { cause }),
    ...(traceId === null ? {} : { traceId }),
    ...(refund === null ? {} : { refund })
  }))

/** The charge of a row. A column that is NULL says nothing; one that says `null` does. */
export const entry = (row: Row): Result.Result<Ledger.Entry, Ledger.LedgerError> =>
  Result.mapError(decodeRow(row), unreadable(row.id)).pipe(
    Result.map(({ answer, authorization, journal, receipt, usage, ...told }) => ({
      ...told,
      ...(row.authorization === null ? {} : { authorization }),
      ...(receipt === null ? {} : { receipt }),
      ...(row.answer === null ? {} : { answer }),
      ...(row.usage === null ? {} : { usage }),
      journal: lines(journal)
    }))
  )

/** The journal of a row alone. */
export const journal = (row: Pick<Row, "id" | "journal">) =>
  Result.map(Result.mapError(decodeJournal(row.journal), unreadable(row.id)), lines)
