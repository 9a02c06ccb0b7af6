/** CMP: it does not matter in what order anything is installed or built. */
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import { found, none } from "@paylayer/core/Detection"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { Broken } from "../Broken.ts"
import * as Decoy from "../Decoy.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

const header = "x-conformance-decoy-2"
const entry = [header, "second-decoy-credential"] as const

/** Another decoy, which listens to another header. */
const second: AnyProtocol = {
  ...Decoy.protocol,
  manifest: { ...Decoy.protocol.manifest, id: "conformance-decoy-2", triggers: [{ header }] },
  detect: (headers) => {
    const [sent] = headers[header] ?? []
    return sent === undefined ? none : found({ secret: Redacted.make(sent) })
  }
}

/** What a request carries beside other things. */
const senders = ["its own", "another's", "both", "nothing"] as const

const wanted = {
  "its own": "served",
  "another's": Decoy.code,
  both: "credential_ambiguous",
  nothing: "payment_required"
} as const

/** What is done with a second instance of the plug-in while the first one sells. */
const twins = ["none", "built", "built and closed"] as const

const order = Law.property({
  id: "CMP-02",
  severity: "high",
  clause: "Paywall.layer, PaymentProtocol.detect",
  statement:
    "gives the same answer in whatever order protocols are installed, and whatever becomes of its other instances",
  why: "A line moved in a list, or a second shop in the same process, decides who can pay and whose money is taken.",
  gen: (about) =>
    Gen.record({
      money: MandateGen.price(about),
      sent: Gen.constantFrom(...senders, "its own", "its own", "both"),
      positions: Gen.shuffledSubarray([0, 1, 2], { minLength: 3, maxLength: 3 }),
      twin: Gen.constantFrom(...twins)
    }),
  interesting: [...senders.map((sender) => `sent: ${sender}`), ...twins.map((twin) => `another instance: ${twin}`)],
  weight: 0.6,
  run: ({ money, sent, positions, twin }) =>
    Effect.gen(function* () {
      const { another, paywallOf, protocol } = yield* World
      yield* met(`sent: ${sent}`)
      yield* met(`another instance: ${twin}`)
      if (twin === "built") yield* another
      if (twin === "built and closed") yield* Effect.scoped(another)
      const protocols = [protocol, Decoy.protocol, second]
      const ordered = positions.map((position) => protocols[position]!)
      const paywall = yield* paywallOf(ordered)
      const minted = yield* Shop.mint({}, yield* Shop.charge(money))
      const entries = [
        ...(sent === "its own" || sent === "both" ? minted.entries : []),
        ...(sent === "another's" || sent === "both" ? [entry] : [])
      ]
      const result = yield* Shop.sell({ entries, money }, paywall)
      const answer = Result.isSuccess(result) ? "served" : result.failure.code
      if (answer !== wanted[sent]) {
        return yield* new Broken({
          expected: `a request with ${sent} credential${sent === "both" ? "s" : ""}: ${wanted[sent]}`,
          actual: answer,
          facts: [
            `installed in this order: ${ordered.map(({ manifest }) => manifest.id).join(", ")}`,
            `another instance of the plug-in: ${twin}`
          ]
        })
      }
    }).pipe(Effect.scoped)
})

export const laws: ReadonlyArray<Law.Law> = [order]
