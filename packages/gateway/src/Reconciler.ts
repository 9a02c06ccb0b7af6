/**
 * The reconciler: compares the ledger with providers' statements, day after day, and keeps what was found.
 *
 * A statement is there some hours after its day is over, so each is asked for again until it is. A day on which the two sides
 * did not agree is compared again twice a day for a week: what was missing may stand in the statement of another day. Several
 * gateways may do so at once; what the last of them found is kept.
 *
 * @example
 * const statement = yield* AlipayStatement.make()
 * Reconciler.layer([statement]).pipe(Layer.provide([GatewayStore.layer(), ledger]))
 */
import { Currency } from "@paylayer/core/Currency"
import * as Day from "@paylayer/core/Day"
import * as Ledger from "@paylayer/core/Ledger"
import { Money } from "@paylayer/core/Money"
import * as Reconciliation from "@paylayer/core/Reconciliation"
import type { Statement } from "@paylayer/core/Statement"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import { GatewayStore } from "./GatewayStore.ts"
import { GatewayStoreError } from "./GatewayStoreError.ts"
import type { Migrations } from "./internal/migrating.ts"

/** A reconciliation, and when it ran. */
export interface Reconciled {
  readonly atMillis: number
  readonly result: Reconciliation.Reconciliation
}

export interface Options {
  /** How often it looks for statements that were not there. Default: every hour. */
  readonly every?: Duration.Input
}

export class Reconciler extends Context.Service<
  Reconciler,
  {
    /**
     * Compares every day of the last week that has a statement, was not found to agree, and was not looked at within half a day.
     * Gives how many it compared.
     */
    readonly run: Effect.Effect<number, GatewayStoreError>
    /** The last 31 results, newest day first. */
    readonly results: Effect.Effect<ReadonlyArray<Reconciled>, GatewayStoreError>
  }
>()("@paylayer/gateway/Reconciler") {}

/** So many days back; later nobody waits for a statement any more. */
const daysBack = 7
/** So long after a day was found to differ it is looked at again. */
const again = 43_200_000
const shown = 31
/** So many differences of a day are kept; whoever has more has another problem. */
const keptAtMost = 1_000
const dayMillis = 86_400_000

const tables: Migrations = [
  ({ byKey, integer, table }) => [
    `CREATE TABLE ${table("reconciliations")} (
      protocols TEXT NOT NULL, day TEXT NOT NULL, at ${integer} NOT NULL, clean ${integer} NOT NULL, result TEXT NOT NULL,
      PRIMARY KEY (protocols, day)) ${byKey}`
  ]
]

const Kind = Schema.Literals(["payment", "refund"])
const Movement = Schema.Struct({
  kind: Kind,
  chargeId: Schema.String,
  reference: Schema.String,
  refundId: Schema.optionalKey(Schema.String),
  money: Money,
  atMillis: Schema.Number
})
const Result = Schema.Struct({
  day: Schema.Struct({
    date: Schema.String,
    zone: Schema.String,
    sinceMillis: Schema.Number,
    untilMillis: Schema.Number
  }),
  protocols: Schema.Array(Schema.String),
  matched: Schema.Number,
  shifted: Schema.Number,
  differences: Schema.Array(
    Schema.Struct({
      what: Schema.Literals(["missing here", "missing there", "repeated", "currency", "amount", "reference"]),
      kind: Kind,
      chargeId: Schema.String,
      state: Schema.optionalKey(Schema.Literals(Ledger.states)),
      here: Schema.optionalKey(Movement),
      there: Schema.Array(Movement),
      awaits: Schema.optionalKey(Schema.String)
    })
  ),
  uncovered: Schema.Array(Movement),
  foreign: Schema.Number,
  sums: Schema.Array(Schema.Struct({ currency: Currency, kind: Kind, here: Schema.BigInt, there: Schema.BigInt }))
})
const Json = Schema.fromJsonString(Schema.toCodecJson(Result))
const encode = Schema.encodeSync(Json)
const decode = Schema.decodeUnknownEffect(Json)

const written = ({ day, differences, uncovered, ...result }: Reconciliation.Reconciliation): string =>
  encode({
    ...result,
    differences: differences.slice(0, keptAtMost),
    uncovered: uncovered.slice(0, keptAtMost),
    day: { ...day, zone: DateTime.zoneToString(day.zone) }
  })

const read = (text: string): Effect.Effect<Reconciliation.Reconciliation, GatewayStoreError> =>
  Effect.mapBoth(decode(text), {
    onFailure: () => new GatewayStoreError({ message: "a reconciliation that was kept cannot be read" }),
    onSuccess: ({ day, ...result }) => ({ ...result, day: { ...day, zone: DateTime.zoneMakeNamedUnsafe(day.zone) } })
  })

export const make = Effect.fnUntraced(function* (
  statements: ReadonlyArray<Statement>
): Effect.fn.Return<Reconciler["Service"], GatewayStoreError, GatewayStore | Ledger.Ledger> {
  const ledger = yield* Ledger.Ledger
  const store = yield* GatewayStore
  const { sql, table } = store
  yield* store.migrate("reconciliations", tables)

  /** Days that need no other look now. What a statement does not tell of at all, it will not tell later either. */
  const known = (protocols: string, now: number) =>
    store.read(
      sql<{ readonly day: string }>`SELECT day FROM ${table("reconciliations")}
        WHERE protocols = ${protocols} AND (clean = 1 OR at > ${BigInt(Math.trunc(now - again))})`
    )

  const keep = (protocols: string, result: Reconciliation.Reconciliation, atMillis: number) =>
    store.write(sql`INSERT INTO ${table("reconciliations")} (protocols, day, at, clean, result)
      VALUES (${protocols}, ${result.day.date}, ${BigInt(Math.trunc(atMillis))},
        ${result.differences.length === 0 ? 1n : 0n}, ${written(result)})
      ON CONFLICT (protocols, day) DO UPDATE SET at = excluded.at, clean = excluded.clean, result = excluded.result`)

  /** Whether there was something to compare with. */
  const compare = Effect.fnUntraced(function* (statement: Statement, protocols: string, date: string) {
    const done = yield* Reconciliation.reconcile(statement, { date }).pipe(
      Effect.provideService(Ledger.Ledger, ledger),
      Effect.catch((error) =>
        error._tag === "StatementError" && error.reason === "not-ready"
          ? Effect.undefined
          : Effect.as(Effect.logWarning(`${date} could not be compared with ${protocols}: ${error.message}`), undefined)
      )
    )
    if (done === undefined) return false
    if (done.differences.length > 0) {
      yield* Effect.logError(
        `${protocols} and the ledger do not agree on ${date}: ${done.differences.length} differences`
      )
    }
    yield* keep(protocols, done, yield* Clock.currentTimeMillis)
    return true
  })

  const run = Effect.gen(function* () {
    let compared = 0
    const now = yield* Clock.currentTimeMillis
    for (const statement of statements) {
      const protocols = statement.protocols.join(" ")
      const looked = new Set((yield* known(protocols, now)).map(({ day }) => day))
      const days = Day.between(now - daysBack * dayMillis, now - dayMillis, statement.zone)
      for (const { date } of days) {
        if (!looked.has(date) && (yield* compare(statement, protocols, date))) compared++
      }
    }
    return compared
  })

  const results = Effect.flatMap(
    store.read(
      sql<{ readonly at: bigint; readonly result: string }>`
        SELECT at, result FROM ${table("reconciliations")} ORDER BY day DESC, protocols LIMIT ${shown}`
    ),
    (rows) =>
      Effect.forEach(rows, ({ at, result }) => Effect.map(read(result), (result) => ({ atMillis: Number(at), result })))
  )
  return Reconciler.of({ run, results })
})

/** A reconciler that is at work. */
export const layer = (
  statements: ReadonlyArray<Statement>,
  options: Options = {}
): Layer.Layer<Reconciler, GatewayStoreError, GatewayStore | Ledger.Ledger> =>
  Layer.effect(
    Reconciler,
    Effect.tap(make(statements), ({ run }) =>
      run.pipe(
        Effect.catchCause((cause) => Effect.logError("reconciliation failed; it is tried again", cause)),
        Effect.repeat(Schedule.spaced(options.every ?? "1 hour")),
        Effect.forkScoped
      )
    )
  )
