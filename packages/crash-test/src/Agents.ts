/**
 * Agents under way: they buy with tokens and coupons, ask again for what they have, ask twice at once, and some go away when
 * they get no answer, so that nobody but recovery ends what they began.
 */
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import type { HttpClient } from "effect/http/HttpClient"
import * as Random from "effect/Random"
import * as Semaphore from "effect/Semaphore"
import * as Coupon from "./Coupon.ts"
import { Depot } from "./Depot.ts"
import type { Hosts } from "./Hosts.ts"
import * as Order from "./Order.ts"
import * as Terms from "./Terms.ts"
import * as Wallet from "./Wallet.ts"

export interface Agents {
  /** Everything that was ever ordered. */
  readonly orders: ReadonlyArray<Order.Order>
  readonly wallets: ReadonlyArray<Wallet.Wallet>
  /** How many last words they have heard. */
  readonly heard: () => number
  /** One agent that orders until it is told to stop, and then ends what it is at. */
  readonly trade: (isOver: () => boolean) => Effect.Effect<void, never, HttpClient>
  /** Asks once more for everything that was answered, and for what agents went away from. */
  readonly repeatAll: Effect.Effect<void, never, HttpClient>
  /** Spends what is left in every wallet. */
  readonly drain: Effect.Effect<void, never, HttpClient>
}

/** How many wallets of a kind are in use at once: few, so that their budgets are fought for. */
const inUse = 2

export const make = Effect.fnUntraced(function* (hosts: Hosts, voucherKey: string) {
  const sandbox = yield* AlipaySandbox
  const depot = yield* Depot
  const orders: Array<Order.Order> = []
  const wallets: Array<Wallet.Wallet> = []

  const opening = yield* Semaphore.make(1)
  let lastWords = 0
  const insist = (made: Order.Order, attempts?: number) =>
    Effect.tap(Order.insist(hosts, made, attempts), (heard) =>
      Effect.sync(() => {
        if (heard !== undefined) lastWords++
      })
    )

  const order = (protocol: string, headers: Readonly<Record<string, string>>) => {
    const made = Order.make(orders.length + 1, protocol, headers)
    orders.push(made)
    return made
  }

  const shelf = (open: (number: number) => Effect.Effect<Wallet.Wallet>) => {
    const slots: Array<Wallet.Wallet | undefined> = Array.from({ length: inUse }, () => undefined)
    const take = Effect.gen(function* () {
      const at = yield* Random.nextIntBetween(0, inUse)
      const wallet = slots[at]
      if (wallet !== undefined && wallet.tokens.some(({ spent }) => !spent)) return wallet
      const opened = yield* open(wallets.length + 1)
      wallets.push(opened)
      slots[at] = opened
      return opened
    })
    return opening.withPermits(1)(take)
  }

  const shelves = [
    shelf((number) => Effect.provideService(Wallet.alipay(number), AlipaySandbox, sandbox)),
    shelf(Wallet.voucher(voucherKey))
  ]

  const keyed = (protocol: string, { headers }: Wallet.Token) =>
    order(protocol, { ...headers, "idempotency-key": SecureRandom.uuidV4Unsafe() })

  /** Asks for an order, as one agent or as two copies of it. */
  const pursue = Effect.fnUntraced(function* (made: Order.Order) {
    const copies = (yield* Random.next) < 0.15 ? 2 : 1
    const attempts = (yield* Random.next) < 0.25 ? 1 : Infinity
    return yield* Effect.all(
      Array.from({ length: copies }, () => insist(made, attempts)),
      { concurrency: "unbounded" }
    )
  })

  const withToken = (make: Effect.Effect<Wallet.Wallet>) =>
    Effect.gen(function* () {
      const { protocol, tokens } = yield* make
      const [token] = yield* Random.shuffle(tokens.filter(({ spent }) => !spent))
      if (token === undefined) return
      const heard = yield* pursue(keyed(protocol, token))
      if (heard.some((one) => one?._tag === "Refused")) token.spent = true
    })

  const withCoupon = Effect.gen(function* () {
    const number = yield* depot.sell(Terms.merchant, Terms.resource(orders.length + 1), Terms.price)
    yield* pursue(order("coupon", { [Coupon.header]: number }))
  })

  const again = Effect.gen(function* () {
    const answered = orders.filter(({ heard }) => heard.some(({ _tag }) => _tag === "Answered"))
    const made = answered[Math.floor((yield* Random.next) * answered.length)]
    if (made !== undefined) yield* insist(made)
  })

  const once = Effect.gen(function* () {
    const draw = yield* Random.next
    if (draw < 0.35) yield* withToken(shelves[0]!)
    else if (draw < 0.65) yield* withToken(shelves[1]!)
    else if (draw < 0.9) yield* withCoupon
    else yield* again
    yield* Effect.sleep(yield* Random.nextIntBetween(0, 40))
  })

  /** Buys with one token until nothing fits in it. */
  const exhaust = (protocol: string, token: Wallet.Token) =>
    Effect.suspend(() => insist(keyed(protocol, token))).pipe(
      Effect.repeat({ while: (heard) => heard?._tag === "Answered" })
    )

  return {
    orders,
    wallets,
    heard: () => lastWords,
    trade: (isOver) => Effect.repeat(once, { until: isOver }),
    repeatAll: Effect.suspend(() =>
      Effect.forEach(
        orders.filter(({ heard }) => heard.length === 0 || heard.some(({ _tag }) => _tag === "Answered")),
        (made) => insist(made),
        { concurrency: 8, discard: true }
      )
    ),
    drain: Effect.suspend(() =>
      Effect.forEach(
        wallets.flatMap(({ protocol, tokens }) => tokens.map((token) => ({ protocol, token }))),
        ({ protocol, token }) => exhaust(protocol, token),
        { concurrency: 8, discard: true }
      )
    )
  } satisfies Agents
})
