// The laws of accrual, on whatever database.
import { assert, describe, it } from "@effect/vitest"
import * as Money from "@paylayer/core/Money"
import * as Accrual from "@paylayer/gateway/Accrual"
import type { Rounding } from "@paylayer/gateway/Tool"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"
import type { Store } from "./bookLaws.ts"

const one = Accrual.microMinor
const roundings: ReadonlyArray<Rounding> = ["down", "half-even", "up"]
/** How much more may be taken than calls cost, in half micro-minor, that side included or not. */
const most: Record<Rounding, bigint> = { down: 0n, "half-even": one / 2n, up: one - 1n }
const least: Record<Rounding, bigint> = { down: 1n - one, "half-even": -one / 2n, up: 0n }

const cost = fc.oneof(
  fc.bigInt({ min: 0n, max: one }),
  fc.bigInt({ min: 0n, max: 20n * one }),
  // Halves, and what is nearly a whole.
  fc.constantFrom(one / 2n, one - 1n, one + 1n, 3n * one, (5n * one) / 2n)
)

const call = (id: string, exact: bigint, rounding: Rounding, limit = 1_000n): Accrual.Metered => ({
  chargeId: id,
  payer: "agent-1",
  tool: "search",
  exact,
  most: Money.of("CNY", limit),
  rounding
})
const accrued = { payer: "agent-1", tool: "search", currency: "CNY" } as const

const sum = (all: ReadonlyArray<bigint>) => all.reduce((total, minor) => total + minor, 0n)

export const accrualLaws = (name: string, store: Effect.Effect<Store>, { runs }: { readonly runs: number }) =>
  describe(`accrual on ${name}`, () => {
    const run = (test: (accrual: Accrual.Accrual["Service"]) => Effect.Effect<void, unknown>) =>
      Effect.flatMap(store, (layer) => Effect.provide(Effect.flatMap(Accrual.make, test), layer))
    const property = <A>(
      arbitrary: fc.Arbitrary<A>,
      test: (accrual: Accrual.Accrual["Service"], value: A) => Effect.Effect<void, unknown>
    ) =>
      Effect.promise(() =>
        fc.assert(
          fc.asyncProperty(arbitrary, (value) =>
            Effect.runPromise(run((accrual) => test(accrual, value)) as Effect.Effect<void>)
          ),
          { numRuns: runs }
        )
      )

    it.effect(
      "calls one after another are charged with what they cost, within the rounding, however little each one costs",
      () =>
        property(
          fc.record({ rounding: fc.constantFrom(...roundings), costs: fc.array(cost, { maxLength: 25 }) }),
          (accrual, { costs, rounding }) =>
            Effect.gen(function* () {
              let [exact, taken] = [0n, 0n]
              for (const [index, cost] of costs.entries()) {
                const { minor } = yield* accrual.capture(call(String(index), cost, rounding))
                yield* accrual.resolve(new Map([[String(index), minor === 0n ? "carried" : "taken"]]))
                exact += cost
                taken += minor
                const excess = taken * one - exact
                assert.isTrue(excess >= least[rounding] && excess <= most[rounding], `${excess} at ${index}`)
                assert.strictEqual(yield* accrual.carried(accrued), -excess)
              }
            })
        ),
      60_000
    )

    it.effect(
      "of calls that overlap no more is taken than the rounding allows, whichever of them are paid for, and all of it in the end",
      () =>
        property(
          fc.record({
            rounding: fc.constantFrom(...roundings),
            // A call, or what becomes of one of those before.
            steps: fc.array(
              fc.oneof(
                { weight: 3, arbitrary: fc.record({ cost }) },
                { weight: 2, arbitrary: fc.record({ of: fc.nat(), paid: fc.boolean(), twice: fc.boolean() }) }
              ),
              { maxLength: 40 }
            )
          }),
          (accrual, { rounding, steps }) =>
            Effect.gen(function* () {
              const open: Array<{ readonly id: string; readonly exact: bigint; readonly taken: bigint }> = []
              const paid: Array<bigint> = []
              const end = Effect.fnUntraced(function* (index: number, isPaid: boolean) {
                const [{ exact, id, taken }] = open.splice(index, 1) as [(typeof open)[number]]
                // What was answered for nothing stays so: it was.
                const fate = taken === 0n ? "carried" : isPaid ? "taken" : "void"
                if (fate !== "void") paid.push(taken * one - exact)
                yield* accrual.resolve(new Map([[id, fate]]))
                return new Map([[id, fate]] as const)
              })
              for (const [index, step] of steps.entries()) {
                if ("cost" in step) {
                  const { minor } = yield* accrual.capture(call(String(index), step.cost, rounding))
                  open.push({ id: String(index), exact: step.cost, taken: minor })
                } else if (open.length > 0) {
                  const fates = yield* end(step.of % open.length, step.paid)
                  if (step.twice) yield* accrual.resolve(fates)
                }
                // The worst of what can become of the calls that are open.
                const worst = sum(
                  open.map(({ exact, taken }) => {
                    const excess = taken * one - exact
                    return taken === 0n || excess > 0n ? excess : 0n
                  })
                )
                assert.isTrue(sum(paid) + worst <= most[rounding], `${sum(paid) + worst} at ${index}`)
              }
              while (open.length > 0) yield* end(0, open.length % 2 === 0)
              assert.strictEqual(yield* accrual.carried(accrued), -sum(paid))
            })
        ),
      60_000
    )

    it.effect("a charge is captured once, and never for more than was authorized", () =>
      run((accrual) =>
        Effect.gen(function* () {
          const asked = call("1", 25n * one, "down", 10n)
          assert.deepEqual(yield* accrual.capture(asked), Money.of("CNY", 10n))
          assert.deepEqual(yield* accrual.capture(asked), Money.of("CNY", 10n))
          assert.deepEqual(yield* accrual.capture({ ...asked, exact: 3n * one }), Money.of("CNY", 10n))
          yield* accrual.resolve(new Map([["1", "taken"]]))
          assert.strictEqual(yield* accrual.carried(accrued), 0n, "no call costs more than what was authorized")
          assert.deepEqual(yield* accrual.capture({ ...asked, chargeId: "2", exact: -5n }), Money.of("CNY", 0n))
          assert.strictEqual(yield* accrual.carried({ ...accrued, payer: "another" }), 0n)
        })
      )
    )

    it.effect(
      "what earlier calls left over takes no call beyond what was authorized, and a half goes to the even side",
      () =>
        run((accrual) =>
          Effect.gen(function* () {
            for (const id of ["1", "2"]) {
              assert.deepEqual(yield* accrual.capture(call(id, 3_700_000n, "down")), Money.of("CNY", 3n))
            }
            yield* accrual.resolve(
              new Map([
                ["1", "taken"],
                ["2", "taken"]
              ])
            )
            assert.strictEqual(yield* accrual.carried(accrued), 1_400_000n)
            assert.deepEqual(yield* accrual.capture(call("3", 3n * one, "down", 3n)), Money.of("CNY", 3n))
            assert.deepEqual(yield* accrual.capture(call("4", 3n * one, "down", 5n)), Money.of("CNY", 4n))
            for (const [index, [halves, taken]] of (
              [
                [1n, 0n],
                [3n, 2n],
                [5n, 2n],
                [7n, 4n]
              ] as const
            ).entries()) {
              const half = { ...call(`half-${index}`, (halves * one) / 2n, "half-even"), payer: `payer-${index}` }
              assert.deepEqual(yield* accrual.capture(half), Money.of("CNY", taken))
            }
          })
        )
    )

    it.effect("what was answered for nothing and then undone costs nothing", () =>
      run((accrual) =>
        Effect.gen(function* () {
          yield* accrual.capture(call("1", 300_000n, "down"))
          yield* accrual.resolve(new Map([["1", "void"]]))
          assert.strictEqual(yield* accrual.carried(accrued), 0n)
          yield* accrual.capture(call("2", 300_000n, "down"))
          yield* accrual.resolve(new Map([["2", "carried"]]))
          assert.strictEqual(yield* accrual.carried(accrued), 300_000n)
        })
      )
    )

    it.effect("twenty calls at once are charged with no more and no less", () =>
      run((accrual) =>
        Effect.gen(function* () {
          const ids = Array.from({ length: 20 }, (_, index) => String(index))
          const taken = yield* Effect.forEach(ids, (id) => accrual.capture(call(id, 400_000n, "down")), {
            concurrency: "unbounded"
          })
          assert.strictEqual(sum(taken.map(({ minor }) => minor)), 8n)
          yield* accrual.resolve(
            new Map(ids.map((id, index) => [id, taken[index]!.minor === 0n ? "carried" : "taken"]))
          )
          assert.strictEqual(yield* accrual.carried(accrued), 0n)
        })
      )
    )
  })
