// The laws of a ledger, for any implementation: `ledgerLaws("SQLite", store)`. A store gives hosts; every law has hosts and
// names of its own, so that all laws may share one store.
import { assert, describe, it } from "@effect/vitest"
import type * as Charge from "@paylayer/core/Charge"
import * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import * as Refund from "@paylayer/core/Refund"
import * as SpendingLimit from "@paylayer/core/SpendingLimit"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import { commands, Model, run } from "./ledgerModel.ts"
import * as RefundModel from "./refundModel.ts"

let names = 0
const fresh = (what: string) => `${what}-${process.pid}-${performance.now().toString(36)}-${(names += 1)}`

const charge = (id = fresh("ch"), minor = 1_500n): Charge.Charge => ({
  id,
  money: Money.of("CNY", minor),
  merchant: "2088",
  method: "POST",
  resource: "/报告?x=1",
  binding: "binding",
  openedAt: DateTime.makeUnsafe(1_000),
  expiresAt: DateTime.makeUnsafe(901_000)
})

const opening = (own: Partial<Ledger.Opening> = {}): Ledger.Opening => ({
  charge: charge(),
  protocol: "voucher",
  payer: "payer",
  key: fresh("key"),
  request: "request",
  reservations: [],
  ...own
})

const taking = (bucket: string, units: bigint, limit: bigint): Ledger.Reservation => ({
  bucket,
  kind: "budget",
  units,
  limit
})

const cny = (minor: bigint) => Money.of("CNY", minor)

const receiptOf = (charge: Charge.Charge, money: Money.Money, reference: string) => ({
  chargeId: charge.id,
  protocol: "voucher",
  merchant: charge.merchant,
  resource: charge.resource,
  money,
  reference,
  settledAt: DateTime.makeUnsafe(20)
})

/** How a refund comes to each state. */
const refundWays: { readonly [S in Refund.State]: ReadonlyArray<Refund.State> } = {
  claimed: [],
  refunded: ["refunded"],
  declined: ["declined"],
  unknown: ["unknown"]
}

const ways: { readonly [S in Ledger.State]: ReadonlyArray<Ledger.State> } = {
  opened: [],
  authorized: ["authorized"],
  delivered: ["authorized", "delivered"],
  settling: ["authorized", "delivered", "settling"],
  settled: ["authorized", "delivered", "settling", "settled"],
  unknown: ["authorized", "delivered", "settling", "unknown"],
  declined: ["declined"],
  released: ["authorized", "released"],
  refunded: ["authorized", "delivered", "settling", "settled", "refunded"]
}
const states = Object.keys(ways) as ReadonlyArray<Ledger.State>

/** A charge that has come as far as a state. */
const reached = Effect.fnUntraced(function* (state: Ledger.State, own?: Partial<Ledger.Opening>) {
  const ledger = yield* Ledger.Ledger
  const asked = opening(own)
  yield* ledger.open(asked)
  for (const to of ways[state]) yield* ledger.advance(asked.charge.id, { to })
  return asked
})

const atOnce = <A, E, R>(count: number, each: (index: number) => Effect.Effect<A, E, R>) =>
  Effect.forEach(
    Array.from({ length: count }, (_, index) => index),
    (index) => Effect.result(Effect.andThen(Effect.yieldNow, each(index))),
    { concurrency: "unbounded" }
  )

/** One more host at the store. It is gone when the scope closes. */
export type Host<E> = Effect.Effect<Ledger.Ledger["Service"], E, Scope.Scope>

/** A host that can be told to go. */
const mortal = <E>(host: Host<E>) =>
  Effect.gen(function* () {
    const scope = yield* Scope.fork(yield* Scope.Scope)
    const ledger = yield* Effect.provideService(host, Scope.Scope, scope)
    return { ledger, end: Scope.close(scope, Exit.void) }
  })

export const ledgerLaws = <E>(
  name: string,
  store: Effect.Effect<Host<E>, E, Scope.Scope>,
  options: { readonly runs?: number } = {}
) =>
  describe(`the ledger ${name}`, () => {
    const law = (promise: string, test: Effect.Effect<void, unknown, Ledger.Ledger>) =>
      it.effect(
        promise,
        () => Effect.flatMap(Effect.flatten(store), (ledger) => Effect.provideService(test, Ledger.Ledger, ledger)),
        60_000
      )

    const lawOfHosts = (promise: string, test: (host: Host<E>) => Effect.Effect<void, unknown, Scope.Scope>) =>
      it.effect(promise, () => Effect.flatMap(store, test), 60_000)

    law(
      "keeps what it is told, and reads it back",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const id = fresh("ch")
        const asked = opening({ charge: { ...charge(id, Money.maximum), category: "5815", description: "d “é” 🎫" } })
        yield* TestClock.adjust(5)
        const { entry } = yield* ledger.open(asked)
        const { reservations: _, ...kept } = asked
        const { owner } = ledger
        assert.deepEqual(entry, {
          ...kept,
          owner,
          state: "opened",
          journal: [{ state: "opened", owner, atMillis: 5 }]
        })
        const authorization = { hold: "h", nested: [1, null, { a: true }] }
        yield* TestClock.adjust(5)
        yield* ledger.advance(id, { to: "authorized", authorization })
        yield* ledger.advance(id, { to: "delivered", answer: "réponse" })
        yield* ledger.advance(id, { to: "settling", cause: "because" })
        const receipt = {
          chargeId: id,
          protocol: "voucher",
          merchant: "2088",
          resource: asked.charge.resource,
          money: asked.charge.money,
          reference: "r-1",
          settledAt: DateTime.makeUnsafe(10)
        }
        yield* ledger.advance(id, { to: "settled", receipt })
        const at = { owner, atMillis: 10 }
        assert.deepEqual(yield* ledger.find(id), {
          ...kept,
          owner,
          state: "settled",
          authorization,
          answer: "réponse",
          receipt,
          journal: [
            { state: "opened", owner, atMillis: 5 },
            { state: "authorized", ...at },
            { state: "delivered", ...at },
            { state: "settling", ...at, cause: "because" },
            { state: "settled", ...at }
          ]
        })
      })
    )

    law(
      "says in which trace a line was written",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const asked = opening()
        const traceId = yield* ledger
          .open(asked)
          .pipe(Effect.andThen(Effect.map(Effect.currentSpan, (span) => span.traceId)), Effect.withSpan("a request"))
        yield* ledger.advance(asked.charge.id, { to: "released" })
        const journal = (yield* ledger.find(asked.charge.id))?.journal ?? []
        assert.deepEqual(
          journal.map((line) => line.traceId),
          [traceId, undefined]
        )
      })
    )

    law(
      "takes several steps at once, all or none",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const bucket = fresh("bucket")
        const { charge } = yield* reached("opened")
        const authorization = { hold: "h" }
        const leap = yield* Effect.result(
          ledger.advance(charge.id, { to: "authorized", authorization }, { to: "settled", answer: "a" })
        )
        assert.strictEqual(leap._tag, "Failure")
        const dear = yield* Effect.result(
          ledger.advance(charge.id, { to: "authorized" }, { to: "delivered", reservations: [taking(bucket, 2n, 1n)] })
        )
        assert.isTrue(dear._tag === "Failure" && dear.failure._tag === "ReservationRefused")
        assert.strictEqual((yield* ledger.find(charge.id))?.journal.length, 1)
        yield* ledger.advance(
          charge.id,
          { to: "authorized", authorization, cause: "first" },
          { to: "delivered", answer: "a", reservations: [taking(bucket, 1n, 1n)] },
          { to: "settling" }
        )
        const found = yield* ledger.find(charge.id)
        assert.deepEqual([found?.state, found?.authorization, found?.answer], ["settling", authorization, "a"])
        assert.deepEqual(
          found?.journal.map(({ cause, state }) => [state, cause]),
          [
            ["opened", undefined],
            ["authorized", "first"],
            ["delivered", undefined],
            ["settling", undefined]
          ]
        )
      })
    )

    law(
      "takes less than a charge was opened for, gives the rest back, and keeps what was measured",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const [money, uses, other] = [fresh("money"), fresh("uses"), fresh("other")]
        const before = charge(fresh("ch"), 1_000n)
        const { charge: opened } = yield* reached("authorized", {
          charge: before,
          reservations: [taking(money, 1_000n, 1_500n), taking(uses, 1n, 5n)]
        })
        const capture = { money: cny(400n), buckets: [money, money, other] }
        const beyond = [cny(0n), cny(1_001n), Money.of("USD", 400n)]
        for (const wrong of beyond) {
          const said = yield* Effect.result(
            ledger.advance(opened.id, { to: "delivered", capture: { money: wrong, buckets: [money] } })
          )
          assert.isTrue(said._tag === "Failure" && said.failure._tag === "LedgerError", Money.print(wrong))
        }
        const elsewhere = yield* Effect.result(ledger.advance(opened.id, { to: "released", capture }))
        assert.strictEqual(elsewhere._tag, "Failure")
        assert.deepEqual((yield* ledger.find(opened.id))?.charge, before)
        const usage = { units: "12", nested: [null] }
        yield* ledger.advance(opened.id, { to: "delivered", capture, usage }, { to: "settling" })
        const found = yield* ledger.find(opened.id)
        assert.deepEqual([found?.charge, found?.usage], [{ ...before, money: cny(400n) }, usage])
        // 1,100 of 1,500 are free again, and no use is.
        const fits = yield* Effect.result(ledger.open(opening({ reservations: [taking(money, 1_101n, 1_500n)] })))
        assert.isTrue(fits._tag === "Failure" && fits.failure._tag === "ReservationRefused")
        yield* ledger.open(opening({ reservations: [taking(money, 1_100n, 1_500n)] }))
        const used = yield* Effect.result(ledger.open(opening({ reservations: [taking(uses, 5n, 5n)] })))
        assert.isTrue(used._tag === "Failure" && used.failure._tag === "ReservationRefused")
        yield* ledger.advance(opened.id, { to: "released" })
        yield* ledger.open(opening({ reservations: [taking(money, 400n, 1_500n)] }))
        assert.deepEqual(yield* ledger.audit, [])
        assert.deepEqual((yield* ledger.find(opened.id))?.usage, usage)
      })
    )

    law(
      "lists the charges that were asked for, a page at a time",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const payer = fresh("payer")
        const listed = (query: Ledger.Query) =>
          Effect.map(ledger.list({ payer, ...query }), (entries) => entries.map(({ charge }) => ids.indexOf(charge.id)))
        const ids: Array<string> = []
        for (const [index, state] of states.entries()) {
          yield* TestClock.adjust(10)
          const protocol = index % 2 === 0 ? "voucher" : "ticket"
          const own = { ...charge(), merchant: index < 4 ? "m" : "n", resource: `/${index % 3}` }
          ids.push((yield* reached(state, { payer, protocol, charge: own })).charge.id)
        }
        assert.deepEqual(yield* listed({}), [0, 1, 2, 3, 4, 5, 6, 7, 8])
        assert.deepEqual(yield* listed({ payer: fresh("payer") }), [])
        assert.deepEqual(yield* listed({ states: ["settled", "opened"] }), [0, 4])
        assert.deepEqual(yield* listed({ states: [] }), [])
        assert.deepEqual(yield* listed({ protocol: "ticket" }), [1, 3, 5, 7])
        assert.deepEqual(yield* listed({ merchant: "m" }), [0, 1, 2, 3])
        assert.deepEqual(yield* listed({ merchant: "n", resource: "/2" }), [5, 8])
        assert.deepEqual(yield* listed({ openedSince: 20, openedBefore: 40 }), [1, 2])
        assert.deepEqual(yield* listed({ changedSince: 80 }), [7, 8])
        assert.deepEqual(yield* listed({ changedBefore: 20 }), [0])
        assert.deepEqual(yield* listed({ owner: ledger.owner, limit: 3 }), [0, 1, 2])
        assert.deepEqual(yield* listed({ after: ids[2]!, limit: 3 }), [3, 4, 5])
        assert.deepEqual(yield* listed({ after: ids[8]! }), [])
        assert.deepEqual(yield* listed({ abandoned: true }), [])
      })
    )

    law(
      "forgets what is over, and never a charge that is open or unknown, nor a key that was used",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const bucket = fresh("bucket")
        const windows = (endsAtMillis: number) => ({ ...taking(fresh("window"), 1n, 1n), endsAtMillis })
        const over = windows(50)
        const open = windows(5_000)
        const last = yield* reached("opened", { reservations: [over, open] })
        const old = new Map<Ledger.State, Ledger.Opening>()
        for (const state of states) {
          const asked = opening({ reservations: [taking(bucket, 1n, 100n)] })
          yield* ledger.open(asked)
          for (const to of ways[state]) {
            yield* ledger.advance(asked.charge.id, { to, authorization: { a: 1 }, answer: "a" })
          }
          old.set(state, asked)
        }
        yield* TestClock.adjust(100)
        const young = yield* reached("released")
        yield* ledger.forget(100)
        for (const [state, asked] of old) {
          const found = yield* ledger.find(asked.charge.id)
          assert.strictEqual(found?.state, Ledger.isVoid(state) ? undefined : state, state)
          if (found === undefined) continue
          const forgotten = state === "settled" || state === "refunded" || state === "opened"
          assert.deepEqual([found.authorization, found.answer], forgotten ? [undefined, undefined] : [{ a: 1 }, "a"])
          assert.strictEqual(found.journal.length, ways[state].length + 1)
          const again = yield* ledger.open(opening({ key: asked.key }))
          assert.strictEqual(again._tag, "Existing")
        }
        assert.strictEqual((yield* ledger.find(young.charge.id))?.state, "released")
        assert.strictEqual((yield* ledger.find(last.charge.id))?.state, "opened")
        const seven = yield* Effect.flip(ledger.open(opening({ reservations: [taking(bucket, 94n, 100n)] })))
        assert.isTrue(seven._tag === "ReservationRefused" && seven.remaining === 93n)
        yield* ledger.open(opening({ reservations: [over] }))
        yield* Effect.flip(ledger.open(opening({ reservations: [open] })))
        yield* ledger.advance(last.charge.id, { to: "released" })
        yield* ledger.open(opening({ reservations: [open] }))
        assert.deepEqual(yield* ledger.audit, [])
      })
    )

    lawOfHosts("lets no host move the open charge of another", (host) =>
      Effect.gen(function* () {
        const one = yield* host
        const two = yield* host
        assert.notStrictEqual(one.owner, two.owner)
        for (const state of states) {
          const { charge } = yield* Effect.provideService(reached(state), Ledger.Ledger, one)
          const [to] = Ledger.transitions[state]
          assert.isUndefined(yield* two.adopt(charge.id))
          if (to === undefined) continue
          const step = yield* Effect.result(two.advance(charge.id, { to }))
          assert.strictEqual(step._tag, Ledger.isOpen(state) ? "Failure" : "Success", state)
          assert.strictEqual((yield* one.find(charge.id))?.owner, Ledger.isOpen(state) ? one.owner : two.owner)
        }
      })
    )

    lawOfHosts("gives the open charge of a host that is gone to one other, for good", (host) =>
      Effect.gen(function* () {
        const { ledger: gone, end } = yield* mortal(host)
        const payer = fresh("payer")
        const left = yield* Effect.provideService(
          Effect.forEach(states, (state) => reached(state, { payer })),
          Ledger.Ledger,
          gone
        )
        const others = yield* Effect.all([host, host])
        assert.deepEqual(yield* others[0].list({ payer, abandoned: true }), [])
        yield* end
        const abandoned = yield* others[1].list({ payer, abandoned: true })
        assert.deepEqual(
          abandoned.map(({ state }) => state),
          states.filter(Ledger.isOpen)
        )
        for (const [index, { charge }] of left.entries()) {
          const state = states[index]!
          const tries = yield* atOnce(20, (turn) => others[turn % 2]!.adopt(charge.id))
          const taken = tries.flatMap((result) => (result._tag === "Success" ? [result.success] : []))
          assert.strictEqual(taken.length, 20)
          const [entry, ...more] = taken.filter((one) => one !== undefined)
          assert.strictEqual(more.length, 0)
          assert.strictEqual(entry?.state, Ledger.isOpen(state) ? state : undefined)
          if (entry === undefined) continue
          const line = entry.journal.at(-1)
          assert.deepEqual([line?.state, line?.cause, line?.owner], [state, Ledger.adopted, entry.owner])
          assert.deepEqual(entry, yield* others[0].find(charge.id))
          const owner = others.findIndex((ledger) => ledger.owner === entry.owner)
          const [to] = Ledger.transitions[state]
          assert.strictEqual((yield* Effect.exit(gone.advance(charge.id, { to: to! })))._tag, "Failure")
          assert.strictEqual((yield* Effect.exit(others[1 - owner]!.advance(charge.id, { to: to! })))._tag, "Failure")
          yield* others[owner]!.advance(charge.id, { to: to! })
        }
        assert.deepEqual(yield* others[0].audit, [])
      })
    )

    law(
      "knows no charge that was not opened",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        assert.isUndefined(yield* ledger.find(fresh("ch")))
        const failure = yield* Effect.flip(ledger.advance(fresh("ch"), { to: "authorized" }))
        assert.strictEqual(failure._tag, "LedgerError")
      })
    )

    law(
      "lists all charges, oldest first",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const ids: Array<string> = []
        for (const state of states) ids.push((yield* reached(state)).charge.id)
        const listed = (yield* ledger.list()).filter((entry) => ids.includes(entry.charge.id))
        assert.deepEqual(
          listed.map((entry) => entry.charge.id),
          ids
        )
        for (const entry of listed) assert.deepEqual(entry, yield* ledger.find(entry.charge.id))
      })
    )

    law(
      "opens a charge id once",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const asked = yield* reached("settled")
        const again = yield* Effect.flip(ledger.open(opening({ charge: asked.charge })))
        assert.strictEqual(again._tag, "LedgerError")
        assert.strictEqual((yield* ledger.find(asked.charge.id))?.state, "settled")
      })
    )

    law(
      "lets a charge take the legal steps and no others",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        for (const from of states) {
          for (const to of states) {
            const { charge } = yield* reached(from)
            const step = yield* Effect.result(ledger.advance(charge.id, { to }))
            const legal = Ledger.transitions[from].includes(to)
            assert.strictEqual(step._tag, legal ? "Success" : "Failure", `${from} to ${to}`)
            if (step._tag === "Failure") assert.strictEqual(step.failure._tag, "LedgerError")
            assert.strictEqual((yield* ledger.find(charge.id))?.state, legal ? to : from)
          }
        }
      })
    )

    for (const state of states) {
      law(
        Ledger.isVoid(state)
          ? `frees the key of a charge that is ${state}`
          : `keeps the key of a charge that is ${state}`,
        Effect.gen(function* () {
          const ledger = yield* Ledger.Ledger
          const first = yield* reached(state)
          const second = yield* ledger.open(opening({ key: first.key }))
          assert.strictEqual(second._tag, Ledger.isVoid(state) ? "Claimed" : "Existing")
          if (second._tag === "Existing") assert.strictEqual(second.entry.charge.id, first.charge.id)
        })
      )

      law(
        Ledger.isVoid(state)
          ? `gives back what a charge took that is ${state}`
          : `holds on to what a charge took that is ${state}`,
        Effect.gen(function* () {
          const ledger = yield* Ledger.Ledger
          const bucket = fresh("bucket")
          yield* reached(state, { reservations: [taking(bucket, 6n, 10n)] })
          const next = yield* Effect.result(ledger.open(opening({ reservations: [taking(bucket, 5n, 10n)] })))
          assert.strictEqual(next._tag, Ledger.isVoid(state) ? "Success" : "Failure")
          if (next._tag === "Failure") {
            assert.isTrue(next.failure._tag === "ReservationRefused" && next.failure.remaining === 4n)
          }
        })
      )
    }

    law(
      "tells who has come furthest in a spending limit, in the window that runs",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const now = DateTime.makeUnsafe("2026-11-28T10:30:00Z")
        const amount = cny(1_000n)
        const tool = fresh("tool")
        const perAgent: SpendingLimit.SpendingLimit = { per: ["tool", "agent"], amount, window: "day" }
        const perTool: SpendingLimit.SpendingLimit = { per: "tool", amount, window: "total" }
        const spend = (agent: string, minor: bigint, openedAt = now) => {
          const one = { ...charge(), money: cny(minor), tool, openedAt }
          const mandate = { id: agent, payer: "payer", agent }
          const reservations = SpendingLimit.reservations([perAgent, perTool], mandate, one)
          return Effect.as(ledger.open(opening({ charge: one, reservations })), one.id)
        }
        const furthest = (limit: SpendingLimit.SpendingLimit, at = now, most = 10) =>
          Effect.map(ledger.fullest({ ...SpendingLimit.buckets(limit, at), limit: most }), (buckets) =>
            buckets.flatMap(({ name, units }) => {
              const whose = SpendingLimit.whose(limit, name)
              return whose?.[0] === tool ? [[...whose.slice(1), units]] : []
            })
          )
        yield* spend('one "of" 两', 10n)
        yield* spend("two", 30n)
        yield* spend('one "of" 两', 15n)
        yield* ledger.advance(yield* spend("gone", 90n), { to: "declined" })
        yield* spend("yesterday", 500n, DateTime.subtract(now, { days: 1 }))
        assert.deepStrictEqual(yield* furthest(perAgent), [
          ["two", 30n],
          ['one "of" 两', 25n]
        ])
        assert.deepStrictEqual(yield* furthest(perAgent, now, 1), [["two", 30n]])
        assert.deepStrictEqual(yield* furthest(perAgent, DateTime.add(now, { days: 1 })), [])
        assert.deepStrictEqual(yield* furthest(perTool), [[555n]])
      })
    )

    law(
      "takes exactly as much as a bucket holds",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const bucket = fresh("bucket")
        const take = (units: bigint) =>
          Effect.result(ledger.open(opening({ reservations: [taking(bucket, units, 10n)] })))
        assert.strictEqual((yield* take(11n))._tag, "Failure")
        assert.strictEqual((yield* take(9n))._tag, "Success")
        assert.strictEqual((yield* take(2n))._tag, "Failure")
        assert.strictEqual((yield* take(1n))._tag, "Success")
        assert.strictEqual((yield* take(0n))._tag, "Success")
        assert.strictEqual((yield* take(1n))._tag, "Failure")
      })
    )

    law(
      "takes all reservations of a charge or none, and claims nothing where it takes none",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const [wide, narrow] = [fresh("bucket"), fresh("bucket")]
        const refused = opening({ reservations: [taking(wide, 5n, 10n), taking(narrow, 5n, 4n)] })
        const failure = yield* Effect.flip(ledger.open(refused))
        assert.isTrue(failure._tag === "ReservationRefused" && failure.bucket === narrow && failure.kind === "budget")
        assert.isUndefined(yield* ledger.find(refused.charge.id))
        const next = yield* ledger.open(opening({ key: refused.key, reservations: [taking(wide, 10n, 10n)] }))
        assert.strictEqual(next._tag, "Claimed")
      })
    )

    law(
      "charges a bucket once for a charge, however often and wherever it is named",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const bucket = fresh("bucket")
        const six = taking(bucket, 6n, 10n)
        const { charge } = yield* reached("opened", { reservations: [six, six] })
        yield* ledger.advance(charge.id, { to: "authorized", reservations: [six] })
        const four = yield* ledger.open(opening({ reservations: [taking(bucket, 4n, 10n)] }))
        assert.strictEqual(four._tag, "Claimed")
        yield* ledger.advance(charge.id, { to: "released" })
        const rest = yield* ledger.open(opening({ reservations: [taking(bucket, 6n, 10n)] }))
        assert.strictEqual(rest._tag, "Claimed")
      })
    )

    law(
      "holds a limit that is lowered while a charge lives, and records nothing where it does not fit",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const bucket = fresh("bucket")
        const { charge } = yield* reached("opened", { reservations: [taking(bucket, 6n, 10n)] })
        const step = { to: "authorized", reservations: [taking(bucket, 6n, 5n)] } as const
        const failure = yield* Effect.flip(ledger.advance(charge.id, step))
        assert.isTrue(failure._tag === "ReservationRefused" && failure.remaining === 5n)
        assert.strictEqual((yield* ledger.find(charge.id))?.state, "opened")
        yield* ledger.advance(charge.id, { ...step, reservations: [taking(bucket, 6n, 6n)] })
      })
    )

    law(
      "gives one of twenty the key, and shows it to the others",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const key = fresh("key")
        const opened = yield* atOnce(20, () => ledger.open(opening({ key })))
        const answers = opened.flatMap((result) => (result._tag === "Success" ? [result.success] : []))
        assert.strictEqual(answers.length, 20)
        assert.strictEqual(answers.filter(({ _tag }) => _tag === "Claimed").length, 1)
        assert.strictEqual(new Set(answers.map(({ entry }) => entry.charge.id)).size, 1)
      })
    )

    law(
      "never takes more than the limit, whoever asks at once",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const bucket = fresh("bucket")
        const opened = yield* atOnce(20, () => ledger.open(opening({ reservations: [taking(bucket, 3n, 23n)] })))
        assert.strictEqual(opened.filter(({ _tag }) => _tag === "Success").length, 7)
      })
    )

    law(
      "lets one of twenty take a step",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const { charge } = yield* reached("settling")
        const steps = yield* atOnce(20, (index) =>
          ledger.advance(charge.id, { to: index % 2 === 0 ? "settled" : "released" })
        )
        assert.strictEqual(steps.filter(({ _tag }) => _tag === "Success").length, 1)
        assert.strictEqual((yield* ledger.find(charge.id))?.journal.length, 5)
      })
    )

    law(
      "keeps what it is told of refunds, each with its own state, and is refunded when all of it went back",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const bucket = fresh("bucket")
        const { charge } = yield* reached("settled", { reservations: [taking(bucket, 6n, 10n)] })
        const { owner } = ledger
        const claimed = yield* ledger.claimRefund(charge.id, { id: "r-1", money: cny(500n), reason: "réclamation “1”" })
        const first = { id: "r-1", money: cny(500n), reason: "réclamation “1”", owner, atMillis: 0, unanswered: 0 }
        assert.deepEqual(claimed, { _tag: "Claimed", refund: { ...first, state: "claimed" } })
        yield* ledger.claimRefund(charge.id, { id: "r-2", money: cny(300n) })
        yield* TestClock.adjust(5)
        yield* ledger.advanceRefund(charge.id, "r-2", { to: "unknown", cause: "no answer" })
        const receipt = receiptOf(charge, cny(500n), "back-1")
        const back = yield* ledger.advanceRefund(charge.id, "r-1", { to: "refunded", receipt })
        assert.deepEqual(back, { ...first, state: "refunded", atMillis: 5, receipt })
        const found = (yield* ledger.find(charge.id))!
        assert.deepEqual(Refund.of(found), [
          back,
          { id: "r-2", money: cny(300n), state: "unknown", owner, atMillis: 5, unanswered: 1, cause: "no answer" }
        ])
        assert.deepEqual(
          found.journal.slice(-4).map(({ refund, state }) => [state, refund?.id, refund?.to]),
          [
            ["settled", "r-1", "claimed"],
            ["settled", "r-2", "claimed"],
            ["settled", "r-2", "unknown"],
            ["settled", "r-1", "refunded"]
          ]
        )
        assert.deepEqual([Refund.returned(found), Refund.left(found)], [cny(500n), cny(700n)])
        yield* ledger.advanceRefund(charge.id, "r-2", { to: "claimed" })
        yield* ledger.advanceRefund(charge.id, "r-2", { to: "declined" })
        const rest = yield* ledger.claimRefund(charge.id, { id: "r-3" })
        assert.deepEqual(rest.refund.money, cny(1_000n))
        yield* ledger.advanceRefund(charge.id, "r-3", { to: "refunded", receipt })
        const whole = (yield* ledger.find(charge.id))!
        assert.deepEqual([whole.state, whole.journal.at(-1)?.state], ["refunded", "refunded"])
        assert.deepEqual([Refund.returned(whole), Refund.left(whole)], [cny(1_500n), cny(0n)])
        const again = yield* ledger.claimRefund(charge.id, { id: "r-1", money: cny(500n) })
        assert.deepEqual(again, { _tag: "Existing", refund: back })
        const five = yield* Effect.flip(ledger.open(opening({ reservations: [taking(bucket, 5n, 10n)] })))
        assert.isTrue(five._tag === "ReservationRefused" && five.remaining === 4n, "a refund restores no limit")
        assert.deepEqual(yield* ledger.audit, [])
      })
    )

    law(
      "lists the charges whose refunds have not come to their end",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const payer = fresh("payer")
        for (const state of Refund.states) {
          const { charge } = yield* reached("settled", { payer })
          yield* ledger.claimRefund(charge.id, { id: "r-1", money: cny(1n) })
          for (const to of refundWays[state]) yield* ledger.advanceRefund(charge.id, "r-1", { to })
        }
        yield* reached("settled", { payer })
        const listed = yield* ledger.list({ payer, refunding: true, states: ["settled"], openedSince: 0 })
        assert.deepEqual(
          listed.flatMap((entry) => Refund.of(entry).map(({ state }) => state)),
          ["claimed", "unknown"]
        )
      })
    )

    law(
      "lets a refund take the legal steps and no others",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        for (const from of Refund.states) {
          for (const to of Refund.states) {
            const { charge } = yield* reached("settled")
            yield* ledger.claimRefund(charge.id, { id: "r-1", money: cny(1n) })
            for (const way of refundWays[from]) yield* ledger.advanceRefund(charge.id, "r-1", { to: way })
            const step = yield* Effect.result(ledger.advanceRefund(charge.id, "r-1", { to }))
            const legal = Refund.transitions[from].includes(to) && !(from === "claimed" && to === "claimed")
            assert.strictEqual(step._tag, legal ? "Success" : "Failure", `${from} to ${to}`)
            assert.strictEqual(Refund.of((yield* ledger.find(charge.id))!)[0]?.state, legal ? to : from)
          }
        }
      })
    )

    law(
      "gives nothing back of what is not settled, in another currency, twice, or of a charge that it does not know",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        for (const state of states) {
          if (state === "settled") continue
          const { charge } = yield* reached(state)
          const refused = yield* Effect.flip(ledger.claimRefund(charge.id, { id: "r-1", money: cny(1n) }))
          assert.isTrue(
            refused._tag === "RefundRefused" && refused.because === "not-settled" && refused.state === state
          )
        }
        const { charge } = yield* reached("settled")
        const because = (claim: Ledger.RefundClaim) =>
          Effect.map(Effect.flip(ledger.claimRefund(charge.id, claim)), (error) =>
            error._tag === "RefundRefused" ? `${error.because} ${Money.print(error.left)}` : error.message
          )
        assert.strictEqual(yield* because({ id: "r-1", money: Money.of("USD", 1n) }), "currency CNY 15.00")
        assert.strictEqual(yield* because({ id: "r-1", money: cny(0n) }), "exceeds CNY 15.00")
        assert.strictEqual(yield* because({ id: "r-1", money: cny(1_501n) }), "exceeds CNY 15.00")
        yield* ledger.claimRefund(charge.id, { id: "r-1", money: cny(1_500n) })
        assert.strictEqual(yield* because({ id: "r-2" }), "exceeds CNY 0.00")
        assert.strictEqual(yield* because({ id: "r-1", money: cny(1n) }), "conflict CNY 0.00")
        yield* ledger.advanceRefund(charge.id, "r-1", { to: "declined" })
        yield* ledger.claimRefund(charge.id, { id: "r-2", money: cny(1n) })
        const tooLate = yield* Effect.flip(ledger.advanceRefund(charge.id, "r-1", { to: "claimed" }))
        assert.isTrue(tooLate._tag === "RefundRefused" && tooLate.because === "exceeds")
        for (const call of [
          ledger.claimRefund(fresh("ch"), { id: "r-1" }),
          ledger.advanceRefund(fresh("ch"), "r-1", { to: "refunded" }),
          ledger.advanceRefund(charge.id, "r-3", { to: "refunded" })
        ]) {
          assert.strictEqual(
            (yield* Effect.flip<unknown, Ledger.LedgerError | Ledger.RefundRefused, never>(call))._tag,
            "LedgerError"
          )
        }
      })
    )

    law(
      "never lets more be asked for than was taken, whoever asks at once",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const { charge } = yield* reached("settled")
        const claims = yield* atOnce(20, (turn) => ledger.claimRefund(charge.id, { id: `r-${turn}`, money: cny(200n) }))
        assert.strictEqual(claims.filter(({ _tag }) => _tag === "Success").length, 7)
        const { charge: other } = yield* reached("settled")
        const same = yield* atOnce(20, () => ledger.claimRefund(other.id, { id: "r-1", money: cny(200n) }))
        const tags = same.map((result) => (result._tag === "Success" ? result.success._tag : "Refused"))
        assert.deepEqual(
          tags.toSorted((a, b) => (a < b ? -1 : a > b ? 1 : 0)),
          ["Claimed", ...Array.from({ length: 19 }, () => "Existing")]
        )
        assert.deepEqual(yield* ledger.audit, [])
      })
    )

    lawOfHosts("lets only who has a claim say what came of it, and gives a forsaken one to one other", (host) =>
      Effect.gen(function* () {
        const [one, ...others] = yield* Effect.all([host, host, host])
        const { charge } = yield* Effect.provideService(reached("settled"), Ledger.Ledger, one)
        yield* one.claimRefund(charge.id, { id: "r-1", money: cny(1n) })
        for (const to of Refund.states) {
          assert.strictEqual((yield* Effect.exit(others[0]!.advanceRefund(charge.id, "r-1", { to })))._tag, "Failure")
        }
        yield* TestClock.adjust(100)
        const take = (forsakenBefore: number) =>
          atOnce(20, (turn) =>
            others[turn % 2]!.advanceRefund(charge.id, "r-1", { to: "claimed", cause: "recovered", forsakenBefore })
          )
        const early = yield* take(0)
        assert.isTrue(early.every(({ _tag }) => _tag === "Failure"))
        const taken = (yield* take(50)).flatMap((result) => (result._tag === "Success" ? [result.success] : []))
        assert.strictEqual(taken.length, 1)
        assert.strictEqual(
          (yield* Effect.exit(one.advanceRefund(charge.id, "r-1", { to: "declined" })))._tag,
          "Failure"
        )
        const owner = others.find((ledger) => ledger.owner === taken[0]?.owner)!
        yield* owner.advanceRefund(charge.id, "r-1", { to: "refunded" })
        assert.deepEqual(yield* one.audit, [])
      })
    )

    lawOfHosts("does with refunds what its model does, over any sequence of commands", (host) =>
      Effect.gen(function* () {
        const hosts = yield* Effect.all([host, host])
        const context = yield* Effect.context<never>()
        const property = fc.asyncProperty(RefundModel.commands, (sequence) =>
          Effect.runPromiseWith(context)(
            Effect.gen(function* () {
              const model = new RefundModel.Model(10n)
              const { charge: made } = yield* Effect.provideService(
                reached("settled", { charge: charge(fresh("ch"), 10n) }),
                Ledger.Ledger,
                hosts[0]
              )
              for (const command of sequence) yield* RefundModel.run(hosts, made.id, model, command)
            })
          )
        )
        const details = yield* Effect.promise(() =>
          Promise.resolve(fc.check(property, { numRuns: Math.ceil((options.runs ?? 300) / 3), seed: 7 }))
        )
        assert.isFalse(details.failed, `${String(details.errorInstance)} ${fc.stringify(details.counterexample)}`)
        assert.deepEqual(yield* hosts[0].audit, [])
      })
    )

    law(
      "does what its model does, over any sequence of commands",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const context = yield* Effect.context<never>()
        const property = fc.asyncProperty(commands, (sequence) => {
          const model = new Model(opening, fresh("run"))
          return Effect.runPromiseWith(context)(
            Effect.forEach(sequence, (command) => run(ledger, model, command), { discard: true })
          )
        })
        const { failed, error, counterexample } = yield* Effect.promise(() =>
          Promise.resolve(fc.check(property, { numRuns: options.runs ?? 300, seed: 7 }))
        ).pipe(
          Effect.map((details) => ({
            failed: details.failed,
            error: details.errorInstance,
            counterexample: fc.stringify(details.counterexample)
          }))
        )
        assert.isFalse(failed, `${String(error)} ${counterexample}`)
        assert.deepEqual(yield* ledger.audit, [])
      })
    )
  })
