/** Gateways that pay developers over a Stripe on the same clock. A gateway may die at any step, and another one takes its place. */
import type { Currency } from "@paylayer/core/Currency"
import * as Book from "@paylayer/gateway/Book"
import type { Developer } from "@paylayer/gateway/Developer"
import { GatewayStore } from "@paylayer/gateway/GatewayStore"
import type { PayoutRail } from "@paylayer/gateway/PayoutRail"
import { type Options, Payouts } from "@paylayer/gateway/Payouts"
import { StripeSandbox } from "@paylayer/gateway/StripeSandbox"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { charge } from "../bookLaws.ts"
import { rail as stripe } from "./stripeWorld.ts"

/** 2026-11-28, a Saturday. */
export const saturday = DateTime.makeUnsafe("2026-11-28T09:00:00Z").epochMilliseconds

export const developer = (id: string, more: Partial<Developer> = {}): Developer => ({
  id,
  name: id,
  payout: { rail: "stripe", account: `acct_${id}` },
  currencies: ["USD", "JPY"],
  threshold: { USD: 500n },
  schedule: "daily",
  ...more
})

export const ann = developer("ann")
export const bob = developer("bob", { schedule: { weekly: "monday" } })

/** What a dead process does: nothing, and nobody hears of it. */
const dead = Effect.die("this gateway is dead")

/** A gateway, and when it dies: before or after the so-manieth thing that it writes or asks for. */
export interface Gateway {
  readonly payouts: Payouts["Service"]
  readonly dieAt: (step: number, when: "before" | "after") => void
  readonly isDead: () => boolean
}

export const gateway = Effect.fnUntraced(function* (
  rails: ReadonlyArray<PayoutRail>,
  options: Partial<Options> = {}
): Effect.fn.Return<Gateway, never, GatewayStore | Book.Book> {
  const store = yield* GatewayStore
  let [steps, end, when, isDead]: [number, number, "before" | "after", boolean] = [0, Infinity, "before", false]
  const step = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.suspend(() => {
      if (isDead) return dead
      steps += 1
      if (steps !== end) return effect
      if (when === "before") {
        isDead = true
        return dead
      }
      return Effect.andThen(
        effect,
        Effect.suspend(() => {
          isDead = true
          return dead
        })
      )
    })
  const mortal = Layer.succeed(GatewayStore, { ...store, write: (effect) => step(store.write(effect)) })
  const layer = Payouts.layer({
    developers: Effect.succeed([ann, bob]),
    rails: rails.map((rail) => ({
      ...rail,
      send: (instruction) => step(rail.send(instruction)),
      lookup: (instruction) => step(rail.lookup(instruction))
    })),
    ...options
  }).pipe(Layer.provide(mortal))
  const payouts = yield* Effect.provide(Payouts, layer).pipe(Effect.orDie)
  steps = 0
  return {
    payouts,
    dieAt: (at, before) => {
      steps = 0
      end = at
      when = before
    },
    isDead: () => isDead
  }
})

export const stripeGateway = (options: Partial<Options> = {}) =>
  Effect.flatMap(stripe, (rail) => gateway([rail], options))

let earnings = 0

/** A call of a developer's tool was paid for, without a fee. */
export const earn = Effect.fnUntraced(function* (owner: string, currency: Currency, minor: bigint) {
  const atMillis = yield* Clock.currentTimeMillis
  yield* Book.Book.use((book) =>
    book.post(charge(`${(earnings += 1)}`, minor, { atMillis, currency, developer: owner }))
  )
})

/** What is owed to a developer in a currency. */
export const owed = (owner: string, currency: Currency) =>
  Book.Book.use((book) => Effect.map(book.balance({ kind: "merchant", owner, currency }), (balance) => -balance))

/** What a developer has of the double: what was transferred, less what was taken back. */
export const received = (owner: string, currency: Currency) =>
  StripeSandbox.use(({ transfers }) =>
    Effect.map(transfers, (all) =>
      all
        .filter((one) => one.destination === `acct_${owner}` && one.currency === currency.toLowerCase())
        .reduce((sum, { amount, reversed }) => sum + amount - reversed, 0n)
    )
  )
