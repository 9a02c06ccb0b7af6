/** IDM: what an idempotency key, or a credential that is used once, stands for. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Broken, words } from "../Broken.ts"
import * as HeaderGen from "../gen/HeaderGen.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Race from "../Race.ts"
import * as Repetition from "../Repetition.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

const first: Shop.Wanted = { method: "POST", resource: "/report?of=2029", body: '{"lines":[1,2],"of":"2029"}' }

/** The same request, spelled otherwise. */
const spelled: Shop.Wanted = { ...first, body: '{ "of": "2029", "lines": [1, 2] }' }

/** Requests that differ from the first in one thing. */
const others: ReadonlyArray<Shop.Wanted> = [
  { ...first, body: '{"lines":[2,1],"of":"2029"}' },
  { ...first, body: '{"lines":[1,2],"of":"2030"}' },
  { ...first, body: '{"lines":[1,2],"of":2029}' },
  { ...first, body: "" },
  { ...first, resource: "/report?of=2030" },
  { ...first, resource: "/report" },
  { ...first, resource: "/Report?of=2029" },
  { ...first, method: "PUT" }
]

const conflicts = ["idempotency_conflict", "binding_mismatch"]

const otherBody = Law.property({
  id: "IDM-02",
  severity: "critical",
  clause: "Ledger.open, Mandate.payer, Charge.binding",
  statement: "refuses another request under a key that is taken, and answers the same request, however it is spelled",
  why: "An agent gets what it did not order, or pays twice because its retry went through another client.",
  gen: (about) =>
    Gen.record({
      money: MandateGen.price(about),
      second: Gen.oneof(Gen.constant(spelled), Gen.constantFrom(...others)),
      ordinary: Gen.subarray([...HeaderGen.ordinary])
    }),
  interesting: ["another request", "the same request, spelled otherwise"],
  weight: 0.4,
  run: ({ money, second, ordinary }) =>
    Effect.gen(function* () {
      const { about, delivered } = yield* World
      const key = Repetition.marked(about)
      const { entries } = yield* Shop.mint({}, yield* Shop.charge(money, first))
      const one = yield* Shop.sell({ entries, money, ...first, ...key })
      if (Result.isFailure(one)) {
        return yield* new Broken({ expected: "the first request is served", actual: `it was ${words(one)}` })
      }
      const two = yield* Shop.sell({ entries: [...ordinary, ...entries], money, ...second, ...key })
      const same = second === spelled
      yield* met(same ? "the same request, spelled otherwise" : "another request")
      const moved = (yield* Shop.settlements).length
      const facts = [
        `first ${first.method} ${first.resource} with ${first.body}`,
        `then ${second.method} ${second.resource} with ${second.body === "" ? "no body" : second.body}`,
        `settlements: ${moved}, deliveries: ${delivered.length}`
      ]
      if (same && (Result.isFailure(two) || two.success.receipt?.reference !== one.success.receipt?.reference)) {
        return yield* new Broken({
          expected: "the same request gets the same receipt",
          actual: `it was ${words(two)}`,
          facts
        })
      }
      if (!same && (Result.isSuccess(two) || !conflicts.includes(two.failure.code))) {
        return yield* new Broken({
          expected: "another request is refused with idempotency_conflict or binding_mismatch",
          actual: `it was ${words(two)}`,
          facts
        })
      }
      if (moved !== 1 || delivered.length !== 1) {
        return yield* new Broken({
          expected: "one settlement and one delivery",
          actual: `${moved} settlements and ${delivered.length} deliveries`,
          facts
        })
      }
    })
})

const crowd = Law.schedule({
  id: "IDM-07",
  severity: "critical",
  clause: "Ledger.open, Mandate.payer",
  statement:
    "settles and delivers once when the same request comes several times at once, and gives all the same receipt",
  why: "A client that sends a request again before the answer is there pays once for each attempt.",
  gen: (about) => Gen.tuple(MandateGen.price(about), Gen.integer({ min: 2, max: 5 })),
  interesting: ["one was told to wait"],
  weight: 0.08,
  run: ([money, callers]) =>
    Effect.gen(function* () {
      const { about, delivered } = yield* World
      const { entries } = yield* Shop.mint({}, yield* Shop.charge(money))
      const purchase = {
        entries,
        money,
        handler: Effect.as(Effect.yieldNow, "the answer"),
        ...Repetition.marked(about)
      }
      const answers = yield* Race.all(Array.from({ length: callers }, () => Shop.sell(purchase)))
      const refused = answers.find((answer) => Result.isFailure(answer) && answer.failure.code !== "charge_in_flight")
      if (answers.some(Result.isFailure)) yield* met("one was told to wait")
      if (refused !== undefined || answers.every(Result.isFailure)) {
        return yield* new Broken({
          expected: "one of the callers is served, and the others get its receipt or are told to wait",
          actual: `they were ${answers.map(words).join("; ")}`
        })
      }
      yield* Effect.sleep("5 minutes")
      const references = new Set<string | undefined>()
      for (const _ of answers) {
        const answer = yield* Shop.sell(purchase)
        references.add(Result.isSuccess(answer) ? answer.success.receipt?.reference : words(answer))
      }
      for (const answer of answers) {
        if (Result.isSuccess(answer) && answer.success.receipt !== undefined)
          references.add(answer.success.receipt.reference)
      }
      const moved = (yield* Shop.settlements).length
      if (moved !== 1 || delivered.length !== 1 || references.size !== 1) {
        return yield* new Broken({
          expected: "one settlement, one delivery and one receipt for all",
          actual: `${moved} settlements, ${delivered.length} deliveries and ${references.size} different answers`,
          facts: [`the request came ${callers} times at once, and then once more from each`]
        })
      }
    })
})

export const laws: ReadonlyArray<Law.Law> = [otherBody, crowd]
