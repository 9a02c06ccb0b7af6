/** LIM: limits at the edges of their windows, and amounts at the edge of nothing. */
import * as Money from "@paylayer/core/Money"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import * as About from "../About.ts"
import * as Expect from "../Expect.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import type { Terms } from "../Terms.ts"
import { met, World } from "../World.ts"

interface CalendarWindow {
  readonly zone: string
  readonly window: "hour" | "day" | "month"
  /** The window, half-open, worked out by hand. */
  readonly begins: string
  /** A moment at which the same window of another zone ends. */
  readonly between: string
  readonly ends: string
}

const calendar = (
  zone: string,
  window: CalendarWindow["window"],
  begins: string,
  between: string,
  ends: string
): CalendarWindow => ({ zone, window, begins, between, ends })

/** March 2030: days of 23 hours in Berlin (the 31st) and New York (the 10th), offsets of 8:00, 5:45 and 0:00. */
const windows: ReadonlyArray<CalendarWindow> = [
  calendar("UTC", "day", "2030-03-06T00:00:00Z", "2030-03-06T16:00:00Z", "2030-03-07T00:00:00Z"),
  calendar("Asia/Shanghai", "day", "2030-03-05T16:00:00Z", "2030-03-06T00:00:00Z", "2030-03-06T16:00:00Z"),
  calendar("Europe/Berlin", "day", "2030-03-30T23:00:00Z", "2030-03-31T00:00:00Z", "2030-03-31T22:00:00Z"),
  calendar("America/New_York", "day", "2030-03-10T05:00:00Z", "2030-03-11T00:00:00Z", "2030-03-11T04:00:00Z"),
  calendar("Asia/Kathmandu", "day", "2030-03-05T18:15:00Z", "2030-03-06T00:00:00Z", "2030-03-06T18:15:00Z"),
  calendar("UTC", "hour", "2030-03-05T07:00:00Z", "2030-03-05T07:15:00Z", "2030-03-05T08:00:00Z"),
  calendar("Asia/Kathmandu", "hour", "2030-03-05T23:15:00Z", "2030-03-06T00:00:00Z", "2030-03-06T00:15:00Z"),
  calendar("UTC", "month", "2030-03-06T00:00:00Z", "2030-03-31T16:00:00Z", "2030-04-01T00:00:00Z"),
  calendar("Asia/Shanghai", "month", "2030-03-06T00:00:00Z", "2030-03-31T00:00:00Z", "2030-03-31T16:00:00Z"),
  calendar("Europe/Berlin", "month", "2030-03-06T00:00:00Z", "2030-03-31T16:00:00Z", "2030-03-31T22:00:00Z")
]

const millis = (iso: string): number => DateTime.toEpochMillis(DateTime.makeUnsafe(iso))

export const windowEdges = Law.property({
  id: "LIM-07",
  severity: "high",
  needs: { terms: ["payer"] },
  clause: "SpendingLimit.window, SpendingLimit.zone, Mandate.payer",
  statement:
    "keeps a limit of the host until the last millisecond of its calendar window in the declared zone, and begins anew right after",
  why: "An agent spends a day's limit twice in one day, or is kept waiting when its new day has begun.",
  gen: (about) =>
    Gen.record({
      limit: MandateGen.limit(about),
      window: Gen.constantFrom(...windows),
      per: Gen.constantFrom("agent" as const, "principal" as const, "host" as const)
    }),
  interesting: ["full until its end"],
  weight: 0.2,
  run: ({ limit, window: { zone, window, begins, between, ends }, per }) =>
    Effect.gen(function* () {
      const { paywallOf, protocol } = yield* World
      const paywall = yield* paywallOf([protocol], {
        limits: [{ per, amount: limit, window, zone: DateTime.zoneMakeNamedUnsafe(zone) }]
      })
      const part = limit.minor / 2n
      for (const [at, minor, fits] of [
        [millis(begins), part, true],
        [millis(between), limit.minor - part, true],
        [millis(ends) - 1, 1n, false],
        [millis(ends), limit.minor, true]
      ] as const) {
        const money = Money.of(limit.currency, minor)
        yield* TestClock.setTime(at)
        const minted = yield* Shop.mint({ payer: "payer-1" }, yield* Shop.charge(money))
        const result = yield* Shop.sell({ entries: minted.entries, money }, paywall)
        const facts = [
          `the host lets ${per === "host" ? "all agents together" : `each ${per}`} spend ${Money.print(limit)} a ${window} in ${zone}`,
          `it is ${DateTime.formatIso(DateTime.makeUnsafe(at))}; the ${window} ends at ${ends}; the charge is ${Money.print(money)}`
        ]
        if (fits) yield* Expect.accepted(result, "a charge that fits in the window is served", facts)
        else {
          yield* met("full until its end")
          yield* Expect.refused(result, "the window is full until it ends", { as: ["SpendingLimitReached"], facts })
        }
      }
    })
})

/** Prices of nothing and less, which no type keeps a careless host from asking. */
const noPrice = Effect.gen(function* () {
  const { about, delivered } = yield* World
  const money = Money.of(about.manifest.currencies[0], 5_00n)
  const minted = yield* Shop.mint({}, yield* Shop.charge(money))
  for (const minor of [0n, -1n, -5_00n]) {
    const result = yield* Shop.sell({ entries: minted.entries, money: { currency: money.currency, minor } })
    yield* Expect.refused(result, `a price of ${minor} minor units is refused as price_invalid`, {
      as: ["PriceInvalid"]
    })
  }
  yield* Shop.nothingMoved("prices of nothing and less")
  yield* Expect.counted(
    "prices of nothing and less",
    { settlements: 0, deliveries: 0 },
    { settlements: (yield* Shop.settlements).length, deliveries: delivered.length }
  )
})

/** A mandate that allows nothing allows nothing. A double that issues no such mandate has nothing to show. */
const nothingAllowed = Effect.fnUntraced(function* (limit: Money.Money, term: "perCharge" | "budget") {
  const { about } = yield* World
  if (!About.canMint(about, term)) return
  const terms: Terms = { [term]: [Money.zero(limit.currency)] }
  const minted = yield* Effect.result(Shop.mint(terms, yield* Shop.charge(limit)))
  if (Result.isFailure(minted)) return
  const result = yield* Shop.sell({ entries: minted.success.entries, money: limit })
  const what = term === "budget" ? "budget" : "limit for one charge"
  yield* Expect.refused(result, `a ${what} of ${Money.print(Money.zero(limit.currency))} is no permission`, {
    facts: [`charge ${Money.print(limit)}`]
  })
  yield* Shop.nothingMoved(`a charge against a ${what} of nothing`)
})

export const smallest = Law.property({
  id: "LIM-10",
  severity: "high",
  needs: { terms: ["minimum"] },
  clause: "Mandate.minimum, Price",
  statement:
    "refuses a charge below the least that the mandate allows, a price of zero or less, and anything where the limit is zero",
  why: "A charge of nothing buys something, and a limit of nothing is read as no limit.",
  gen: MandateGen.limit,
  interesting: ["one below the least", "the least", "one above the least"],
  weight: 0.12,
  run: (least) =>
    Effect.gen(function* () {
      yield* noPrice
      for (const term of ["perCharge", "budget"] as const) yield* nothingAllowed(least, term)
      for (const [difference, name] of [
        [-1n, "one below the least"],
        [0n, "the least"],
        [1n, "one above the least"]
      ] as const) {
        const money = Money.of(least.currency, least.minor + difference)
        const charge = yield* Shop.charge(money)
        const before = (yield* Shop.settlements).length
        const result = yield* Shop.pay(yield* Shop.mint({ minimum: [least] }, charge), charge)
        const moved = (yield* Shop.settlements).length - before
        yield* met(name)
        const facts = [`the least ${Money.print(least)}, charge ${Money.print(money)}, settlements made: ${moved}`]
        if (difference >= 0n) yield* Expect.accepted(result, "a charge of the least, or more, is settled", facts)
        else {
          yield* Expect.refused(result, "a charge below the least is refused with limit_exceeded", {
            as: ["LimitExceeded"],
            facts
          })
          yield* Shop.nothingMoved("a charge below the least")
        }
      }
    }),
  complement: () => noPrice
})
