/**
 * Usage: every call, paid or refused, counted once.
 *
 * A call is a charge of the ledger as the gateway counts it; what it says follows the ledger, and never the other way. Calls
 * that were refused before there was a charge are counted, not kept one by one: a flood of them is no flood of writes.
 */
import type { Currency } from "@paylayer/core/Currency"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { GatewayStore } from "./GatewayStore.ts"
import type { GatewayStoreError } from "./GatewayStoreError.ts"
import * as Calls from "./internal/calls.ts"
import * as Refusing from "./internal/refusing.ts"
import * as UsageExport from "./UsageExport.ts"

/**
 * | outcome | the call |
 * |---|---|
 * | `open` | is under way |
 * | `paid` | was answered and its price taken; a part of it may have gone back |
 * | `carried` | was answered; it costs less than a minor unit, which a later call is charged with |
 * | `refused` | the provider declined to pay for it |
 * | `failed` | was not answered; nothing was taken |
 * | `unknown` | was withheld: nobody can tell whether its price was taken |
 * | `refunded` | was answered; all of its price went back |
 */
export type Outcome = "open" | "paid" | "carried" | "refused" | "failed" | "unknown" | "refunded"

/** One call. */
export interface Call {
  /** The charge's. */
  readonly id: string
  /** When its charge was opened. */
  readonly atMillis: number
  /** The slug; `<slug>/<name>` for a tool of an MCP server. */
  readonly tool: string
  /** The id of the tool's developer; empty where the tool is configured no more. */
  readonly developer: string
  /** The manifest id. */
  readonly protocol: string
  readonly payer: string
  readonly agent?: string
  readonly principal?: string
  readonly currency: Currency
  /** Minor units taken; none until it is paid. What went back is not subtracted. */
  readonly minor: bigint
  /** Minor units of it that went back. */
  readonly returned: bigint
  /** What was metered, for a price per unit. */
  readonly units?: bigint
  readonly latencyMillis: number
  readonly outcome: Outcome
  /** Why it was refused, failed or is unknown. */
  readonly code?: string
}

/** Which calls. Every part that is there must hold. */
export interface CallQuery {
  /** Opened at or after, and before, in epoch milliseconds. */
  readonly since?: number
  readonly until?: number
  readonly tool?: string
  readonly developer?: string
  readonly protocol?: string
  readonly payer?: string
  readonly outcome?: Outcome
  /** Continues behind the call of this id. */
  readonly after?: string
}

/** What a day's calls can be told apart by. */
export type Dimension = "tool" | "agent" | "protocol" | "currency" | "developer" | "outcome"

export interface DayQuery {
  /** In epoch milliseconds: every day that has a moment between the two. */
  readonly since: number
  readonly until: number
  /** An amount is of one currency: `currency` is always among them, asked for or not. */
  readonly by: ReadonlyArray<Dimension>
  readonly tool?: string
  readonly developer?: string
}

/** What the calls of a day came to that agree in what was asked for. A call belongs to the day it was opened on. */
export interface DayRow {
  /** `"yyyy-MM-dd"`, in the time zone of the store. */
  readonly day: string
  readonly tool?: string
  readonly agent?: string
  readonly protocol?: string
  readonly currency: Currency
  readonly developer?: string
  readonly outcome?: Outcome
  readonly calls: bigint
  readonly units: bigint
  /** Minor units taken. */
  readonly minor: bigint
  /** Minor units of it that went back. */
  readonly returned: bigint
}

/** A call that was refused before there was a charge. */
export interface Refused {
  readonly tool: string
  /** The protocol whose credential it was; empty where there was none. */
  readonly protocol: string
  /** The stable code of the error. */
  readonly code: string
}

/** How many calls were refused so. */
export interface RefusedCount extends Refused {
  readonly count: bigint
}

export class Usage extends Context.Service<
  Usage,
  {
    /** Counts a call that was refused without a charge. It is written within a second, and when the gateway drains. */
    readonly count: (refused: Refused) => Effect.Effect<void>
    /** Calls, newest first. */
    readonly calls: (
      // oxlint-disable-next-line paylayer/number-amount -- how many calls, no amount
      query: CallQuery & { readonly limit: number }
    ) => Effect.Effect<ReadonlyArray<Call>, GatewayStoreError>
    /** Oldest day first. */
    readonly byDay: (query: DayQuery) => Effect.Effect<ReadonlyArray<DayRow>, GatewayStoreError>
    /** Calls that were refused without a charge, most frequent first, in every quarter of an hour that has a moment between the two. */
    readonly refusals: (query: {
      readonly since: number
      readonly until: number
    }) => Effect.Effect<ReadonlyArray<RefusedCount>, GatewayStoreError>
    /** Calls, newest first, as text in pieces: CSV (RFC 4180) with a header line, or one JSON array. */
    readonly export: (query: CallQuery, format: "csv" | "json") => Stream.Stream<string, GatewayStoreError>
  }
>()("@paylayer/gateway/Usage") {}

/** So many calls are exported at a time. */
const pageSize = 1_000

/** Counts, and tells what the bookkeeper has written. Counts of refused calls are written while the scope is open. */
export const make: Effect.Effect<Usage["Service"], never, GatewayStore | Scope.Scope> = Effect.gen(function* () {
  const store = yield* GatewayStore
  const { calendar, read, sql, table } = store
  const refusing = Refusing.make(store)

  const flush = Effect.catchCause(refusing.flush, (cause) =>
    Effect.logWarning("calls that were refused are counted, but not written yet", cause)
  )
  yield* Effect.addFinalizer(() => flush)
  yield* Effect.forkScoped(Effect.schedule(flush, Schedule.spaced("1 second")))

  const calls = Effect.fnUntraced(function* ({ after, limit, ...query }: Parameters<Usage["Service"]["calls"]>[0]) {
    const { developer, outcome, payer, protocol, since, tool, until } = query
    const last =
      after === undefined
        ? undefined
        : (yield* sql<{ readonly at: bigint; readonly seq: bigint }>`
            SELECT at, seq FROM ${table("calls")} WHERE id = ${after}`)[0]
    if (after !== undefined && last === undefined) return []
    const rows = yield* sql<Calls.Row>`SELECT ${sql.literal(Calls.columns)} FROM ${table("calls")}
      WHERE ${sql.and([
        ...(last === undefined ? [] : [sql`(at, seq) < (${last.at}, ${last.seq})`]),
        ...(since === undefined ? [] : [sql`at >= ${BigInt(since)}`]),
        ...(until === undefined ? [] : [sql`at < ${BigInt(until)}`]),
        ...(tool === undefined ? [] : [sql`tool = ${tool}`]),
        ...(developer === undefined ? [] : [sql`developer = ${developer}`]),
        ...(protocol === undefined ? [] : [sql`protocol = ${protocol}`]),
        ...(payer === undefined ? [] : [sql`payer = ${payer}`]),
        ...(outcome === undefined ? [] : [sql`outcome = ${outcome}`]),
        // As the index on those that are not paid asks for.
        ...(outcome === undefined || outcome === "paid" ? [] : [sql`outcome <> 'paid'`])
      ])} ORDER BY at DESC, seq DESC LIMIT ${BigInt(limit)}`
    return rows.map(Calls.toCall)
  })

  /** Calls, newest first, page by page. */
  const pages = (query: CallQuery) =>
    Stream.paginate(query.after, (after) =>
      Effect.map(
        read(calls({ ...query, limit: pageSize, ...(after === undefined ? {} : { after }) })),
        (page) => [page, page.length < pageSize ? Option.none() : Option.some(page.at(-1)?.id)] as const
      )
    )

  return Usage.of({
    count: refusing.count,
    refusals: refusing.refusals,
    calls: (query) => read(calls(query)),
    byDay: ({ by, developer, since, tool, until }) => {
      if (until <= since) return Effect.succeed([])
      const keys = ["day", ...new Set<Dimension>([...by, "currency"])].map((name) => sql(name))
      const days = table(by.includes("agent") ? "agent_days" : "days")
      return read(sql<DayRow>`SELECT ${sql.csv(keys.map((key) => sql`${key}`))},
          cast(sum(calls) AS bigint) AS calls, cast(sum(units) AS bigint) AS units,
          cast(sum(minor) AS bigint) AS minor, cast(sum(returned) AS bigint) AS returned
        FROM ${days} WHERE ${sql.and([
          sql`day >= ${calendar.day(since)} AND day <= ${calendar.day(until - 1)}`,
          ...(tool === undefined ? [] : [sql`tool = ${tool}`]),
          ...(developer === undefined ? [] : [sql`developer = ${developer}`])
        ])} GROUP BY ${sql.csv(keys.map((key) => sql`${key}`))} HAVING sum(calls) > 0
        ORDER BY ${sql.csv(keys.map((key) => sql`${key}`))}`)
    },
    export: (query, format) => {
      const lines = Stream.map(Stream.rechunk(pages(query), pageSize), (call) =>
        format === "csv" ? UsageExport.csv(call) : UsageExport.json(call)
      )
      const text = Stream.mapArray(lines, (lines) => [lines.join(format === "csv" ? "" : ",\n")] as const)
      if (format === "csv") return Stream.concat(Stream.succeed(UsageExport.csvHeader), text)
      return Stream.concat(Stream.concat(Stream.succeed("["), Stream.intersperse(text, ",\n")), Stream.succeed("]\n"))
    }
  })
})

export const layer: Layer.Layer<Usage, never, GatewayStore> = Layer.effect(Usage, make)
