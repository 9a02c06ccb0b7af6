/** EXP: windows that have not begun, that end while the work goes on, and whose time it is. */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import * as About from "../About.ts"
import { Broken, words } from "../Broken.ts"
import * as Expect from "../Expect.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import type { Terms } from "../Terms.ts"
import { met, World } from "../World.ts"

const hour = 3_600_000

/** The next whole second, since that is all that some formats have. */
const nextSecond = Effect.map(Clock.currentTimeMillis, (now) => Math.ceil(now / 1_000) * 1_000)

/** Terms with this window, as far as mandates have one. */
const within = (about: About.About, begins: number | undefined, ends: number): Terms => ({
  ...(begins !== undefined && About.canMint(about, "notBefore") ? { notBefore: DateTime.makeUnsafe(begins) } : {}),
  ...(About.canMint(about, "expiresAt") ? { expiresAt: DateTime.makeUnsafe(ends) } : {})
})

const ago = (millis: number): string =>
  millis === 0 ? "now" : millis < 0 ? `${-millis} ms from now` : `${millis} ms ago`

export const begins = Law.property({
  id: "EXP-02",
  severity: "medium",
  needs: { terms: ["notBefore"] },
  clause: "Mandate.notBefore",
  statement: "refuses a credential until just before its beginning, and accepts it from its beginning on",
  why: "An agent spends what its owner allowed for next month, or waits for what it may spend already.",
  gen: (about) =>
    Gen.tuple(
      MandateGen.price(about),
      Gen.integer({ min: 61, max: 86_400 }),
      Gen.constantFrom(60_000, 1_000, 1, 1),
      Gen.constantFrom(1, 60_000)
    ),
  interesting: ["before", "at the beginning", "after"],
  weight: 0.15,
  run: ([price, seconds, before, after]) =>
    Effect.gen(function* () {
      const { about } = yield* World
      const begin = (yield* nextSecond) + seconds * 1_000
      const moments = [-before, 0, after]
      const minted = yield* Effect.forEach(moments, () =>
        Effect.flatMap(Shop.charge(price), (charge) => Shop.mint(within(about, begin, begin + hour), charge))
      )
      for (const [index, offset] of moments.entries()) {
        yield* TestClock.setTime(begin + offset)
        yield* met(offset < 0 ? "before" : offset === 0 ? "at the beginning" : "after")
        const result = yield* Shop.pay(minted[index]!, yield* Shop.charge(price))
        const facts = [`the credential begins ${ago(offset)}`]
        if (offset >= 0) yield* Expect.accepted(result, "it is accepted", facts)
        else {
          yield* Expect.refused(result, "it is refused with credential_not_yet_valid", {
            as: ["CredentialNotYetValid"],
            facts
          })
          yield* Shop.nothingMoved("a credential that has not begun")
        }
      }
    })
})

/** For payments made before: what was delivered while the payment was good is confirmed once, however late. */
const confirmedLate: Law.Case<void> = () =>
  Effect.gen(function* () {
    const { about, delivered } = yield* World
    const money = { currency: about.manifest.currencies[0], minor: 15_00n }
    const end = (yield* nextSecond) + 120_000
    const minted = yield* Shop.mint(within(about, undefined, end), yield* Shop.charge(money))
    const handler = Effect.as(TestClock.setTime(end + 1), "the answer")
    yield* Shop.sell({ entries: minted.entries, money, handler })
    yield* Effect.sleep("5 minutes")
    yield* Shop.sell({ entries: minted.entries, money })
    yield* Effect.sleep("5 minutes")
    const settlements = (yield* Shop.settlements).length
    if (settlements > 1 || delivered.length > 1) {
      return yield* new Broken({
        expected: "a payment that ends during the delivery is delivered and confirmed at most once",
        actual: `there were ${settlements} confirmations and ${delivered.length} deliveries`
      })
    }
  })

type Ending = "the mandate" | "the charge"

export const endsMeanwhile = Law.property({
  id: "EXP-04",
  severity: "critical",
  needs: { flow: "authorize-then-settle", terms: ["expiresAt"] },
  clause: "Mandate.expiresAt, Charge.expiresAt, PaymentProtocol.settle",
  statement:
    "settles nothing at or after the end of the mandate or of the charge, also if both were good when it was verified",
  why: "A slow answer is charged to a permission that has ended.",
  gen: (about) =>
    Gen.record({
      price: MandateGen.price(about),
      ending: Gen.constantFrom<Ending>("the mandate", "the mandate", "the charge"),
      before: Gen.constantFrom(60_000, 1),
      after: Gen.constantFrom(1, 1_000, 240_000)
    }),
  interesting: ["settled before the end", "at the end", "after the end"],
  weight: 0.15,
  run: ({ price, ending, before, after }) =>
    Effect.gen(function* () {
      const { about } = yield* World
      for (const offset of [0, after, -before]) {
        const second = yield* nextSecond
        yield* TestClock.setTime(second)
        const end = second + (ending === "the mandate" ? 600_000 : 900_000)
        const terms = within(about, undefined, ending === "the mandate" ? end : second + hour)
        const minted = yield* Shop.mint(terms, yield* Shop.charge(price))
        const handler = Effect.gen(function* () {
          yield* Effect.sleep(end + offset - (yield* Clock.currentTimeMillis))
          return "the answer"
        })
        const result = yield* Shop.sell({ entries: minted.entries, money: price, handler })
        const when = offset === 0 ? "at" : `${Math.abs(offset)} ms ${offset < 0 ? "before" : "after"}`
        const facts = [`the handler was done ${when} the end of ${ending}`]
        if (offset < 0) {
          yield* met("settled before the end")
          yield* Expect.accepted(result, "it is settled", facts)
          continue
        }
        yield* met(offset === 0 ? "at the end" : "after the end")
        const refusal = yield* Expect.refused(result, "it is not settled", { facts })
        yield* Effect.sleep("1 minute")
        yield* Shop.nothingMoved(`the end of ${ending}`)
        if (refusal.moved !== "no") {
          return yield* new Broken({
            expected: "the agent hears that nothing moved",
            actual: `it was ${words(result)}`,
            facts
          })
        }
      }
    }),
  complement: confirmedLate
})

export const onlyTheClock = Law.property({
  id: "EXP-05",
  severity: "high",
  needs: { terms: ["expiresAt"] },
  clause: "Clock, Mandate.notBefore, Mandate.expiresAt",
  statement:
    "reads the time off the Clock at every call, and off nothing else: moving the Clock alone changes the answer",
  why: "A plug-in that reads the machine's time, or reads it once, cannot be tested, and is wrong in every replay.",
  gen: (about) =>
    Gen.record({
      price: MandateGen.price(about),
      days: Gen.integer({ min: 0, max: 25 }),
      minutes: Gen.integer({ min: 2, max: 600 }),
      order: Gen.constantFrom(
        ["before", "within", "after", "within"] as const,
        ["after", "within", "before", "within"] as const,
        ["after", "before", "within", "after"] as const,
        ["before", "after", "within", "before"] as const
      )
    }),
  interesting: ["within after something else", "something else after within"],
  weight: 0.3,
  run: ({ price, days, minutes, order }) =>
    Effect.gen(function* () {
      const { about } = yield* World
      const begin = (yield* nextSecond) + days * 24 * hour + 600_000
      const end = begin + minutes * 60_000
      const minted = yield* Shop.mint(within(about, begin, end), yield* Shop.charge(price))
      const opens = About.canMint(about, "notBefore")
      let last: string | undefined
      for (const moment of order) {
        // Nothing but this changes from one answer to the next.
        yield* TestClock.setTime({ before: begin - 1_000, within: end - 60_000, after: end + 1_000 }[moment])
        // With verify: the window of an opaque credential is known to its provider alone.
        const result = yield* Shop.authorize(minted, yield* Shop.charge(price))
        const good = moment === "within" || (moment === "before" && !opens)
        if (last !== undefined && last !== "within" && moment === "within") yield* met("within after something else")
        if (last === "within" && moment !== "within") yield* met("something else after within")
        last = moment
        if (Result.isSuccess(result) === good) continue
        return yield* new Broken({
          expected: `the credential is ${good ? "valid" : "not valid"} when the Clock is ${moment} its window`,
          actual: `it was ${words(result)}`,
          facts: [
            `the window is ${DateTime.formatIso(DateTime.makeUnsafe(begin))} to ${DateTime.formatIso(DateTime.makeUnsafe(end))}`,
            `the Clock was set in turn to: ${order.map((each) => (each === "within" ? "within it" : `${each} it`)).join(", ")}`
          ]
        })
      }
      yield* Shop.nothingMoved("authorizing")
    })
})
