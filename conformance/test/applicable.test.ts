// A law that needs what a subject does not have is not applicable, and says what is missing.
import type { About } from "@paylayer/conformance/About"
import * as Conformance from "@paylayer/conformance/Conformance"
import { Broken } from "@paylayer/conformance/Broken"
import * as Law from "@paylayer/conformance/Law"
import * as Reference from "@paylayer/conformance/reference/Reference"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { inapplicable } from "../src/internal/applying.ts"

const plain = (about: About): About => ({
  ...about,
  wire: undefined,
  abilities: { ...about.abilities, signed: [], faults: ["verify hang"] }
})

const cases: ReadonlyArray<readonly [needs: Law.Needs, voucher: string | undefined, ticket: string | undefined]> = [
  [{}, undefined, undefined],
  [{ capability: "refund" }, undefined, "the manifest does not declare refund"],
  [{ flow: "authorize-then-settle" }, undefined, "the flow is prepaid-then-confirm"],
  [{ use: "once" }, "a credential is used many", undefined],
  [{ terms: ["expiresAt"] }, undefined, undefined],
  [{ terms: ["expiresAt", "budget"] }, undefined, "mandates have no budget"],
  [{ currencies: "many" }, undefined, "a mandate covers one currency"],
  [{ forgery: "unsigned" }, undefined, "the double cannot forge: unsigned"],
  [{ faults: [{ call: "verify", kind: "hang" }] }, undefined, undefined],
  [
    {
      faults: [
        { call: "verify", kind: "hang" },
        { call: "refund", kind: "slow" }
      ]
    },
    undefined,
    "the double cannot play: refund meets slow"
  ],
  [{ wire: true, signed: true }, undefined, undefined],
  [{ unless: ({ manifest }) => (manifest.id === "ticket" ? "it is a ticket" : undefined) }, undefined, "it is a ticket"]
]

describe("what a law needs", () => {
  it("is there, or its absence is the reason", async () => {
    const voucher = await Effect.runPromise(Conformance.about(Reference.voucher))
    const ticket = await Effect.runPromise(Conformance.about(Reference.ticket))
    for (const [needs, ofVoucher, ofTicket] of cases) {
      assert.strictEqual(inapplicable(needs, voucher), ofVoucher)
      assert.strictEqual(inapplicable(needs, ticket), ofTicket)
    }
    assert.strictEqual(inapplicable({ wire: true }, plain(voucher)), "the credential has no readable part")
    assert.strictEqual(inapplicable({ signed: true }, plain(voucher)), "the credential carries no signature")
    assert.isUndefined(inapplicable({ faults: [{ call: "verify", kind: "hang" }] }, plain(voucher)))
    assert.strictEqual(
      inapplicable({ faults: [{ call: "verify", kind: "slow" }] }, plain(voucher)),
      "the double cannot play: verify meets slow"
    )
  })

  const refunds = (complement?: Law.Case<void>) =>
    Law.example({
      id: "LIF-03",
      severity: "high",
      clause: "none",
      statement: "gives back",
      why: "Tests.",
      needs: { capability: "refund" },
      run: () => Effect.void,
      ...(complement === undefined ? {} : { complement })
    })
  const verdictOf = (law: Law.Law) =>
    Effect.map(Conformance.check(Reference.ticket, { seed: 1, laws: [law] }), ({ laws: [report] }) => report!.verdict)

  it.live("is missed in silence where nothing must hold instead", () =>
    Effect.gen(function* () {
      const because = "the manifest does not declare refund"
      assert.deepStrictEqual(yield* verdictOf(refunds()), { _tag: "not-applicable", because, complement: false })
    })
  )

  it.live("is no excuse where what must hold instead does not", () =>
    Effect.gen(function* () {
      const verdict = yield* verdictOf(refunds(() => new Broken({ expected: "it refuses", actual: "it did not" })))
      assert.strictEqual(verdict._tag === "fail" && verdict.failure.actual, "it did not")
    })
  )
})
