/** LIM: whose limit a charge counts against, and when it counts. */
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as About from "../About.ts"
import { Broken } from "../Broken.ts"
import * as Expect from "../Expect.ts"
import * as Fault from "../Fault.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import type { Terms } from "../Terms.ts"
import { met, World } from "../World.ts"

/** Terms under which exactly one charge of this price fits, as far as mandates can say so. */
const once = (about: About.About, price: Money.Money, by: "budget" | "uses"): Terms =>
  About.canMint(about, by) ? (by === "budget" ? { budget: [price] } : { uses: 1 }) : {}

export const isolated = Law.property({
  id: "LIM-05",
  severity: "critical",
  needs: { terms: ["payer"] },
  clause: "Mandate.id, Mandate.payer, SpendingLimit.per",
  statement: "counts a charge against its own mandate and its own payer, and against nobody else's",
  why: "One agent spends what another's owner allowed, or is stopped because another has spent.",
  gen: (about) => Gen.tuple(MandateGen.limit(about), Gen.constantFrom("budget" as const, "uses" as const)),
  interesting: ["two mandates of one payer", "two mandates of two payers", "two payers under a limit of the host"],
  weight: 0.12,
  run: ([price, by]) =>
    Effect.gen(function* () {
      const { about, paywall, paywallOf, protocol } = yield* World
      const least = Money.of(price.currency, 1n)
      const limited = yield* paywallOf([protocol], { limits: [{ per: "principal", amount: price, window: "total" }] })
      const buy = Effect.fnUntraced(function* (at: typeof paywall, payer: string, terms: Terms, money: Money.Money) {
        const minted = yield* Shop.mint({ ...terms, payer }, yield* Shop.charge(money))
        return { minted, result: yield* Shop.sell({ entries: minted.entries, money }, at) }
      })
      const terms = once(about, price, by)
      const facts = [`each of three mandates covers ${by === "budget" ? Money.print(price) : "one charge"}`]
      const first = yield* buy(paywall, "payer-1", terms, price)
      yield* Expect.accepted(first.result, "the first mandate is good for its charge", facts)
      const second = yield* buy(paywall, "payer-1", terms, price)
      yield* met("two mandates of one payer")
      yield* Expect.accepted(second.result, "another mandate of the same payer is good for its own charge", facts)
      const third = yield* buy(paywall, "payer-2", terms, price)
      yield* met("two mandates of two payers")
      yield* Expect.accepted(third.result, "another payer's mandate is good for its own charge", facts)
      if (terms.budget !== undefined || terms.uses !== undefined) {
        const more = yield* Shop.sell({ entries: first.minted.entries, money: least })
        yield* Expect.refused(more, "the first mandate is still used up", { facts })
      }
      const host = [`the host lets each principal spend ${Money.print(price)}`]
      yield* Expect.accepted((yield* buy(limited, "payer-1", {}, price)).result, "the first payer may spend it", host)
      yield* met("two payers under a limit of the host")
      yield* Expect.accepted((yield* buy(limited, "payer-2", {}, price)).result, "the second may spend its own", host)
      const again = yield* buy(limited, "payer-1", {}, least)
      yield* Expect.refused(again.result, "another mandate of the first payer gets nothing more", {
        as: ["SpendingLimitReached"],
        facts: host
      })
    })
})

/** What keeps a charge from being settled, without any doubt that it is not. */
type Mishap =
  | { readonly _tag: "the handler fails" }
  | { readonly _tag: "the agent leaves" }
  | { readonly _tag: "the charge expires" }
  | { readonly _tag: "the provider fails"; readonly fault: Fault.Fault }

/** The agent of a prepaid protocol has paid: what fails after the delivery is no reason to deliver again. */
const mishaps = (about: About.About): Gen.Gen<Mishap> => {
  const prepaid = about.manifest.flow === "prepaid-then-confirm"
  const meeting = (call: "verify" | "settle", which: (kind: Fault.Kind) => boolean) =>
    About.faultsAt(about, call)
      .filter(which)
      .map((kind): Mishap => ({ _tag: "the provider fails", fault: { call, kind, delayMillis: 60_000 } }))
  const own: ReadonlyArray<Mishap> = [
    { _tag: "the handler fails" },
    { _tag: "the agent leaves" },
    ...(prepaid ? [] : [{ _tag: "the charge expires" } as const])
  ]
  // Each group as often as the others: what the provider did without being heard, what it did not, and what it refused.
  const groups = [
    own,
    meeting("verify", Fault.committed),
    meeting("verify", (kind) => !Fault.committed(kind)),
    prepaid ? [] : meeting("settle", (kind) => !Fault.committed(kind)),
    prepaid ? [] : meeting("settle", (kind) => kind === "declined" || kind === "rate-limited")
  ]
  return Gen.oneof(...groups.filter((group) => group.length > 0).map((group) => Gen.constantFrom(...group)))
}

const handlerFails = PaymentError.fail(new PaymentError.PaymentDeclined({ detail: "the handler failed" }))

/** A purchase that comes to nothing. Whether it was surely not settled. */
const failing = Effect.fnUntraced(function* (purchase: Shop.Purchase, mishap: Mishap) {
  const { about, provider, stage } = yield* World
  if (mishap._tag === "the agent leaves") {
    const fiber = yield* Effect.forkChild(Shop.sell({ ...purchase, handler: Effect.never }))
    yield* stage.quiet
    yield* Fiber.interrupt(fiber)
    return true
  }
  if (mishap._tag === "the provider fails") yield* provider.fault(mishap.fault)
  const result = yield* Shop.sell({
    ...purchase,
    ...(mishap._tag === "the handler fails" ? { handler: handlerFails } : {}),
    ...(mishap._tag === "the charge expires" ? { handler: Effect.as(Effect.sleep("16 minutes"), "too late") } : {})
  })
  yield* provider.clearFaults
  return Result.isFailure(result) && (about.manifest.flow === "prepaid-then-confirm" || result.failure.moved === "no")
})

export const givenBack = Law.property({
  id: "LIM-06",
  severity: "critical",
  kind: "fault",
  clause: "PaymentProtocol.verify, PaymentProtocol.release, Ledger.open",
  statement: "gives everything back when a charge comes to nothing: the same credential buys the same thing afterwards",
  why: "Every failure eats a piece of the agent's budget, until it can buy nothing and nobody has been paid.",
  gen: (about) =>
    Gen.tuple(MandateGen.limit(about), mishaps(about), Gen.constantFrom("budget" as const, "uses" as const)),
  interesting: ["it came to nothing"],
  weight: 0.45,
  run: ([money, mishap, by]) =>
    Effect.gen(function* () {
      const { about, delivered, provider } = yield* World
      const minted = yield* Shop.mint(once(about, money, by), yield* Shop.charge(money))
      const nothing = yield* failing({ entries: minted.entries, money }, mishap)
      if (!nothing || (yield* Shop.settlements).length > 0) return
      yield* met("it came to nothing")
      const facts = [
        `the first time ${mishap._tag === "the provider fails" ? Fault.print(mishap.fault) : mishap._tag}`,
        `the credential covers one charge of ${Money.print(money)}`
      ]
      const held = yield* provider.holds
      if (held.length > 0) {
        return yield* new Broken({
          expected: "nothing is held for a charge that came to nothing",
          actual: `the provider holds ${held.map((hold) => Money.print(hold.money)).join(", ")}`,
          facts
        })
      }
      const deliveries = delivered.length
      const again = yield* Shop.sell({ entries: minted.entries, money })
      yield* Expect.accepted(again, "the same charge is served the second time", facts)
      yield* Effect.sleep("1 minute")
      yield* Expect.counted(
        "after the second time",
        { settlements: 1, deliveries: deliveries + 1 },
        { settlements: (yield* Shop.settlements).length, deliveries: delivered.length },
        facts
      )
    })
})

export const onlySettling = Law.property({
  id: "LIM-09",
  severity: "high",
  clause: "PaymentProtocol.verify, PaymentProtocol.settle",
  statement: "uses a mandate up by settling, and not by verifying, however often",
  why: "Looking at an offer uses up the agent's budget, or paying for it does not.",
  gen: (about) =>
    Gen.record({
      money: MandateGen.limit(about),
      times: Gen.integer({ min: 1, max: 4 }),
      by: Gen.constantFrom("budget" as const, "uses" as const)
    }),
  interesting: ["verified", "settled"],
  weight: 0.25,
  run: ({ money, times, by }) =>
    Effect.gen(function* () {
      const { about, protocol } = yield* World
      const charge = yield* Shop.charge(money)
      const minted = yield* Shop.mint(once(about, money, by), charge)
      const facts = [
        `the credential covers one charge of ${Money.print(money)}; it was verified ${times === 1 ? "once" : `${times} times`}`
      ]
      for (let index = 0; index < times; index++) {
        const verified = yield* Expect.accepted(yield* Shop.authorize(minted, charge), "what fits is verified", facts)
        yield* met("verified")
        // A charge that is given up gives its hold back, as the paywall would, once for all times it was verified.
        if (index === times - 1 && protocol.release !== undefined) {
          yield* Effect.ignore(protocol.release(verified.authorization, charge))
        }
      }
      yield* Shop.nothingMoved("verify")
      const bought = yield* Shop.sell({ entries: minted.entries, money })
      yield* Expect.accepted(bought, "the whole mandate is there after it was verified", facts)
      yield* met("settled")
      const more = yield* Shop.sell({
        entries: minted.entries,
        money: by === "budget" && About.canMint(about, "budget") ? Money.of(money.currency, 1n) : money,
        resource: "/another-report"
      })
      if (about.manifest.use === "many" && !About.canMint(about, by)) return
      yield* Expect.refused(more, "nothing is left after it was settled", { facts })
    })
})
