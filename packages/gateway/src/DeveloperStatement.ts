/**
 * A developer's statement of a month, in one currency: what was owed at its beginning, every line, what is owed at its end.
 *
 * Each line's `owed` is the one before it and its `net`; the last is the closing balance. Lines and totals are of one cut of the
 * book: what is posted while a statement is read is on the next one that is read. Where they do not add up to each other, the
 * stream fails, after its last line.
 */
import type { Currency } from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { type TransactionKind } from "./Book.ts"
import { GatewayStore } from "./GatewayStore.ts"
import { GatewayStoreError } from "./GatewayStoreError.ts"
import { csvField, csvLine } from "./UsageExport.ts"

/** Whose, of when, in what. */
export interface Month {
  readonly developer: string
  /** `"yyyy-MM"`, in the time zone of the store. */
  readonly month: string
  readonly currency: Currency
}

/** What the lines of a kind come to. */
export interface Total {
  readonly kind: TransactionKind
  readonly lines: bigint
  /** Minor units before fees: taken for a charge, negative for what went back or was paid out. */
  readonly gross: bigint
  /** Minor units of fees; negative for fees given back. */
  readonly fees: bigint
  /** What is owed more by it: `gross` − `fees`. */
  readonly net: bigint
}

/** A statement without its lines. */
export interface Summary extends Month {
  /** In epoch milliseconds: from the first, before the second. */
  readonly sinceMillis: number
  readonly untilMillis: number
  /** What was owed at the month's beginning, in minor units; negative where the developer owed. */
  readonly opening: bigint
  readonly totals: ReadonlyArray<Total>
  /** `opening` and every total's `net`. */
  readonly closing: bigint
  /** Up to which moment the ledger was read, in epoch milliseconds. The month is complete once this is well behind its end. */
  readonly readUntilMillis: number
}

export interface Line {
  /** The transaction's. */
  readonly id: string
  readonly atMillis: number
  readonly kind: TransactionKind
  /** The charge's id, or the payout's. */
  readonly reference?: string
  readonly gross: bigint
  readonly fees: bigint
  readonly net: bigint
  /** What is owed with it. */
  readonly owed: bigint
}

export class DeveloperStatement extends Context.Service<
  DeveloperStatement,
  {
    /** What a month comes to. Quick, however many lines it has. */
    readonly summary: (month: Month) => Effect.Effect<Summary, GatewayStoreError>
    /** The lines of a month, oldest first. */
    readonly lines: (month: Month) => Stream.Stream<Line, GatewayStoreError>
    /** Opening, lines and closing, as text in pieces: CSV (RFC 4180), or one JSON object. Amounts are decimals in major units. */
    readonly export: (month: Month, format: "csv" | "json") => Stream.Stream<string, GatewayStoreError>
    /** The months in which something was posted for a developer, newest first. */
    readonly months: (developer: string) => Effect.Effect<ReadonlyArray<Month>, GatewayStoreError>
  }
>()("@paylayer/gateway/DeveloperStatement") {}

/** So many lines are read at a time. */
const pageSize = 2_000

interface MonthRow {
  readonly kind: TransactionKind | null
  readonly lines: bigint
  readonly minor: bigint
  readonly fees: bigint
}

/** Behind which line a page begins. */
type Place = readonly [at: bigint, txn: bigint, n: bigint]

/** A row of a line, as values: a million of them are read in half the time. */
type LineRow = readonly [
  at: bigint,
  txn: bigint,
  n: bigint,
  minor: bigint,
  fees: bigint,
  id: string,
  kind: TransactionKind,
  reference: string | null
]

/** Signs turn around: what is credited to a developer is owed to them. */
const amounts = ({ fees, minor }: Pick<MonthRow, "fees" | "minor">) => ({
  gross: -(minor + fees),
  fees: -fees,
  net: -minor
})

/** A decimal in major units, with a sign. */
const decimal = (currency: Currency, minor: bigint): string =>
  minor < 0n ? `-${Money.decimalString({ currency, minor: -minor })}` : Money.decimalString({ currency, minor })

const iso = (atMillis: number) => DateTime.formatIso(DateTime.makeUnsafe(atMillis))

const minute = 60_000

/** `iso`, of moments that come one after another. */
const isoInTurn = () => {
  let [from, prefix] = [-Infinity, ""]
  return (atMillis: number) => {
    if (atMillis < from || atMillis >= from + minute) {
      from = atMillis - (atMillis % minute)
      prefix = iso(from).slice(0, -7)
    }
    const millis = atMillis - from
    return `${prefix}${String(millis)
      .padStart(5, "0")
      .replace(/(?=...$)/, ".")}Z`
  }
}

export const make: Effect.Effect<DeveloperStatement["Service"], never, GatewayStore> = Effect.map(
  GatewayStore,
  ({ calendar, read, sql, table }) => {
    /** A month's totals, and the last transaction that is in them. */
    const cut = Effect.fnUntraced(function* (month: Month) {
      const span = calendar.monthOf(month.month)
      if (span === undefined) {
        return yield* new GatewayStoreError({
          message: `${JSON.stringify(month.month)} is not a month such as "2026-11"`
        })
      }
      const account = sql`(SELECT id FROM ${table("accounts")} WHERE owner = ${month.developer} AND kind = 'merchant'
        AND currency = ${month.currency})`
      // One statement, so that all of it is of one moment.
      const rows = yield* read(sql<
        MonthRow & { readonly account: bigint | null; readonly last: bigint; readonly at: bigint }
      >`
        SELECT ${account} AS account, m.kind, m.lines, m.minor, m.fees,
          (SELECT cast(coalesce(max(seq), 0) AS bigint) FROM ${table("transactions")}) AS last,
          (SELECT cast(coalesce(max(CASE WHEN after IS NULL THEN at END), 0) AS bigint) FROM ${table("cursors")}) AS at
        FROM (
          SELECT NULL AS kind, cast(0 AS bigint) AS lines, cast(coalesce(sum(minor), 0) AS bigint) AS minor,
            cast(0 AS bigint) AS fees
          FROM ${table("months")} WHERE account = ${account} AND month < ${month.month}
          UNION ALL
          SELECT kind, lines, minor, fees FROM ${table("months")} WHERE account = ${account} AND month = ${month.month}
        ) AS m ORDER BY m.kind`)
      const before = rows.find(({ kind }) => kind === null)
      const opening = -(before?.minor ?? 0n)
      const totals = rows.flatMap(({ kind, lines, ...row }): ReadonlyArray<Total> =>
        kind === null ? [] : [{ kind, lines, ...amounts(row) }]
      )
      const summary: Summary = {
        ...month,
        ...span,
        opening,
        totals,
        closing: totals.reduce((owed, { net }) => owed + net, opening),
        readUntilMillis: Number(before?.at ?? 0n)
      }
      return { summary, account: before?.account ?? null, last: before?.last ?? 0n }
    })

    /** The lines of a cut, and whether they add up to it. */
    const linesOf = ({ account, last, summary }: Effect.Success<ReturnType<typeof cut>>) => {
      let [owed, count] = [summary.opening, 0n]
      const page = ([at, txn, n]: Place) =>
        read(
          sql`SELECT p.stated, p.txn, p.n, p.minor, p.fees, t.id, t.kind, t.reference
          FROM ${table("postings")} AS p JOIN ${table("transactions")} AS t ON t.seq = p.txn
          WHERE p.account = ${account} AND p.stated IS NOT NULL AND p.stated < ${BigInt(summary.untilMillis)}
            AND (p.stated, p.txn, p.n) > (${at}, ${txn}, ${n}) AND p.txn <= ${last}
          ORDER BY p.stated, p.txn, p.n LIMIT ${BigInt(pageSize)}`.values
        ) as Effect.Effect<ReadonlyArray<LineRow>, GatewayStoreError>
      const told = ([at, , , minor, fees, id, kind, reference]: LineRow): Line => {
        owed -= minor
        count += 1n
        const gross = -(minor + fees)
        return reference === null
          ? { id, atMillis: Number(at), kind, gross, fees: -fees, net: -minor, owed }
          : { id, atMillis: Number(at), kind, reference, gross, fees: -fees, net: -minor, owed }
      }
      const check = Effect.suspend(() => {
        const expected = summary.totals.reduce((sum, { lines }) => sum + lines, 0n)
        return owed === summary.closing && count === expected
          ? Effect.void
          : Effect.fail(
              new GatewayStoreError({
                message: `the statement of ${summary.developer} for ${summary.month} does not add up: ${count} lines come to ${owed}, where ${expected} are to come to ${summary.closing} minor units of ${summary.currency}`
              })
            )
      })
      const start: Place = [BigInt(summary.sinceMillis), -1n, -1n]
      const all = Stream.paginate(start, (after) =>
        Effect.map(page(after), (rows) => {
          const end = rows.at(-1)
          const more = end !== undefined && rows.length === pageSize
          return [rows.map(told), more ? Option.some<Place>([end[0], end[1], end[2]]) : Option.none()] as const
        })
      )
      return Stream.concat(account === null ? Stream.empty : all, Stream.drain(Stream.fromEffect(check)))
    }

    const csv = (summary: Summary, lines: Stream.Stream<Line, GatewayStoreError>) => {
      const { closing, currency, opening, sinceMillis, untilMillis } = summary
      const print = (minor: bigint) => decimal(currency, minor)
      // A sign before digits is no formula.
      const line = (time: string, kind: string, of: string, ...minors: ReadonlyArray<bigint>) =>
        `${time},${kind},${of},${currency},${minors.map(print).join(",")}\r\n`
      const time = isoInTurn()
      const text = Stream.mapArray(lines, (lines) => [
        lines
          .map(({ atMillis, fees, gross, id, kind, net, owed, reference }) =>
            line(time(atMillis), kind, `${csvField(reference)},${csvField(id)}`, gross, fees, net, owed)
          )
          .join("")
      ])
      const header = csvLine(["time", "kind", "reference", "transaction", "currency", "gross", "fees", "net", "owed"])
      return Stream.concat(
        Stream.concat(Stream.succeed(header + line(iso(sinceMillis), "opening", ",", 0n, 0n, 0n, opening)), text),
        Stream.succeed(line(iso(untilMillis), "closing", ",", 0n, 0n, 0n, closing))
      )
    }

    const json = (summary: Summary, lines: Stream.Stream<Line, GatewayStoreError>) => {
      const { closing, currency, developer, month, opening, readUntilMillis, sinceMillis, totals, untilMillis } =
        summary
      const print = <A extends { readonly gross: bigint; readonly fees: bigint; readonly net: bigint }>(of: A) => ({
        ...of,
        gross: decimal(currency, of.gross),
        fees: decimal(currency, of.fees),
        net: decimal(currency, of.net)
      })
      const head = JSON.stringify({
        developer,
        month,
        currency,
        since: iso(sinceMillis),
        until: iso(untilMillis),
        readUntil: iso(readUntilMillis),
        opening: decimal(currency, opening),
        closing: decimal(currency, closing),
        totals: totals.map((total) => ({ ...print(total), lines: String(total.lines) }))
      })
      const time = isoInTurn()
      const text = Stream.mapArray(lines, (lines) => [
        lines
          .map(({ atMillis, owed, ...line }) =>
            JSON.stringify({ time: time(atMillis), ...print(line), owed: decimal(currency, owed) })
          )
          .join(",\n")
      ])
      return Stream.concat(
        Stream.concat(Stream.succeed(`${head.slice(0, -1)},"lines":[`), Stream.intersperse(text, ",\n")),
        Stream.succeed("]}\n")
      )
    }

    return DeveloperStatement.of({
      summary: (month) => Effect.map(cut(month), ({ summary }) => summary),
      lines: (month) => Stream.unwrap(Effect.map(cut(month), linesOf)),
      export: (month, format) =>
        Stream.unwrap(Effect.map(cut(month), (cut) => (format === "csv" ? csv : json)(cut.summary, linesOf(cut)))),
      months: (developer) =>
        read(sql<Month>`SELECT a.owner AS developer, m.month, a.currency FROM ${table("months")} AS m
          JOIN ${table("accounts")} AS a ON a.id = m.account
          WHERE a.owner = ${developer} AND a.kind = 'merchant'
          GROUP BY a.owner, m.month, a.currency ORDER BY m.month DESC, a.currency`)
    })
  }
)

export const layer: Layer.Layer<DeveloperStatement, never, GatewayStore> = Layer.effect(DeveloperStatement, make)
