/**
 * The runner: what is under way, what is due, and what an operator asks for.
 */
import type { Currency } from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { SqlError } from "effect/sql/SqlError"
import type { Book } from "../../Book.ts"
import type { Developer } from "../../Developer.ts"
import type { GatewayStore } from "../../GatewayStore.ts"
import type { GatewayStoreError } from "../../GatewayStoreError.ts"
import * as PayoutSchedule from "../../PayoutSchedule.ts"
import { PayoutError } from "../../PayoutError.ts"
import type { Options, Payouts } from "../../Payouts.ts"
import { audit } from "./auditing.ts"
import * as Leasing from "./leasing.ts"
import * as Paying from "./paying.ts"
import * as Rows from "./rows.ts"
import { tables } from "./tables.ts"
import * as Writing from "./writing.ts"

const refuse = (reason: PayoutError["reason"], message: string) => new PayoutError({ reason, message })

/** What is not fenced cannot lose its lease. */
const withoutLease = <A, E, R>(effect: Effect.Effect<A, E | Leasing.LeaseLost, R>) =>
  Effect.catchTag(effect, "LeaseLost", Effect.die)

/** How many payouts of one kind a run takes up. The rest waits for the next one. */
const atOnce = 1_000

/** How many are in memory at a time. */
const loadedAtOnce = 200

/** How many payouts are sent at a time. */
const concurrency = 4

export const make = Effect.fnUntraced(function* (
  store: GatewayStore["Service"],
  book: Book["Service"],
  options: Options
): Effect.fn.Return<Payouts["Service"], GatewayStoreError> {
  const { read, sql, table, write } = store
  yield* store.migrate("payouts", tables)
  const paying = Paying.make(store, book, options.rails)
  const lease = Duration.fromInputUnsafe(options.lease ?? "2 minutes")
  const retryAfter = Duration.toMillis(Duration.fromInputUnsafe(options.retryAfter ?? "1 day"))

  /** Sets aside what is owed to a developer in a currency: one transaction. Nothing where it was done before. */
  const claim = Effect.fnUntraced(function* (
    fence: Writing.Fence,
    developer: Developer,
    currency: Currency,
    turn?: { readonly due: string; readonly attempt: number }
  ) {
    const { id: owner, payout: destination } = developer
    if (destination === undefined) return yield* refuse("no-destination", `${owner} has no account to be paid to`)
    const rail = paying.railOf(destination.rail)
    if (rail === undefined) return yield* refuse("no-destination", `there is no rail ${destination.rail}`)
    if (!developer.currencies.includes(currency) || !rail.pays(currency)) {
      return yield* refuse("currency", `${owner} is not paid in ${currency} over ${rail.id}`)
    }
    const least = turn === undefined ? 1n : (developer.threshold[currency] ?? 1n)
    const id = yield* Effect.sync(() => `po_${SecureRandom.uuidV4Unsafe().replaceAll("-", "").slice(0, 20)}`)
    return yield* write(
      Effect.gen(function* () {
        yield* fence
        if (turn !== undefined) {
          const before = yield* sql`SELECT id FROM ${table("payouts")} WHERE developer = ${owner}
            AND currency = ${currency} AND due = ${turn.due} AND attempt = ${BigInt(turn.attempt)}`
          if (before.length > 0) return undefined
        }
        const owed = -(yield* book.balance({ kind: "merchant", owner, currency }))
        if (owed < 1n) return yield* refuse("nothing", `${owner} is owed nothing in ${currency}`)
        const all = Money.of(currency, owed < Money.maximum ? owed : Money.maximum)
        if (owed < least) return yield* refuse("nothing", `${Money.print(all)} is below the threshold`)
        const planned = yield* rail
          .plan(owner, all)
          .pipe(Effect.catchTag("RailError", ({ message }) => refuse("rail", message)))
        const minor = planned.reduce((sum, { money }) => sum + money.minor, 0n)
        if (minor > all.minor || planned.some(({ money }) => money.currency !== currency || money.minor < 1n)) {
          return yield* refuse("rail", `${rail.id} plans to pay ${minor} of ${Money.print(all)}`)
        }
        if (minor < 1n) return yield* refuse("nothing", `${rail.id} can pay nothing of ${Money.print(all)} now`)
        yield* paying.claim({
          id,
          developer: owner,
          destination,
          currency,
          planned,
          due: turn?.due ?? "",
          attempt: turn?.attempt ?? 0
        })
        return id
      })
    )
  })

  const idsWhere = (where: Effect.Effect<ReadonlyArray<{ readonly id: string }>, SqlError>) =>
    Effect.map(read(where), (rows) => rows.map(({ id }) => id))

  const open = idsWhere(sql`SELECT id FROM ${table("payouts")}
    WHERE state IN ('claimed', 'sending', 'unknown') ORDER BY seq LIMIT ${BigInt(atOnce)}`)

  /** What a scheduled claim comes to: nothing where there is nothing to pay, `null` where the rail could not say of what. */
  const scheduled = (fence: Writing.Fence, developer: Developer, currency: Currency, due: string, attempt: number) =>
    claim(fence, developer, currency, { due, attempt }).pipe(
      Effect.catchTag("PayoutError", (error) =>
        error.reason === "nothing"
          ? Effect.undefined
          : Effect.as(Effect.logWarning(error.message), error.reason === "rail" ? null : undefined)
      )
    )

  /** Claims what fell due since the last time, for everybody who is paid by a schedule. */
  const claimDue = Effect.fnUntraced(function* (fence: Writing.Fence, developers: ReadonlyArray<Developer>) {
    const now = yield* Clock.currentTimeMillis
    const rows = yield* read(
      sql<{ readonly developer: string; readonly due: string }>`SELECT developer, due FROM ${table("payout_turns")}`
    )
    const turns = new Map(rows.map(({ developer, due }) => [developer, due]))
    const claimed: Array<string> = []
    for (const developer of developers) {
      if (developer.payout === undefined) continue
      const due = PayoutSchedule.due(developer.schedule, now, store.zone)
      const last = turns.get(developer.id)
      if (due === undefined || (last !== undefined && last >= due)) continue
      let isWhole = true
      for (const { currency } of last === undefined ? [] : yield* book.payable(developer.id)) {
        if (!developer.currencies.includes(currency)) continue
        const id = yield* scheduled(fence, developer, currency, due, 1)
        if (id === null) isWhole = false
        else if (id !== undefined) claimed.push(id)
      }
      // The turn is not over: what was claimed of it is claimed once, whenever it is asked again.
      if (!isWhole) continue
      yield* write(
        Effect.andThen(
          fence,
          sql`INSERT INTO ${table("payout_turns")} (developer, due) VALUES (${developer.id}, ${due})
            ON CONFLICT (developer) DO UPDATE SET due = excluded.due`
        )
      )
    }
    return claimed
  })

  /** Claims anew what was scheduled and failed, where nothing was paid to the developer in that currency since. */
  const claimFailed = Effect.fnUntraced(function* (fence: Writing.Fence, developers: ReadonlyArray<Developer>) {
    const now = yield* Clock.currentTimeMillis
    const failed = yield* read(
      sql<{ readonly developer: string; readonly currency: Currency; readonly due: string; readonly attempt: bigint }>`
        SELECT p.developer, p.currency, p.due, p.attempt FROM ${table("payouts")} AS p
        WHERE p.state = 'failed' AND p.due <> '' AND p.changed_at <= ${BigInt(now - retryAfter)} AND NOT EXISTS (
          SELECT 1 FROM ${table("payouts")} AS q
          WHERE q.developer = p.developer AND q.currency = p.currency AND q.seq > p.seq)
        LIMIT ${BigInt(atOnce)}`
    )
    const claimed: Array<string> = []
    for (const { attempt, currency, developer: id, due } of failed) {
      const developer = developers.find((one) => one.id === id)
      if (developer?.payout === undefined || !developer.currencies.includes(currency)) continue
      const again = yield* scheduled(fence, developer, currency, due, Number(attempt) + 1)
      if (again !== undefined && again !== null) claimed.push(again)
    }
    return claimed
  })

  const each = (
    ids: ReadonlyArray<string>,
    go: (payout: Rows.Loaded) => Effect.Effect<unknown, Writing.Failure | Leasing.LeaseLost>
  ) =>
    Effect.forEach(
      Arr.chunksOf(ids, loadedAtOnce),
      (some) =>
        Effect.flatMap(Rows.load(store, some), (payouts) =>
          Effect.forEach(payouts.toReversed(), go, { concurrency, discard: true })
        ),
      { discard: true }
    )

  /** Holds the lease for as long as it takes. Where it is lost, the new holder goes on. */
  const alone = (
    work: (lease: Leasing.Lease, touched: Set<string>) => Effect.Effect<void, Writing.Failure | Leasing.LeaseLost>
  ) =>
    Effect.gen(function* () {
      const held = yield* Leasing.take(store, "payouts", lease)
      if (held === undefined) return []
      const touched = new Set<string>()
      yield* work(held, touched).pipe(
        Effect.catchTag("LeaseLost", () => Effect.logWarning("another machine runs payouts now")),
        Effect.ensuring(Effect.ignore(held.release, { log: "Warn" }))
      )
      const chunks = Arr.chunksOf([...touched], loadedAtOnce)
      return (yield* Effect.forEach(chunks, (some) => Rows.load(store, some))).flat()
    })

  const one = Effect.fnUntraced(function* (id: string) {
    const [payout] = yield* Rows.load(store, [id])
    return payout
  })
  const known = (id: string) =>
    Effect.flatMap(one(id), (payout) =>
      payout === undefined ? Effect.fail(refuse("not-found", `no payout has the id ${id}`)) : Effect.succeed(payout)
    )

  return {
    run: alone(({ fenced }, touched) =>
      Effect.gen(function* () {
        const developers = yield* options.developers
        const waiting = yield* open
        for (const id of waiting) touched.add(id)
        yield* each(waiting, (payout) => paying.resume(fenced, payout))
        const claimed = [...(yield* claimDue(fenced, developers)), ...(yield* claimFailed(fenced, developers))]
        for (const id of claimed) touched.add(id)
        yield* each(claimed, (payout) => paying.resume(fenced, payout))
      })
    ),
    create: Effect.fn("Payouts.create")(function* (developer: string, currency: Currency) {
      const found = (yield* options.developers).find(({ id }) => id === developer)
      if (found === undefined) return yield* refuse("unknown-developer", `nobody is called ${developer}`)
      const id = yield* claim(Writing.unfenced, found, currency)
      if (id === undefined) return yield* refuse("nothing", "it was claimed before")
      yield* paying.resume(Writing.unfenced, yield* known(id))
      return yield* known(id)
    }, withoutLease),
    find: one,
    list: ({ after, currency, developer, limit, state }) =>
      Effect.flatMap(
        idsWhere(
          sql`SELECT id FROM ${table("payouts")} WHERE ${sql.and([
            sql`1 = 1`,
            ...(developer === undefined ? [] : [sql`developer = ${developer}`]),
            ...(currency === undefined ? [] : [sql`currency = ${currency}`]),
            ...(state === undefined ? [] : [sql`state = ${state}`]),
            ...(after === undefined ? [] : [sql`seq < (SELECT seq FROM ${table("payouts")} WHERE id = ${after})`])
          ])} ORDER BY seq DESC LIMIT ${BigInt(limit)}`
        ),
        (ids) => Rows.load(store, ids)
      ),
    lookup: Effect.fn("Payouts.lookup")(function* (id: string) {
      if (!(yield* paying.lookup(yield* known(id)))) {
        return yield* refuse("rail", `what became of ${id} could not be asked`)
      }
      return yield* known(id)
    }, withoutLease),
    reconcile: (range) =>
      alone((_, touched) =>
        Effect.gen(function* () {
          const since = range?.sinceMillis
          const ids = yield* open
          const paid =
            since === undefined
              ? []
              : yield* idsWhere(sql`SELECT id FROM ${table("payouts")}
                  WHERE state = 'paid' AND created_at >= ${BigInt(since)} ORDER BY seq`)
          for (const id of [...ids, ...paid]) touched.add(id)
          yield* each([...ids, ...paid], (payout) => paying.lookup(payout))
        })
      ),
    audit: audit(store)
  }
})
