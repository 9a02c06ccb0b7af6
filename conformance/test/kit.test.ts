// The kit says what is wrong with a plug-in, its double or the question, and never passes what it could not check.
import { Broken } from "@paylayer/conformance/Broken"
import * as Conformance from "@paylayer/conformance/Conformance"
import { explain } from "@paylayer/conformance/Explain"
import * as Gen from "@paylayer/conformance/Gen"
import * as Law from "@paylayer/conformance/Law"
import { ProviderError } from "@paylayer/conformance/Provider"
import * as Reference from "@paylayer/conformance/reference/Reference"
import * as Replay from "@paylayer/conformance/Replay"
import * as Report from "@paylayer/conformance/Report"
import * as Shop from "@paylayer/conformance/Shop"
import * as Subject from "@paylayer/conformance/Subject"
import type { Verdict } from "@paylayer/conformance/Verdict"
import { met, World } from "@paylayer/conformance/World"
import * as Money from "@paylayer/core/Money"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const stated = {
  id: "LIM-01",
  severity: "high",
  clause: "none",
  statement: "does what this test needs",
  why: "Tests."
} as const

/** As many runs as in `quick`, for as long as in `ci`: a busy machine is no verdict. */
const budget = { profile: "ci", runs: 20 } as const

const judge = (laws: ReadonlyArray<Law.Law>, subject = Reference.voucher, options: Conformance.Options = {}) =>
  Effect.map(Conformance.check(subject, { seed: 1, ...budget, laws, ...options }), ({ laws: [report] }) => report!)

const buy = Effect.gen(function* () {
  const money = Money.of("CNY", 100n)
  const minted = yield* Shop.mint({}, yield* Shop.charge(money))
  return yield* Shop.sell({ entries: minted.entries, money })
})

describe("verdicts", () => {
  it.live("a property whose interesting case is rare looks for it longer", () =>
    Effect.gen(function* () {
      const law = Law.property({
        ...stated,
        gen: () => Gen.array(Gen.boolean(), { minLength: 5, maxLength: 5 }),
        interesting: ["a white raven"],
        run: (drawn) => (drawn.every((white) => white) ? met("a white raven") : Effect.void)
      })
      const { verdict } = yield* judge([law])
      assert.strictEqual(verdict._tag, "pass")
      if (verdict._tag === "pass") {
        assert.isAbove(verdict.runs, 20)
        assert.deepStrictEqual(verdict.met, { "a white raven": 1 })
      }
    })
  )

  it.live("a property whose interesting case never occurs is vacuous", () =>
    Effect.gen(function* () {
      const law = Law.property({
        ...stated,
        gen: () => Gen.nat(3),
        interesting: ["a pig flies"],
        run: () => Effect.void
      })
      const report = yield* judge([law])
      assert.deepStrictEqual(report.verdict, { _tag: "vacuous", missing: ["a pig flies"], runs: 200 })
      assert.strictEqual(Report.conclusion({ laws: [report] }), "broken")
    })
  )

  it.live("a plug-in that hangs is broken, and the timeline says where", () =>
    Effect.gen(function* () {
      const subject = Subject.mapPlugin(Reference.voucher, (plugin) => ({ ...plugin, settle: () => Effect.never }))
      const law = Law.example({
        ...stated,
        run: () =>
          Effect.gen(function* () {
            const charge = yield* Shop.charge(Money.of("CNY", 100n))
            yield* Shop.pay(yield* Shop.mint({}, charge), charge)
          })
      })
      const { verdict } = yield* judge([law], subject)
      assert.strictEqual(verdict._tag, "fail")
      if (verdict._tag !== "fail") return
      assert.match(verdict.failure.actual, /no fiber could go on/)
      assert.match(verdict.failure.timeline.at(-1)!.what, /^settle of charge 1/)
    })
  )

  it.live("a plug-in that goes on and on is broken", () =>
    Effect.gen(function* () {
      const subject = Subject.mapPlugin(Reference.voucher, (plugin) => ({
        ...plugin,
        validate: () => Effect.forever(Effect.yieldNow)
      }))
      const law = Law.example({
        ...stated,
        run: () =>
          Effect.gen(function* () {
            const charge = yield* Shop.charge(Money.of("CNY", 100n))
            yield* Shop.validate(yield* Shop.mint({}, charge), charge)
          })
      })
      const { verdict } = yield* judge([law], subject)
      assert.strictEqual(verdict._tag === "fail" && verdict.failure.expected, "every call ends")
    })
  )

  it.live("a double that fails makes a law inconclusive, not broken and not kept", () =>
    Effect.gen(function* () {
      const law = Law.example({ ...stated, run: () => new ProviderError({ message: "out of paper" }) })
      const report = yield* judge([law])
      assert.strictEqual(report.verdict._tag, "inconclusive")
      assert.strictEqual(Report.conclusion({ laws: [report] }), "inconclusive")
    })
  )

  it.live("a law that does not apply checks its complement", () =>
    Effect.gen(function* () {
      const law = Law.example({
        ...stated,
        needs: { capability: "refund" },
        run: () => Effect.void,
        complement: () => Effect.asVoid(buy)
      })
      const { verdict } = yield* judge([law], Reference.ticket)
      assert.deepStrictEqual(verdict, {
        _tag: "not-applicable",
        because: "the manifest does not declare refund",
        complement: true
      })
    })
  )

  it.live("a plug-in that gives back hears why, and one that dies of it is seen to", () =>
    Effect.gen(function* () {
      const heard: Array<string | undefined> = []
      const law = Law.example({
        ...stated,
        run: () =>
          Effect.gen(function* () {
            const sold = yield* buy
            const { paywall, seen } = yield* World
            const chargeId = sold._tag === "Success" ? sold.success.receipt!.chargeId : "none"
            yield* Effect.exit(paywall.refund({ chargeId, refundId: "refund-1", reason: "too late" }))
            heard.push(...seen.died.map(({ step }) => step))
          })
      })
      const dying = Subject.mapPlugin(Reference.voucher, (plugin) => ({
        ...plugin,
        refund: (_receipt, _amount, _id, reason) => {
          heard.push(reason)
          return Effect.die("out of change")
        }
      }))
      yield* judge([law], dying)
      assert.deepStrictEqual(heard, ["too late", "refund"])
    })
  )

  it.live("an exemption is reported with its reason", () =>
    Effect.gen(function* () {
      const exempt = [{ law: "LIM-01", reason: "the till has no limits", clause: "Mandate.perCharge" }]
      const { verdict } = yield* judge([Law.example({ ...stated, run: () => Effect.void })], {
        ...Reference.voucher,
        exempt
      })
      assert.strictEqual(verdict._tag, "exempt")
    })
  )
})

describe("the conclusion", () => {
  const verdicts: { readonly [T in Verdict["_tag"]]: Verdict } = {
    pass: { _tag: "pass", runs: 1, met: {} },
    fail: {
      _tag: "fail",
      failure: { expected: "", actual: "", atStake: [], timeline: [], foundOnRun: 1, runs: 1, shrinks: 0, replay: "" }
    },
    vacuous: { _tag: "vacuous", missing: ["a pig flies"], runs: 1 },
    inconclusive: { _tag: "inconclusive", because: "no ink" },
    "not-applicable": { _tag: "not-applicable", because: "no need", complement: false },
    exempt: { _tag: "exempt", reason: "the bank does it", clause: "none" }
  }
  const of = (level: "MUST" | "SHOULD", ...tags: ReadonlyArray<Verdict["_tag"]>) =>
    tags.map((tag): Report.LawReport => ({
      ...stated,
      area: "LIM",
      level,
      kind: "example",
      verdict: verdicts[tag],
      millis: 1
    }))
  const broken = ["fail", "vacuous"] as const

  it("is that of the worst MUST law, whatever SHOULD laws say", () => {
    const good = of("MUST", "pass", "not-applicable", "exempt")
    assert.strictEqual(Report.conclusion({ laws: good }), "conformant")
    assert.strictEqual(Report.conclusion({ laws: [...good, ...of("SHOULD", ...broken)] }), "conformant")
    assert.strictEqual(Report.conclusion({ laws: [...good, ...of("SHOULD", "inconclusive")] }), "conformant")
    const untold = [...good, ...of("MUST", "inconclusive")]
    assert.strictEqual(Report.conclusion({ laws: untold }), "inconclusive")
    for (const tag of broken) {
      assert.strictEqual(Report.conclusion({ laws: [...untold, ...of("MUST", tag)] }), "broken")
    }
  })
})

describe("the question", () => {
  it.live("selecting nothing is an error", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Conformance.check(Reference.voucher, { only: [] }))
      assert.match(error.message, /no law is selected/)
    })
  )

  it.live("a law that does not exist is an error", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Conformance.check(Reference.voucher, { only: ["LIM-99"] }))
      assert.match(error.message, /no law and no area LIM-99/)
    })
  )

  it.live("a replay token of another version says so", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Conformance.check(Reference.voucher, { replay: "LIM-01~0.9g1~42:1" }))
      assert.match(error.message, /version 0\.9g1/)
    })
  )

  it("replay tokens are read as they are printed", () => {
    for (const token of ["LIM-02~1.0g1~42:109:3:0", "RES-02~1.0g1~-7:17", "DET-01~1.0g1~0"]) {
      const replay = Replay.parse(token)
      assert.strictEqual(replay._tag === "Success" && Replay.print(replay.success), token)
    }
    const replay = Replay.parse("  LIM-02~1.0g1~42:109:3\n")
    assert.deepStrictEqual(replay._tag === "Success" && replay.success, { law: "LIM-02", seed: 42, path: "109:3" })
    assert.strictEqual(Replay.print({ law: "LIM-02", seed: -1, path: "" }), `LIM-02~${Replay.version}~-1`)
  })

  it("what is no replay token is told what one looks like", () => {
    for (const token of [
      "",
      "LIM-02",
      "lim-02~1.0g1~42",
      "XLIM-02~1.0g1~42",
      "LIM-002~1.0g1~42",
      "LIM-02~~42",
      `LIM-02~${"1".repeat(21)}~42`,
      "LIM-02~1.0g1~",
      "LIM-02~1.0g1~--42",
      "LIM-02~1.0g1~12345678901",
      "LIM-02~1.0g1~42:",
      "LIM-02~1.0g1~42:a",
      "LIM-02~1.0g1~42:1:-1",
      "LIM-02~1.0g1~42:1234567890",
      "LIM-02~1.0g1~42:1 or so",
      `LIM-02~1.0g1~42${":1".repeat(2_001)}`
    ]) {
      const replay = Replay.parse(token)
      assert.match(replay._tag === "Failure" ? replay.failure.message : "none", /LAW~version~seed:path/, token)
    }
    assert.strictEqual(Replay.parse(`LIM-02~1.0g1~42${":1".repeat(2_000)}`)._tag, "Success")
  })
})

describe("failures", () => {
  const never = Law.property({
    ...stated,
    gen: () => Gen.integer({ min: 0, max: 1_000 }),
    interesting: [],
    run: (number) =>
      Effect.gen(function* () {
        yield* buy
        if (number >= 57) return yield* new Broken({ expected: "something else", actual: `the number is ${number}` })
      })
  })

  it.live("shrink, replay from their token, and are written to the report and read back", () =>
    Effect.gen(function* () {
      const report = yield* Conformance.check(Reference.voucher, { seed: 5, laws: [never] })
      const [law] = report.laws
      assert.strictEqual(law?.verdict._tag, "fail")
      if (law?.verdict._tag !== "fail") return
      assert.strictEqual(law.verdict.failure.actual, "the number is 57")
      const again = yield* Conformance.check(Reference.voucher, { laws: [never], replay: law.verdict.failure.replay })
      const [replayed] = again.laws
      assert.strictEqual(replayed?.verdict._tag === "fail" && replayed.verdict.failure.actual, "the number is 57")
      const text = yield* Schema.encodeEffect(Report.Json)(report)
      assert.deepStrictEqual(yield* Schema.decodeEffect(Report.Json)(text), report)
      assert.match(explain(law), /replay: LIM-01~1\.0g1~5:/)
    })
  )

  it.live("show no secret", () =>
    Effect.gen(function* () {
      const law = Law.example({
        ...stated,
        run: () =>
          Effect.gen(function* () {
            const { secrets } = yield* World
            yield* buy
            return yield* new Broken({ expected: "something else", actual: `it said ${secrets[0]}` })
          })
      })
      const { verdict } = yield* judge([law])
      assert.match(verdict._tag === "fail" ? verdict.failure.actual : "", /^it said <secret \d+>$/)
    })
  )
})
