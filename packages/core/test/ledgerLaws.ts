// The laws of a ledger, for any implementation: `ledgerLaws("SQLite", layer)`. Every law uses names of its own, so that the
// implementations may share one store among them.
import { assert, describe, it } from "@effect/vitest"
import type * as Charge from "@paylayer/core/Charge"
import * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"
import { commands, Model, run } from "./ledgerModel.ts"

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

export const ledgerLaws = <E>(
  name: string,
  layer: Layer.Layer<Ledger.Ledger, E>,
  options: { readonly runs?: number } = {}
) =>
  describe(`the ledger ${name}`, () => {
    const law = (promise: string, test: Effect.Effect<void, unknown, Ledger.Ledger>) =>
      it.effect(promise, () => Effect.provide(test, layer), 60_000)

    law(
      "keeps what it is told, and reads it back",
      Effect.gen(function* () {
        const ledger = yield* Ledger.Ledger
        const id = fresh("ch")
        const asked = opening({ charge: { ...charge(id, Money.maximum), category: "5815", description: "d “é” 🎫" } })
        yield* TestClock.adjust(5)
        const { entry } = yield* ledger.open(asked)
        const { reservations: _, ...kept } = asked
        assert.deepEqual(entry, { ...kept, state: "opened", journal: [{ state: "opened", atMillis: 5 }] })
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
        const last = yield* ledger.advance(id, { to: "settled", receipt })
        const at = { atMillis: 10 }
        assert.deepEqual(last, {
          ...kept,
          state: "settled",
          authorization,
          answer: "réponse",
          receipt,
          journal: [
            { state: "opened", atMillis: 5 },
            { state: "authorized", ...at },
            { state: "delivered", ...at },
            { state: "settling", ...at, cause: "because" },
            { state: "settled", ...at }
          ]
        })
        assert.deepEqual(yield* ledger.find(id), last)
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
        const listed = (yield* ledger.entries).filter((entry) => ids.includes(entry.charge.id))
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
      })
    )
  })
