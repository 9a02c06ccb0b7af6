/**
 * What is read of many charges: a page at a time, so that the event loop is not held up for all of them.
 */
import * as Ledger from "@paylayer/core/Ledger"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Result from "effect/Result"
import * as SqlClient from "effect/sql/SqlClient"
import type * as Statement from "effect/sql/Statement"
import * as Stream from "effect/Stream"
import type { SqliteClient } from "../SqliteClient.ts"
import { broken, patiently } from "./patience.ts"
import * as Rows from "./rows.ts"
import { abandoned } from "./writing.ts"

const pageSize = 500

/** The states as literals, as the index on those that are not settled asks for. */
const among = (states: ReadonlyArray<Ledger.State>) => {
  const known = Object.keys(Ledger.transitions).filter((state) => states.includes(state as Ledger.State))
  return `c.state IN (${known.map((state) => `'${state}'`).join(", ")})`
}

/** The index that leaves the least to look through. Without one, charges are read in the order of opening. */
const index = ({ abandoned, changedSince, openedSince, refunding, states }: Ledger.Query) => {
  if (refunding === true) return "INDEXED BY paylayer_charges_refunding WHERE c.refunding > 0"
  if (abandoned === true || (states !== undefined && states.length > 0 && !states.includes("settled"))) {
    return "INDEXED BY paylayer_charges_unsettled WHERE c.state <> 'settled'"
  }
  if (changedSince !== undefined) return "INDEXED BY paylayer_charges_changed WHERE TRUE"
  return openedSince === undefined ? "NOT INDEXED WHERE TRUE" : "INDEXED BY paylayer_charges_opened WHERE TRUE"
}

export const make = (sql: SqliteClient, owner: string) => {
  const matches = (query: Ledger.Query, atMillis: number): ReadonlyArray<Statement.Fragment> => {
    const when = <A>(asked: A | undefined, condition: (asked: A) => Statement.Fragment) =>
      asked === undefined ? [] : [condition(asked)]
    return [
      ...when(query.states, (states) => sql.literal(among(states))),
      ...when(query.abandoned, () => sql.unsafe(abandoned, [owner, atMillis])),
      ...when(query.owner, (owner) => sql`c.owner = ${owner}`),
      ...when(query.protocol, (protocol) => sql`c.protocol = ${protocol}`),
      ...when(query.payer, (payer) => sql`c.payer = ${payer}`),
      ...when(query.merchant, (merchant) => sql`c.merchant = ${merchant}`),
      ...when(query.resource, (resource) => sql`c.resource = ${resource}`),
      ...when(query.openedSince, (since) => sql`c.opened_at >= ${since}`),
      ...when(query.openedBefore, (before) => sql`c.opened_at < ${before}`),
      ...when(query.changedSince, (since) => sql`c.changed_at >= ${since}`),
      ...when(query.changedBefore, (before) => sql`c.changed_at < ${before}`),
      ...when(query.after, (id) => sql`c.seq > coalesce((SELECT seq FROM paylayer_charges WHERE id = ${id}), 0)`)
    ]
  }

  /** The charges that match, oldest first, as they are at the moment their page is read. */
  const stream = (
    query: Ledger.Query
  ): Stream.Stream<Result.Result<Ledger.Entry, Ledger.LedgerError>, Ledger.LedgerError> =>
    Stream.unwrap(
      Effect.map(Ledger.moment, ({ atMillis }) => {
        const conditions = matches(query, atMillis)
        return Stream.paginate({ last: 0, left: query.limit ?? Infinity }, ({ last, left }) => {
          const size = Math.min(left, pageSize)
          const rows = sql<Rows.Row>`SELECT ${sql.literal(Rows.columns)} FROM paylayer_charges AS c
            ${sql.literal(index(query))} AND ${sql.and([sql`c.seq > ${last}`, ...conditions])}
            ORDER BY c.seq LIMIT ${size}`
          return Effect.map(Effect.mapError(patiently(rows), broken), (found) => {
            const newest = found.at(-1)
            const next = { last: newest?.seq ?? last, left: left - found.length }
            const more = found.length === pageSize && next.left > 0
            return [found.map(Rows.entry), more ? Option.some(next) : Option.none()] as const
          })
        })
      })
    )

  const buckets = patiently(
    sql<{ readonly name: string; readonly units: bigint; readonly taken: bigint }>`
      SELECT b.name, b.units, coalesce(sum(r.units) FILTER (WHERE c.state NOT IN ('declined', 'released')), 0) AS taken
      FROM paylayer_buckets AS b
      LEFT JOIN paylayer_reservations AS r ON r.bucket = b.id
      LEFT JOIN paylayer_charges AS c ON c.seq = r.charge
      GROUP BY b.id HAVING b.units <> taken ORDER BY b.id`
  ).pipe(Effect.provideService(SqlClient.SafeIntegers, true), Effect.mapError(broken))

  const fullest = ({ endsAtMillis, endsWith, limit, startsWith }: Ledger.BucketQuery) =>
    patiently(
      sql<Ledger.Bucket>`SELECT name, units FROM paylayer_buckets
        ${sql.literal(endsAtMillis === undefined ? "NOT INDEXED" : "INDEXED BY paylayer_buckets_ends")}
        WHERE ${sql.and([
          sql`units > 0`,
          sql`substr(name, 1, length(${startsWith})) = ${startsWith}`,
          sql`substr(name, length(name) - length(${endsWith}) + 1) = ${endsWith}`,
          ...(endsAtMillis === undefined ? [] : [sql`ends_at = ${endsAtMillis}`])
        ])}
        ORDER BY units DESC LIMIT ${limit}`
    ).pipe(Effect.provideService(SqlClient.SafeIntegers, true), Effect.mapError(broken))

  return {
    fullest,

    list: (query: Ledger.Query) =>
      Stream.runCollect(Stream.mapEffect(stream(query), (entry) => Effect.fromResult(entry))),

    audit: Effect.gen(function* () {
      const wrong: Array<string> = []
      yield* Stream.runForEach(stream({}), (entry) =>
        Effect.sync(() => {
          const misled = entry._tag === "Failure" ? entry.failure.message : Ledger.misled(entry.success)
          if (misled !== undefined) wrong.push(misled)
        })
      )
      for (const { name, taken, units } of yield* buckets) {
        wrong.push(`bucket ${name} has ${units}, its charges took ${taken}`)
      }
      return wrong
    })
  }
}
