/**
 * The ledger on PostgreSQL: several hosts, one ledger.
 *
 * Each operation is one statement, and no lock is held between two of them. What was acknowledged is on the server's disk.
 * A `LedgerError` means that nothing is known to be recorded: the connection may have been lost after the server wrote. The
 * pool connects anew by itself.
 */
import * as Ledger from "@paylayer/core/Ledger"
import * as Refunding from "@paylayer/core/Refunding"
import * as PgClient from "@effect/sql-pg/PgClient"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as SqlClient from "effect/sql/SqlClient"
import type { SqlError } from "effect/sql/SqlError"
import { audit, fullest as fullestOf } from "./internal/auditing.ts"
import { adopting, advancing, fromRow, noting, opening } from "./internal/entries.ts"
import { failed } from "./internal/failing.ts"
import { lease } from "./internal/leasing.ts"
import { listing } from "./internal/listing.ts"
import { migrate, quoted } from "./internal/migrating.ts"

/** How to reach the database. */
export interface ClientOptions {
  /** `postgresql://user:password@host:port/database?sslmode=require`. */
  readonly url: Redacted.Redacted
  /** How many connections this host has at most. Default: 10. */
  readonly maxConnections?: number
  /** After this the server gives up a statement, and a little later this host does. Default: 10 seconds. */
  readonly statementTimeout?: Duration.Input
}

/** How a host is at the store. */
export interface HostOptions {
  /** The schema of the tables. It is created where there is none. Default: `paylayer`. */
  readonly schema?: string
  /** How long a host that fell silent keeps its charges. Renewed every third of it. Default: 30 seconds. */
  readonly lease?: Duration.Input
  /** After this an operation fails, whatever it waits for. Default: 15 seconds. */
  readonly timeout?: Duration.Input
}

export interface Options extends ClientOptions, HostOptions {}

type Outcome =
  | { readonly outcome: "claimed" | "advanced" | "missing" | "foreign" | "duplicate" | "beyond" }
  | { readonly outcome: "existing"; readonly entry: unknown }
  | { readonly outcome: "illegal"; readonly state: string }
  | {
      readonly outcome: "refused"
      readonly refused: {
        readonly bucket: string
        readonly kind: Ledger.Reservation["kind"]
        readonly remaining: string
      }
    }

/** What the server undid on its own behalf, and may be asked again at once. */
const isUndone = ({ reason }: SqlError) => reason._tag === "DeadlockError" || reason._tag === "SerializationError"

/** How a refusal or a failure reads; `undefined` where it is none. */
const refusal = (chargeId: string, outcome: Outcome, to?: Ledger.State) => {
  const error = (message: string) => new Ledger.LedgerError({ message })
  switch (outcome.outcome) {
    case "refused": {
      const { bucket, kind, remaining } = outcome.refused
      return new Ledger.ReservationRefused({ bucket, kind, remaining: BigInt(remaining) })
    }
    case "missing":
      return error(`there is no charge ${chargeId}`)
    case "foreign":
      return error(`charge ${chargeId} belongs to another host`)
    case "beyond":
      return error(`charge ${chargeId} cannot take as much as that`)
    case "duplicate":
      return error(`charge ${chargeId} exists already`)
    case "illegal":
      return error(`charge ${chargeId} is ${outcome.state} and cannot become ${to}`)
    default:
      return undefined
  }
}

/** The first step that cannot follow the one before it. */
const leap = (steps: ReadonlyArray<Ledger.Step>) =>
  steps.find(({ to }, index) => index > 0 && !Ledger.transitions[steps[index - 1]!.to].includes(to))

/** Places of parameters: of a step as in the first version, and of one with what was measured and taken. */
const ten = "$1, $2, $3, $4, $5, $6, $7, $8, $9, $10"
const fourteen = `${ten}, $11, $12, $13, $14`

const forgottenAtOnce = 1_000

/** One more host at the store that the `SqlClient` reaches. It is gone when the scope closes. */
export const make = Effect.fnUntraced(function* (
  options: HostOptions = {}
): Effect.fn.Return<Ledger.Ledger["Service"], Ledger.LedgerError, SqlClient.SqlClient | Scope.Scope> {
  const sql = yield* SqlClient.SqlClient
  const name = options.schema ?? "paylayer"
  const schema = quoted(name)
  const timeout = Duration.fromInputUnsafe(options.timeout ?? "15 seconds")
  yield* migrate(name)
  const owner = yield* lease(schema, Duration.fromInputUnsafe(options.lease ?? "30 seconds"))

  const query = <A extends object>(doing: string, statement: string, parameters: ReadonlyArray<unknown>) =>
    sql.unsafe<A>(statement, parameters).pipe(
      Effect.retry({ while: isUndone, times: 10 }),
      Effect.mapError(failed(doing)),
      Effect.timeoutOrElse({
        duration: timeout,
        orElse: () =>
          Effect.fail(
            new Ledger.LedgerError({ message: `PostgreSQL did not ${doing} within ${Duration.format(timeout)}` })
          )
      })
    )
  const asked = <A>(doing: string, call: string, parameters: ReadonlyArray<unknown>) =>
    Effect.map(
      query<{ readonly said: A }>(doing, `select ${schema}.${call} as said`, parameters),
      ([row]) => row?.said as A
    )

  const open = Effect.fnUntraced(function* (wanted: Ledger.Opening) {
    const at = yield* Ledger.moment
    const outcome = yield* asked<Outcome>(
      "open a charge",
      "paylayer_open($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)",
      opening(wanted, owner, at)
    )
    const refused = refusal(wanted.charge.id, outcome)
    if (refused !== undefined) return yield* refused
    if (outcome.outcome === "existing") return { _tag: "Existing" as const, entry: yield* fromRow(outcome.entry) }
    const { reservations: _, ...kept } = wanted
    const entry: Ledger.Entry = { ...kept, owner, state: "opened", journal: [{ state: "opened", owner, ...at }] }
    return { _tag: "Claimed" as const, entry }
  })

  const advance = Effect.fnUntraced(function* (
    chargeId: string,
    ...steps: readonly [Ledger.Step, ...ReadonlyArray<Ledger.Step>]
  ) {
    const leaping = leap(steps)
    if (leaping !== undefined) {
      return yield* new Ledger.LedgerError({ message: `charge ${chargeId} cannot leap to ${leaping.to}` })
    }
    if (steps.some(({ capture, to }) => capture !== undefined && to !== "delivered")) {
      return yield* new Ledger.LedgerError({ message: `charge ${chargeId} cannot take as much as that` })
    }
    const at = yield* Ledger.moment
    const [{ to }] = steps
    const begins = Ledger.states.filter((state) => Ledger.transitions[state].includes(to))
    const parameters = advancing(chargeId, begins, steps, owner, at)
    const call = `paylayer_advance(${parameters.length === 10 ? ten : fourteen})`
    const outcome = yield* asked<Outcome>("advance a charge", call, parameters)
    const refused = refusal(chargeId, outcome, to)
    if (refused !== undefined) return yield* refused
  })

  const list = Effect.fnUntraced(function* (wanted: Ledger.Query = {}) {
    const [statement, parameters] = listing(schema, wanted, yield* Clock.currentTimeMillis)
    const rows = yield* query<{ readonly entry: unknown }>("list charges", statement, parameters)
    return yield* Effect.forEach(rows, ({ entry }) => fromRow(entry))
  })

  const find = Effect.fnUntraced(function* (chargeId: string) {
    const rows = yield* query<{ readonly entry: unknown }>(
      "find a charge",
      `select ${schema}.paylayer_entry(c) as entry from ${schema}.paylayer_charges c where c.id = $1`,
      [chargeId]
    )
    return rows[0] === undefined ? undefined : yield* fromRow(rows[0].entry)
  })

  /** Decides about a refund on the charge as it is, and again where the charge has changed before that was written. */
  const decide = Effect.fnUntraced(function* <A extends Refunding.Decision>(
    chargeId: string,
    decision: (entry: Ledger.Entry, at: Ledger.Moment) => Result.Result<A, Ledger.LedgerError | Ledger.RefundRefused>
  ) {
    while (true) {
      const entry = yield* find(chargeId)
      if (entry === undefined) return yield* new Ledger.LedgerError({ message: `there is no charge ${chargeId}` })
      const at = yield* Ledger.moment
      const decided = yield* Effect.fromResult(decision(entry, at))
      if (decided.entry === entry) return decided
      const isWritten = yield* asked<boolean>(
        "write about a refund",
        "paylayer_note($1, $2, $3, $4, $5, $6, $7, $8, $9)",
        noting(decided.entry, owner, at)
      )
      if (isWritten) return decided
    }
  })

  const adopt = Effect.fnUntraced(function* (chargeId: string) {
    const row = yield* asked<unknown>(
      "adopt a charge",
      "paylayer_adopt($1, $2, $3, $4, $5)",
      adopting(chargeId, owner, yield* Ledger.moment)
    )
    return row === null ? undefined : yield* fromRow(row)
  })

  const forget = Effect.fnUntraced(function* (beforeMillis: number) {
    let touched = 0
    while (true) {
      const some = yield* asked<number>("forget what is over", "paylayer_forget($1, $2)", [
        BigInt(beforeMillis),
        forgottenAtOnce
      ])
      touched += some
      if (some < forgottenAtOnce) return touched
    }
  })

  const wrongBuckets = Effect.map(query<{ readonly wrong: string }>("audit buckets", audit(schema), []), (rows) =>
    rows.map(({ wrong }) => wrong)
  )
  const fullest = ({ endsAtMillis, endsWith, limit, startsWith }: Ledger.BucketQuery) =>
    Effect.map(
      query<{ readonly name: string; readonly units: string }>("look at buckets", fullestOf(schema), [
        startsWith,
        endsWith,
        endsAtMillis === undefined ? null : BigInt(endsAtMillis),
        limit
      ]),
      (rows) => rows.map(({ name, units }): Ledger.Bucket => ({ name, units: BigInt(units) }))
    )
  return Ledger.Ledger.of({
    owner,
    open,
    advance,
    claimRefund: (chargeId, claim) =>
      Effect.map(
        decide(chargeId, (entry, at) => Refunding.claim(entry, claim, owner, at)),
        ({ _tag, refund }) => ({ _tag, refund })
      ),
    advanceRefund: (chargeId, refundId, step) =>
      Effect.map(
        decide(chargeId, (entry, at) => Refunding.advance(entry, refundId, step, owner, at)),
        ({ refund }) => refund
      ),
    find,
    list,
    fullest,
    adopt,
    forget,
    audit: Effect.gen(function* () {
      const wrong: Array<string> = []
      let after: string | undefined
      do {
        const page = yield* list({ limit: 1_000, ...(after === undefined ? {} : { after }) })
        wrong.push(...page.flatMap((entry) => Ledger.misled(entry) ?? []))
        after = page.at(-1)?.charge.id
      } while (after !== undefined)
      return [...wrong, ...(yield* wrongBuckets)]
    })
  })
})

/** The database of the ledger, for whoever wants to query it through Effect's `SqlClient`. Connects when first used. */
export const layerClient = ({
  maxConnections = 10,
  statementTimeout = "10 seconds",
  url
}: ClientOptions): Layer.Layer<PgClient.PgClient | SqlClient.SqlClient, Ledger.LedgerError> =>
  PgClient.make({
    url,
    maxConnections,
    applicationName: "paylayer",
    connectTimeout: "5 seconds",
    startupParameters: {
      statement_timeout: String(Duration.toMillis(statementTimeout)),
      default_transaction_isolation: "read committed",
      synchronous_commit: "on"
    }
  }).pipe(Effect.mapError(failed("be reached")), PgClient.layerFrom)

/** A host at the store that the `SqlClient` reaches. */
export const layerHost = (options?: HostOptions): Layer.Layer<Ledger.Ledger, Ledger.LedgerError, SqlClient.SqlClient> =>
  Layer.effect(Ledger.Ledger, make(options))

/** The ledger on PostgreSQL, as one host at it. */
export const layer = (options: Options): Layer.Layer<Ledger.Ledger, Ledger.LedgerError> =>
  Layer.provide(layerHost(options), layerClient(options))
