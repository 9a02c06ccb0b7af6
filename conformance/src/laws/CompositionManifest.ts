/** CMP: a host takes the manifest at its word, so it has to be true. */
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Result from "effect/Result"
import { Broken, words } from "../Broken.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import { World } from "../World.ts"

/** What a challenge says for one request. */
const challenge = Effect.fnUntraced(function* (money: Parameters<typeof Shop.charge>[0], wanted: Shop.Wanted) {
  const { protocol } = yield* World
  const answer = yield* Effect.result(protocol.challenge(yield* Shop.charge(money, wanted)))
  if (Result.isSuccess(answer)) return answer.success
  return yield* new Broken({ expected: "the plug-in says how a charge is paid", actual: `it was ${words(answer)}` })
})

const standing = Law.property({
  id: "CMP-05",
  severity: "high",
  needs: {
    unless: ({ manifest }) =>
      manifest.challenge === "standing" ? undefined : "its challenges are made anew for each charge"
  },
  clause: "Manifest.challenge",
  statement:
    "gives every charge of one price, merchant and category the same challenge where its manifest says that it stands",
  why: "A host tells everybody what was meant for one request, and whoever pays by it has paid for something else.",
  gen: (about) =>
    Gen.record({
      money: MandateGen.price(about),
      category: Gen.constantFrom({}, { category: "data" }),
      other: Gen.record({
        resource: Gen.constantFrom("/report", "/another"),
        method: Gen.constantFrom("POST", "GET"),
        body: Gen.constantFrom("{}", '{"page":2}')
      }),
      minutes: Gen.nat(60)
    }),
  interesting: [],
  weight: 0.1,
  run: ({ category, minutes, money, other }) =>
    Effect.gen(function* () {
      const first = yield* challenge(money, { ...category, body: "{}" })
      yield* Effect.sleep(`${minutes} minutes`)
      const second = yield* challenge(money, { ...category, ...other })
      if (Equal.equals(first, second)) return
      return yield* new Broken({
        expected: "two charges of one price, merchant and category have the same challenge",
        actual: `they differ: ${JSON.stringify(first)}, and then ${JSON.stringify(second)}`,
        facts: [
          `first POST /report with {}; ${minutes} minutes later ${other.method} ${other.resource} with ${other.body}`
        ]
      })
    })
})

export const laws: ReadonlyArray<Law.Law> = [standing]
