/**
 * The shop: what happens in a world when somebody buys. Laws are written in its words.
 *
 * There are two ways. `pay` takes a credential through the plug-in's own four steps; `sell` goes through the paywall, as a host
 * would. What the contract asks of the plug-in alone is tried with `pay`; what it asks of the whole (budgets, replay,
 * idempotency) with `sell`.
 */
import * as CanonicalBody from "@paylayer/core/CanonicalBody"
import type { Charge } from "@paylayer/core/Charge"
import type { Credential, Detection } from "@paylayer/core/Detection"
import type { Mandate } from "@paylayer/core/Mandate"
import type * as Money from "@paylayer/core/Money"
import * as PaidRequest from "@paylayer/core/PaidRequest"
import type { PaymentError } from "@paylayer/core/PaymentError"
import type { Authorization } from "@paylayer/core/PaymentProtocol"
import type { Receipt } from "@paylayer/core/Receipt"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import type { Sold } from "@paylayer/core/Sale"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import { Broken } from "./Broken.ts"
import * as Movement from "./Movement.ts"
import type { Minted, Order, ProviderError } from "./Provider.ts"
import type { Terms } from "./Terms.ts"
import { World } from "./World.ts"

/** What a request is for. */
export interface Wanted {
  readonly method?: string
  readonly resource?: string
  readonly body?: string
  readonly category?: string
  readonly idempotencyKey?: string
}

const hex = Effect.map(Random.nextIntBetween(0, 0x1_0000_0000, { halfOpen: true }), (draw) =>
  draw.toString(16).padStart(8, "0")
)

const digest = (body: string | undefined) =>
  body === undefined ? CanonicalBody.empty : CanonicalBody.digest("application/json", new TextEncoder().encode(body))

/** A request with these headers. */
export const request = (
  entries: Minted["entries"],
  { method = "POST", resource = "/report", body, idempotencyKey }: Wanted = {}
): PaidRequest.PaidRequest => ({
  headers: RequestHeaders.fromEntries(
    idempotencyKey === undefined ? entries : [...entries, ["idempotency-key", idempotencyKey]]
  ),
  method,
  resource,
  bodyDigest: digest(body)
})

/** A charge as a paywall would open it now: for this price and this request. It lives for 15 minutes. */
export const charge = Effect.fnUntraced(function* (
  money: Money.Money,
  wanted: Wanted = {}
): Effect.fn.Return<Charge, never, World> {
  const { about } = yield* World
  const { method, resource, bodyDigest } = request([], wanted)
  const now = yield* Clock.currentTimeMillis
  return {
    id: `ch_${yield* hex}${yield* hex}${yield* hex}${yield* hex}`,
    money,
    merchant: about.merchant,
    method,
    resource,
    binding: PaidRequest.binding({ headers: {}, method, resource, bodyDigest }, about.merchant),
    openedAt: DateTime.makeUnsafe(now),
    expiresAt: DateTime.makeUnsafe(now + 900_000),
    ...(wanted.category === undefined ? {} : { category: wanted.category })
  }
})

/** What a credential for the charge is minted for. */
export const order = (charge: Charge): Effect.Effect<Order, never, World> =>
  World.useSync((world) => ({ charge, challenge: Effect.suspend(() => world.protocol.challenge(charge)) }))

const keepSecret = (minted: Minted): Effect.Effect<void, never, World> =>
  World.useSync((world) => void world.secrets.push(...minted.secrets))

const covering = (terms: Terms, charge: Charge): Terms =>
  terms.currencies === undefined && terms.perCharge === undefined && terms.budget === undefined
    ? { ...terms, currencies: [charge.money.currency] }
    : terms

/** A credential with these terms, which covers at least the charge's currency unless the terms say otherwise. */
export const mint = Effect.fnUntraced(function* (
  terms: Terms,
  charge: Charge
): Effect.fn.Return<Minted, ProviderError, World> {
  const { provider } = yield* World
  return yield* Effect.tap(provider.mint(covering(terms, charge), yield* order(charge)), keepSecret)
})

/** The same, from another method of the double. */
export const mintWith = Effect.fnUntraced(function* (
  how: (order: Order) => Effect.Effect<Minted, ProviderError>,
  charge: Charge
): Effect.fn.Return<Minted, ProviderError, World> {
  return yield* Effect.tap(how(yield* order(charge)), keepSecret)
})

/** What the plug-in finds in these headers. A plug-in that throws is broken. */
export const detect = Effect.fnUntraced(function* (
  headers: RequestHeaders.RequestHeaders
): Effect.fn.Return<Detection<Credential>, Broken, World> {
  const { protocol } = yield* World
  return yield* Effect.try({
    try: (): Detection<Credential> => protocol.detect(headers),
    catch: (thrown) =>
      new Broken({
        expected: "detect answers for every request",
        actual: `it threw ${thrown instanceof Error ? thrown.name : typeof thrown}`
      })
  })
})

/** The credential in a request that was minted for this protocol. */
export const credential = Effect.fnUntraced(function* (minted: Minted): Effect.fn.Return<Credential, Broken, World> {
  const detection = yield* detect(RequestHeaders.fromEntries(minted.entries))
  if (detection._tag === "Found") return detection.credential
  return yield* new Broken({
    expected: "the protocol finds its own credential",
    actual: `detect answered ${detection._tag}`
  })
})

/** What the four steps gave. */
export interface Paid {
  readonly mandate: Mandate
  readonly authorization: Authorization
  readonly receipt: Receipt
}

type Steps<A> = Effect.Effect<Result.Result<A, PaymentError>, Broken, World>

/** detect → validate. */
export const validate = (minted: Minted, charge: Charge): Steps<Mandate> =>
  Effect.gen(function* () {
    const { protocol } = yield* World
    const found = yield* credential(minted)
    return yield* Effect.result(protocol.validate(found, charge) as Effect.Effect<Mandate, PaymentError>)
  })

/** detect → validate → verify. */
export const authorize = (minted: Minted, charge: Charge): Steps<Omit<Paid, "receipt">> =>
  Effect.gen(function* () {
    const { protocol } = yield* World
    const mandate = yield* validate(minted, charge)
    if (Result.isFailure(mandate)) return Result.fail(mandate.failure)
    const authorization = yield* Effect.result(
      protocol.verify(mandate.success, charge) as Effect.Effect<Authorization, PaymentError>
    )
    return Result.map(authorization, (granted) => ({ mandate: mandate.success, authorization: granted }))
  })

/** detect → validate → verify → settle. */
export const pay = (minted: Minted, charge: Charge): Steps<Paid> =>
  Effect.gen(function* () {
    const { protocol } = yield* World
    const authorized = yield* authorize(minted, charge)
    if (Result.isFailure(authorized)) return Result.fail(authorized.failure)
    const receipt = yield* Effect.result(protocol.settle(authorized.success.authorization, charge))
    return Result.map(receipt, (given) => ({ ...authorized.success, receipt: given }))
  })

/** One purchase at the paywall. */
export interface Purchase extends Wanted {
  readonly entries: Minted["entries"]
  readonly money: Money.Money
  /** The money is the most that may be taken, and so much of it is. */
  readonly capture?: Money.Money
  /** Another handler than the one that answers at once. */
  readonly handler?: Effect.Effect<string, PaymentError>
}

/** Buys at the paywall. The answer is kept, as hosts keep theirs; the charges that were delivered are in `world.delivered`. */
export const sell = Effect.fnUntraced(function* (
  { capture, entries, money, handler = Effect.succeed("the answer"), ...wanted }: Purchase,
  paywall?: World["Service"]["paywall"]
): Effect.fn.Return<Result.Result<Sold<string>, PaymentError>, never, World> {
  const world = yield* World
  return yield* (paywall ?? world.paywall)
    .sell(
      {
        request: request(entries, wanted),
        price: [money],
        merchant: world.about.merchant,
        ...(wanted.category === undefined ? {} : { category: wanted.category }),
        ...(capture === undefined ? {} : { upTo: true, capture: () => Effect.succeed({ money: capture }) }),
        keep: { encode: (value) => value, decode: String }
      },
      ({ charge }) =>
        Effect.suspend(() => {
          world.timeline.add(`handler runs for ${world.timeline.name("charge", charge.id)}`)
          world.delivered.push(charge.id)
          return handler
        })
    )
    .pipe(
      Effect.catchTag("Refusal", ({ error }) => Effect.fail(error)),
      Effect.result
    )
})

/** What was really settled at the provider, in order. */
export const settlements: Effect.Effect<ReadonlyArray<Movement.Movement>, ProviderError, World> = World.use((world) =>
  Effect.map(world.provider.movements, (movements) => Movement.settlements(world.about.manifest.flow, movements))
)

/** Nothing was settled at the provider, else the law is broken. */
export const nothingMoved = (after: string): Effect.Effect<void, Broken | ProviderError, World> =>
  Effect.flatMap(settlements, (moved) =>
    moved.length === 0
      ? Effect.void
      : new Broken({ expected: `nothing is settled after ${after}`, actual: `${moved.length} settlements were made` })
  )
