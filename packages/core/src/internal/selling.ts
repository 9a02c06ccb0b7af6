import * as Array from "effect/Array"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Charge } from "../Charge.ts"
import * as Ledger from "../Ledger.ts"
import type { Mandate } from "../Mandate.ts"
import * as PaidRequest from "../PaidRequest.ts"
import * as PaymentError from "../PaymentError.ts"
import type { AnyProtocol, Authorization } from "../PaymentProtocol.ts"
import type { Options } from "../Paywall.ts"
import type { Receipt } from "../Receipt.ts"
import { type Offer, Refusal } from "../Refusal.ts"
import type { Handler, Sale, Sold } from "../Sale.ts"
import { bounded } from "./bounded.ts"
import * as Claiming from "./claiming.ts"
import * as Installed from "./installed.ts"
import * as Settling from "./settling.ts"

/** A purchase between verify and settle. */
interface Purchase {
  readonly protocol: AnyProtocol
  readonly charge: Charge
  readonly authorization: Authorization
}

const hex = (draw: number) =>
  Math.floor(draw * 0x1_0000_0000)
    .toString(16)
    .padStart(8, "0")

/** `ch_` and 128 random bits. */
const freshId = Random.Random.use((random) =>
  Effect.sync(
    () =>
      `ch_${hex(random.nextDoubleUnsafe())}${hex(random.nextDoubleUnsafe())}${hex(random.nextDoubleUnsafe())}${hex(random.nextDoubleUnsafe())}`
  )
)

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** The way of a sale: detect → validate → verify → record → handler → settle → receipt. */
export const make = Effect.fnUntraced(function* (protocols: ReadonlyArray<AnyProtocol>, options: Options) {
  const ledger = yield* Ledger.Ledger
  const installed = Installed.make(protocols)
  const timeout = Duration.fromInputUnsafe(options.protocolTimeout ?? "10 seconds")
  const lifetime = Duration.toMillis(Duration.fromInputUnsafe(options.chargeLifetime ?? "15 minutes"))
  const settling = Settling.make(ledger, timeout)

  // Settlements run beside the requests, so that a client that goes away cannot tear one in two. On shutdown they may end.
  const working = yield* FiberSet.make()
  yield* Effect.addFinalizer(() => FiberSet.awaitEmpty(working).pipe(Effect.timeoutOption(Duration.times(timeout, 2))))
  const detached = <A, E, R>(effect: Effect.Effect<A, E, R>) => FiberSet.run(working, effect)

  /** What the sale costs with one protocol: a charge per currency that both take, in the host's order. */
  const charges = Effect.fnUntraced(function* <A>(protocol: AnyProtocol, sale: Sale<A>) {
    const now = yield* Clock.currentTimeMillis
    const merchant = protocol.manifest.merchant ?? sale.merchant ?? options.merchant ?? "merchant"
    const common = {
      merchant,
      method: sale.request.method,
      resource: sale.request.resource,
      binding: PaidRequest.binding(sale.request, merchant),
      openedAt: DateTime.makeUnsafe(now),
      expiresAt: DateTime.makeUnsafe(now + lifetime),
      ...(sale.category === undefined ? {} : { category: sale.category }),
      ...(sale.description === undefined ? {} : { description: sale.description })
    }
    const payable = sale.price.filter(({ currency }) => protocol.manifest.currencies.includes(currency))
    return yield* Effect.forEach(payable, (money) => Effect.map(freshId, (id): Charge => ({ ...common, id, money })))
  })

  const offer = (protocol: AnyProtocol, charge: Charge) =>
    bounded(protocol, "challenge", timeout, protocol.challenge(charge)).pipe(
      Effect.map(({ headers, offer }): Offer => ({
        protocol: protocol.manifest,
        money: charge.money,
        merchant: charge.merchant,
        headers,
        details: offer
      })),
      // A protocol that cannot say how it would be paid does not keep the others from saying so.
      Effect.option
    )

  /** How the sale could be paid for, by every protocol and currency. */
  const offers = <A>(sale: Sale<A>): Effect.Effect<ReadonlyArray<Offer>> =>
    Effect.forEach(
      installed.serving(sale.merchant),
      (protocol) =>
        Effect.flatMap(charges(protocol, sale), (own) =>
          Effect.forEach(own, (charge) => offer(protocol, charge), { concurrency: "unbounded" })
        ),
      { concurrency: "unbounded" }
    ).pipe(Effect.map((found) => Array.getSomes(found.flat())))

  const refuse = Effect.fnUntraced(function* <A>(sale: Sale<A>, error: PaymentError.PaymentError, receipt?: Receipt) {
    return yield* new Refusal({
      error,
      offers: error.status === 402 ? yield* offers(sale) : [],
      ...(receipt === undefined ? {} : { receipt })
    })
  })

  const refusing = <A, B, R>(sale: Sale<A>, effect: Effect.Effect<B, PaymentError.PaymentError | Refusal, R>) =>
    Effect.catchTag(effect, "PaymentError", (error) => refuse(sale, error))

  /** A key that is taken: the earlier charge's answer, if it is this request's; what is unknown is looked up first. */
  const replay = Effect.fnUntraced(function* <A>(
    protocol: AnyProtocol,
    sale: Sale<A>,
    found: Ledger.Entry,
    request: string
  ) {
    const occupied = Claiming.occupied(found, request)
    if (occupied !== undefined) return yield* occupied
    const prepaid = protocol.manifest.flow === "prepaid-then-confirm"
    let receipt = found.receipt
    if (found.state === "unknown") {
      const authorization = yield* Schema.decodeEffect(protocol.authorization)(found.authorization ?? null).pipe(
        Effect.mapError(() =>
          PaymentError.make(new PaymentError.ProtocolDefect({ detail: "the stored authorization cannot be read" }), {
            moved: "unknown",
            chargeId: found.charge.id
          })
        )
      )
      const settlement = { protocol, authorization, charge: found.charge }
      if (prepaid)
        yield* settling
          .record(settlement, { to: "settling", cause: "repeated request" }, "yes")
          .pipe(Effect.andThen(detached(settling.confirm(settlement))))
      else receipt = yield* Effect.flatMap(detached(settling.resume(settlement)), Fiber.join)
    }
    if (found.answer !== undefined && sale.keep !== undefined && found.state !== "refunded") {
      const value = sale.keep.decode(found.answer)
      return { value, receipt, replayed: true }
    }
    const moved = found.state === "refunded" ? "no" : "yes"
    return yield* refuse(
      sale,
      PaymentError.make(
        new PaymentError.AlreadySettled({
          detail: `charge ${found.charge.id} is ${found.state === "refunded" ? "refunded" : "settled"}`
        }),
        { moved, chargeId: found.charge.id }
      ),
      receipt
    )
  })

  /** Closes a charge for which nothing moved, and gives back what was held for it. */
  const release = Effect.fnUntraced(function* (
    { protocol, authorization, charge }: Purchase,
    to: "declined" | "released",
    cause: string
  ) {
    if (protocol.release !== undefined) {
      yield* bounded(protocol, "release", timeout, protocol.release(authorization, charge)).pipe(
        Effect.catch((error) =>
          Effect.logError(`${protocol.manifest.id} did not release ${charge.id}: ${error.message}`)
        )
      )
    }
    yield* Effect.ignore(ledger.advance(charge.id, { to, cause }))
  })

  /** validate → claim → verify → record, for one charge. */
  const authorize = Effect.fnUntraced(function* (
    { protocol, credential }: Installed.Detected,
    charge: Charge,
    key: string | undefined,
    restore: Restore
  ) {
    const mandate: Mandate = yield* restore(
      bounded(protocol, "validate", timeout, protocol.validate(credential, charge))
    )
    const opened = yield* Claiming.recording(
      charge,
      ledger.open({
        charge,
        protocol: protocol.manifest.id,
        payer: mandate.payer,
        key: Claiming.key(protocol, credential, mandate, charge, key),
        request: charge.binding,
        reservations: Claiming.reservations(protocol, options.limits ?? [], mandate, charge)
      })
    )
    if (opened._tag === "Existing") return { _tag: "Taken" as const, entry: opened.entry, request: charge.binding }
    const verified = yield* Effect.exit(restore(bounded(protocol, "verify", timeout, protocol.verify(mandate, charge))))
    if (Exit.isFailure(verified)) {
      const error = Exit.findErrorOption(verified)
      yield* Effect.ignore(
        ledger.advance(charge.id, {
          to: "declined",
          cause: Option.match(error, { onNone: () => "interrupted", onSome: ({ code }) => code })
        })
      )
      return yield* Effect.mapError(verified, ({ reason, moved, retryAfter }) =>
        PaymentError.make(reason, { moved, chargeId: charge.id, ...(retryAfter === undefined ? {} : { retryAfter }) })
      )
    }
    const purchase: Purchase = { protocol, charge, authorization: verified.value }
    yield* record(purchase).pipe(Effect.tapError((error) => release(purchase, "declined", error.code)))
    return { _tag: "Authorized" as const, purchase }
  })

  /** Writes the authorization down, and reserves what only the provider knew of the mandate. */
  const record = Effect.fnUntraced(function* ({ protocol, charge, authorization }: Purchase) {
    const written = yield* Schema.encodeEffect(protocol.authorization)(authorization).pipe(
      Effect.mapError(() =>
        PaymentError.make(
          new PaymentError.ProtocolDefect({
            detail: `${protocol.manifest.id} gave an authorization that cannot be written down`
          }),
          { chargeId: charge.id }
        )
      )
    )
    const reservations = Claiming.mandateReservations(protocol, authorization.mandate, charge)
    yield* Claiming.recording(
      charge,
      ledger.advance(charge.id, { to: "authorized", authorization: written, reservations })
    )
  })

  /** The first currency of the price that the credential covers; any other refusal is final. */
  const purchase = Effect.fnUntraced(function* <A>(detected: Installed.Detected, sale: Sale<A>, restore: Restore) {
    const key = yield* Effect.fromResult(PaidRequest.idempotencyKey(sale.request))
    let refusal = PaymentError.make(
      new PaymentError.CurrencyNotAllowed({
        detail: `${detected.protocol.manifest.id} takes none of the currencies of the price`
      })
    )
    for (const charge of yield* charges(detected.protocol, sale)) {
      const result = yield* Effect.result(authorize(detected, charge, key, restore))
      if (Result.isSuccess(result)) return result.success
      if (result.failure.reason._tag !== "CurrencyNotAllowed") return yield* result.failure
      refusal = result.failure
    }
    return yield* refusal
  })

  /** Serves a purchase: the handler's failure or interruption charges nothing. */
  const deliver = Effect.fnUntraced(function* <A, E, R>(bought: Purchase, handler: Handler<A, E, R>, restore: Restore) {
    const { protocol, charge, authorization } = bought
    const exit = yield* Effect.exit(
      restore(handler({ charge, protocol: protocol.manifest.id, mandate: authorization.mandate }))
    )
    if (Exit.isFailure(exit)) {
      yield* release(bought, "released", Exit.hasInterrupts(exit) ? "interrupted" : "handler_failed")
    }
    return yield* exit
  })

  /** Settles what was delivered. For a charge that was paid before, the agent does not wait for the confirmation for long. */
  const settle = Effect.fnUntraced(function* <A>(bought: Purchase, sale: Sale<A>, value: A, restore: Restore) {
    const answer = sale.keep?.encode(value)
    yield* settling.record(bought, { to: "delivered", ...(answer === undefined ? {} : { answer }) }, "no")
    if (bought.protocol.manifest.flow === "authorize-then-settle") {
      const fiber = yield* detached(settling.settle(bought))
      return yield* restore(Fiber.join(fiber))
    }
    yield* settling.record(bought, { to: "settling" }, "yes")
    const fiber = yield* detached(settling.confirm(bought))
    return yield* restore(
      Fiber.join(fiber).pipe(
        Effect.timeoutOption("2 seconds"),
        Effect.map(Option.getOrUndefined),
        Effect.orElseSucceed(() => undefined)
      )
    )
  })

  const run = <A, E, R>(sale: Sale<A>, handler: Handler<A, E, R>): Effect.Effect<Sold<A>, E | Refusal, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const detected = yield* refusing(sale, restore(installed.detect(sale.request, sale.merchant)))
        const bought = yield* refusing(sale, purchase(detected, sale, restore))
        if (bought._tag === "Taken")
          return yield* refusing(sale, restore(replay(detected.protocol, sale, bought.entry, bought.request)))
        const value = yield* deliver(bought.purchase, handler, restore)
        const receipt = yield* refusing(sale, settle(bought.purchase, sale, value, restore))
        return { value, receipt, replayed: false }
      })
    )

  return {
    manifests: protocols.map(({ manifest }) => manifest),
    offers,
    sell: <A, E, R>(sale: Sale<A>, handler: Handler<A, E, R>) =>
      options.disconnect === "finish" ? Effect.flatMap(detached(run(sale, handler)), Fiber.join) : run(sale, handler)
  }
})
