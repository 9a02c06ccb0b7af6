/**
 * The way of a sale: detect → validate → verify → record → handler → settle → receipt.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import type * as Schema from "effect/Schema"
import * as Ledger from "../Ledger.ts"
import * as PaidRequest from "../PaidRequest.ts"
import * as PaymentError from "../PaymentError.ts"
import { ExchangeQuotes } from "../ExchangeQuotes.ts"
import type { AnyProtocol } from "../PaymentProtocol.ts"
import type { Options } from "../Paywall.ts"
import * as Price from "../Price.ts"
import type { Receipt } from "../Receipt.ts"
import { type Offer, Refusal } from "../Refusal.ts"
import type { RequestHeaders } from "../RequestHeaders.ts"
import type { Handler, Sale, Sold } from "../Sale.ts"
import * as Capturing from "./capturing.ts"
import * as Authorizing from "./authorizing.ts"
import * as Charging from "./charging.ts"
import * as Installed from "./installed.ts"
import { joined } from "./joined.ts"
import * as Observing from "./observing.ts"
import * as Offering from "./offering.ts"
import { guarded } from "./recording.ts"
import * as Quoting from "./quoting.ts"
import * as Recovering from "./recovering.ts"
import * as Refunding from "./refunding.ts"
import * as Replaying from "./replaying.ts"
import * as Settling from "./settling.ts"
import type { Till } from "./till.ts"

/**
 * How the answer is kept, where the same request can come back for it. One that cannot be written down is not kept; that is no
 * reason not to give it.
 */
const kept = <A>(
  { charge, protocol }: Settling.Settlement,
  { keep }: Sale<A>,
  value: A
): { readonly answer?: Schema.Json } => {
  if (keep === undefined || (charge.key === undefined && protocol.manifest.use === "many")) return {}
  const answer = Result.getOrUndefined(Result.try(() => keep.encode(value)))
  return answer === undefined ? {} : { answer }
}

export const make = Effect.fnUntraced(function* (protocols: ReadonlyArray<AnyProtocol>, options: Options) {
  const timeout = Duration.fromInputUnsafe(options.protocolTimeout ?? "10 seconds")
  // On shutdown the settlements that have begun may end.
  const working = yield* FiberSet.make()
  yield* Effect.addFinalizer(() => FiberSet.awaitEmpty(working).pipe(Effect.timeoutOption(Duration.times(timeout, 2))))
  const ledger = guarded(yield* Ledger.Ledger, timeout)
  const backoff = Schedule.exponential(options.retryPause ?? "200 millis", 2)
  const settling = Settling.make(ledger, timeout, backoff)
  const detached: Till["detached"] = (effect) => FiberSet.run(working, effect)
  const till: Till = { ledger, limits: options.limits ?? [], timeout, backoff, settling, detached }
  const installed = Installed.make(protocols)
  const quotes = Option.getOrUndefined(yield* Effect.serviceOption(ExchangeQuotes))
  const charging = Charging.make(options, quotes && Quoting.make(quotes))
  const stands = quotes === undefined && protocols.every(({ manifest }) => manifest.challenge === "standing")
  const { offers, standing } = Offering.make(installed, charging, timeout, stands)
  const refunding = Refunding.make(till, installed)
  const recovering = Recovering.make(till, installed, refunding)
  const authorize = Authorizing.make(till, recovering)
  const replay = Replaying.make(till)

  const refuse = Effect.fnUntraced(function* <A>(sale: Sale<A>, error: PaymentError.PaymentError, receipt?: Receipt) {
    return yield* new Refusal({
      error,
      offers: error.status === 402 ? yield* offers(sale) : [],
      ...(receipt === undefined ? {} : { receipt })
    })
  })

  /** The first currency of the price that the credential covers; any other refusal is final. */
  const purchase = Effect.fnUntraced(function* <A>(
    detected: Installed.Detected,
    sale: Sale<A>,
    restore: Authorizing.Restore
  ) {
    const key = yield* Effect.fromResult(PaidRequest.idempotencyKey(sale.request))
    if (key === undefined && sale.keyRequired === true && detected.protocol.manifest.use === "many") {
      return yield* PaymentError.make(
        new PaymentError.IdempotencyKeyInvalid({ detail: "this resource needs an Idempotency-Key header" })
      )
    }
    let refusal: PaymentError.PaymentError | undefined
    for (const charge of yield* charging(detected.protocol, sale)) {
      const result = yield* Effect.result(authorize(detected, charge, key, restore))
      if (Result.isSuccess(result)) return result.success
      if (result.failure.reason._tag !== "CurrencyNotAllowed") return yield* result.failure
      refusal ??= result.failure
    }
    const id = detected.protocol.manifest.id
    return yield* (
      refusal ??
      PaymentError.make(
        new PaymentError.CurrencyNotAllowed({ detail: `${id} takes none of the currencies of the price` })
      )
    )
  })

  const priced = <A>(sale: Sale<A>) =>
    Result.mapError(Price.fromAmounts(sale.price), ({ message }) =>
      PaymentError.make(new PaymentError.PriceInvalid({ detail: message }))
    )

  /** What is bought, by whom: a purchase to deliver, or an earlier charge that has the key. */
  const bargain = Effect.fnUntraced(function* <A>(sale: Sale<A>, seen: Observing.Seen, restore: Authorizing.Restore) {
    yield* Effect.fromResult(priced(sale))
    const detected = yield* installed.detect(sale.request, sale.merchant)
    seen.protocol = detected.protocol.manifest.id
    if (!Capturing.isAble(detected.protocol, sale)) {
      const detail = `${seen.protocol} cannot take less than it authorized, which this resource asks for`
      return yield* PaymentError.make(new PaymentError.CapabilityMissing({ detail }))
    }
    const bought = yield* purchase(detected, sale, restore)
    seen.charge = (bought._tag === "Taken" ? bought.entry : bought.purchase).charge
    return { protocol: detected.protocol, bought }
  })

  /** The answer of the charge that has the key. */
  const repeat = Effect.fnUntraced(function* <A>(
    protocol: AnyProtocol,
    sale: Sale<A>,
    found: Ledger.Entry,
    request: string
  ) {
    const { entry, receipt, value } = yield* replay(protocol, sale, found, request).pipe(
      Effect.catch((error) => refuse(sale, error))
    )
    if (value !== undefined) return { value: value.is, receipt, replayed: true }
    const refunded = entry.state === "refunded"
    return yield* refuse(
      sale,
      PaymentError.make(
        new PaymentError.AlreadySettled({
          detail: `charge ${entry.charge.id} is ${refunded ? "refunded" : "settled"}`
        }),
        { moved: refunded ? "no" : "yes", chargeId: entry.charge.id }
      ),
      receipt
    )
  })

  /** Does what comes before the money moves: its failure or interruption charges nothing. */
  const orAbandon = Effect.fnUntraced(function* <A, E, R>(
    bought: Settling.Settlement,
    effect: Effect.Effect<A, E, R>,
    cause: string,
    restore: Authorizing.Restore
  ) {
    const exit = yield* Effect.exit(restore(effect))
    if (Exit.isFailure(exit)) {
      yield* settling.abandon(bought, "released", Exit.hasInterrupts(exit) ? "interrupted" : cause)
    }
    return yield* exit
  })

  /** Serves a purchase. */
  const deliver = <A, E, R>(
    bought: Settling.Settlement,
    handler: Handler<A, E, R>,
    restore: Authorizing.Restore
  ): Effect.Effect<A, E, R> => {
    const handling = Effect.suspend(() => {
      const effect = handler(Settling.payment(bought))
      // What is no effect would end this fiber on the spot, with the charge still open.
      return Effect.isEffect(effect) ? effect : Effect.die(new TypeError("the handler gave no effect"))
    })
    return orAbandon(
      bought,
      Observing.step(bought.protocol.manifest.id, "handler", handling),
      "handler_failed",
      restore
    )
  }

  /**
   * Settles as much of what was delivered as is captured; releases it where that is nothing. For a charge that was paid before, the
   * agent does not wait for the confirmation for long.
   */
  const settle = Effect.fnUntraced(function* <A>(
    authorized: Settling.Settlement,
    sale: Sale<A>,
    value: A,
    restore: Authorizing.Restore
  ) {
    const { capture: asking, upTo = false } = sale
    const capturing = asking && Capturing.capture({ asking, upTo }, value, Settling.payment(authorized), timeout)
    const { money = authorized.charge.money, usage } =
      capturing === undefined ? {} : yield* orAbandon(authorized, capturing, "price_invalid", restore)
    const { bought, delivered } = Settling.capturing(authorized, money, {
      // Nobody can come back for an answer that was charged nothing: its key is free.
      ...(money.minor > 0n && kept(authorized, sale, value)),
      ...(usage !== undefined && { usage })
    })
    if (money.minor === 0n) return yield* settling.forgo(authorized, delivered)
    const prepaid = bought.protocol.manifest.flow === "prepaid-then-confirm"
    yield* settling.begin(bought, delivered)
    if (!prepaid) {
      const fiber = yield* detached(settling.settle(bought))
      return yield* restore(joined(fiber, () => Settling.cutOff(bought.charge)))
    }
    const fiber = yield* detached(settling.confirm(bought))
    return yield* restore(
      Fiber.await(fiber).pipe(
        Effect.timeoutOption("2 seconds"),
        Effect.map(Option.getOrUndefined),
        Effect.map((exit) => (exit !== undefined && Exit.isSuccess(exit) ? exit.value : undefined))
      )
    )
  })

  const refusals = new WeakMap<ReadonlyArray<Offer>, Refusal>()
  const unpaid = (headers: RequestHeaders, sale: Offering.Standing) => {
    const offers = installed.isUnpaid(headers) ? standing(sale) : undefined
    if (offers === undefined) return Effect.undefined
    const refusal = refusals.get(offers) ?? new Refusal({ error: Installed.unpaid, offers })
    refusals.set(offers, refusal)
    return Effect.as(Observing.refused("none", refusal), refusal)
  }

  const selling = <A, E, R>(
    sale: Sale<A>,
    handler: Handler<A, E, R>,
    seen: Observing.Seen
  ): Effect.Effect<Sold<A>, E | Refusal, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const refusing = (error: PaymentError.PaymentError) => restore(refuse(sale, error))
        const { protocol, bought } = yield* bargain(sale, seen, restore).pipe(Effect.catch(refusing))
        if (bought._tag === "Taken") return yield* restore(repeat(protocol, sale, bought.entry, bought.request))
        const value = yield* deliver(bought.purchase, handler, restore)
        const receipt = yield* settle(bought.purchase, sale, value, restore).pipe(Effect.catch(refusing))
        return { value, receipt, replayed: false }
      })
    )

  const run = <A, E, R>(sale: Sale<A>, handler: Handler<A, E, R>): Effect.Effect<Sold<A>, E | Refusal, R> =>
    Observing.sale(sale, (seen) => selling(sale, handler, seen))

  return {
    manifests: protocols.map(({ manifest }) => manifest),
    offers,
    unpaid,
    ready: Effect.asVoid(ledger.find("ready")),
    refund: refunding.refund,
    resolve: recovering.resolve,
    recover: ({ attempts = 20 }: { readonly attempts?: number } = {}) => recovering.sweep(attempts),
    sell: <A, E, R>(sale: Sale<A>, handler: Handler<A, E, R>) =>
      options.disconnect === "finish" ? Effect.flatMap(detached(run(sale, handler)), Fiber.join) : run(sale, handler)
  }
})
