// Who is to blame is said: the plug-in, its double, its layers, or the kit.
import * as Conformance from "@paylayer/conformance/Conformance"
import * as Law from "@paylayer/conformance/Law"
import { Provider, type Service } from "@paylayer/conformance/Provider"
import * as Reference from "@paylayer/conformance/reference/Reference"
import * as Shop from "@paylayer/conformance/Shop"
import type { Subject } from "@paylayer/conformance/Subject"
import * as Subjects from "@paylayer/conformance/Subject"
import { World } from "@paylayer/conformance/World"
import * as Money from "@paylayer/core/Money"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const stated = { id: "LIM-01", severity: "high", clause: "none", statement: "buys", why: "Tests." } as const

const buys = Law.example({
  ...stated,
  run: () =>
    Effect.gen(function* () {
      const money = Money.of("CNY", 100n)
      const charge = yield* Shop.charge(money)
      yield* Shop.pay(yield* Shop.mint({}, charge), charge)
    })
})

const using = (use: (provider: Service) => Effect.Effect<unknown, never>) =>
  Law.example({ ...stated, run: () => Effect.flatMap(World, ({ provider }) => Effect.asVoid(use(provider))) })

const withDouble = (change: (provider: Service) => Partial<Service>): Subject => ({
  ...Reference.voucher,
  provider: Layer.effect(
    Provider,
    Effect.map(Provider, (provider) => ({ ...provider, ...change(provider) }))
  ).pipe(Layer.provideMerge(Reference.voucher.provider))
})

const judge = (law: Law.Law, subject: Subject) =>
  Effect.map(Conformance.check(subject, { seed: 1, laws: [law] }), ({ laws: [report] }) => report!.verdict)

const because = (law: Law.Law, subject: Subject) =>
  Effect.map(judge(law, subject), (verdict) => (verdict._tag === "inconclusive" ? verdict.because : verdict._tag))

describe("blame", () => {
  it.live("falls on a double that dies, by the name of the call", () =>
    Effect.gen(function* () {
      const dies = (what: string) => () => Effect.die(new Error(`no ${what}`))
      const order = yield* Effect.succeed({} as never)
      const calls: ReadonlyArray<
        readonly [string, Partial<Service>, (provider: Service) => Effect.Effect<unknown, never>]
      > = [
        ["mint", { mint: dies("mint") }, (provider) => Effect.orDie(provider.mint({}, order))],
        ["mintTampered", { mintTampered: dies("mintTampered") }, (p) => Effect.orDie(p.mintTampered({}, order, "id"))],
        ["mintForged", { mintForged: dies("mintForged") }, (p) => Effect.orDie(p.mintForged({}, order, "unsigned"))],
        ["revoke", { revoke: dies("revoke") }, (provider) => Effect.orDie(provider.revoke("a"))],
        ["movements", { movements: dies("movements")() }, (provider) => Effect.orDie(provider.movements)],
        ["holds", { holds: dies("holds")() }, (provider) => Effect.orDie(provider.holds)],
        ["fault", { fault: dies("fault") }, (p) => Effect.orDie(p.fault({ call: "verify", kind: "hang" }))],
        ["unmet", { unmet: dies("unmet")() }, (provider) => Effect.orDie(provider.unmet)],
        ["clearFaults", { clearFaults: dies("clearFaults")() }, (provider) => Effect.orDie(provider.clearFaults)]
      ]
      for (const [what, broken, use] of calls) {
        assert.include(
          yield* because(
            using(use),
            withDouble(() => broken)
          ),
          `${what} died: no ${what}`
        )
      }
    })
  )

  it.live("falls on a double that throws or hangs", () =>
    Effect.gen(function* () {
      const throwing = withDouble(() => ({
        mint: () => {
          throw new TypeError("not a function")
        }
      }))
      assert.strictEqual(yield* because(buys, throwing), "the provider's double failed: mint died: not a function")
      const hanging = withDouble(() => ({ mint: () => Effect.never }))
      assert.strictEqual(yield* because(buys, hanging), "the provider's double failed: mint did not end")
    })
  )

  it.live("falls on a double whose wire dies", () =>
    Effect.gen(function* () {
      const spoiled = withDouble(({ wire }) => ({
        wire: { ...wire!, payload: () => Effect.die("no"), seal: () => Effect.die("none") }
      }))
      const payload = using(({ wire }) => Effect.orDie(wire!.payload({}, {} as never)))
      const seal = using(({ wire }) => Effect.orDie(wire!.seal("", {} as never)))
      assert.include(yield* because(payload, spoiled), "wire.payload died: no")
      assert.include(yield* because(seal, spoiled), "wire.seal died: none")
      const without = { ...Reference.voucher, provider: withDouble(() => ({ wire: undefined as never })).provider }
      assert.strictEqual(
        yield* because(
          using(({ wire }) => Effect.sync(() => assert.isUndefined(wire))),
          without
        ),
        "pass"
      )
    })
  )

  it.live("falls on the plug-in that dies, with the step and the kind of error, and nothing of its text", () =>
    Effect.gen(function* () {
      const dying = (defect: unknown) =>
        Subjects.mapPlugin(Reference.voucher, (plugin) => ({ ...plugin, settle: () => Effect.die(defect) }))
      const actual = (subject: Subject) =>
        Effect.map(judge(buys, subject), (verdict) => (verdict._tag === "fail" ? verdict.failure.actual : verdict._tag))
      assert.strictEqual(yield* actual(dying(new RangeError("key"))), "it died in settle with RangeError")
      assert.strictEqual(yield* actual(dying("text")), "it died in settle with string")
    })
  )

  it.live("falls on the kit where its own check dies", () =>
    Effect.gen(function* () {
      const law = Law.example({ ...stated, run: () => Effect.die(new Error("the kit is wrong")) })
      assert.match(
        yield* because(law, Reference.voucher),
        /^a check of the kit, or the provider's double, died: Error: the kit is wrong/
      )
      const word = Law.example({ ...stated, run: () => Effect.die("a word") })
      assert.strictEqual(
        yield* because(word, Reference.voucher),
        "a check of the kit, or the provider's double, died: a word"
      )
    })
  )

  it.live("falls on layers that do not build, do not end, or build no valid manifest", () =>
    Effect.gen(function* () {
      const message = (subject: Subject) =>
        Effect.map(Effect.flip(Conformance.check(subject, { laws: [buys] })), (error) => error.message)
      const failing = { ...Reference.voucher, plugin: () => Effect.fail(new Error("no key")) }
      assert.strictEqual(yield* message(failing), "the subject cannot be built: no key")
      const wordy = { ...Reference.voucher, plugin: () => Effect.fail("no key at all") }
      assert.strictEqual(yield* message(wordy), "the subject cannot be built: no key at all")
      const hanging = { ...Reference.voucher, plugin: () => Effect.never }
      assert.strictEqual(yield* message(hanging), "the layers of the subject do not end")
      const nameless = Subjects.mapPlugin(Reference.voucher, (plugin) => ({
        ...plugin,
        manifest: { ...plugin.manifest, id: "Not An Id" }
      }))
      assert.match(yield* message(nameless), /^the subject cannot be built: the manifest is not valid: /)
    })
  )

  it.live("falls on layers that build once and not again", () =>
    Effect.gen(function* () {
      const second = (later: Effect.Effect<never, Error>): Subject => {
        let built = 0
        return {
          ...Reference.voucher,
          plugin: (environment) => (built++ === 0 ? Reference.voucher.plugin(environment) : later)
        }
      }
      assert.strictEqual(
        yield* because(buys, second(Effect.fail(new Error("taken")))),
        "the plug-in could not be built: taken"
      )
      assert.match(
        yield* because(buys, second(Effect.never)),
        /^the layers of the subject do not end: no fiber could go on/
      )
    })
  )
})
