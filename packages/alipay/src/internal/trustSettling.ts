/**
 * Settling a charge with Alipay, and finding out what became of it.
 *
 * The charge's id is the order's number, so everything here may be repeated: an order is paid once. `moved: "no"` is only said when
 * Alipay has said, under its signature, that the order is not paid; an answer that went missing is asked for once more.
 */
import type { Charge } from "@paylayer/core/Charge"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { Outcome } from "@paylayer/core/PaymentProtocol"
import type { Receipt } from "@paylayer/core/Receipt"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { Grant } from "../AlipayTrust.ts"
import { OpenPlatform } from "../OpenPlatform.ts"
import type { OpenPlatformError } from "../OpenPlatformError.ts"
import { inWords, orderOf } from "../PaymentMethods.ts"
import * as Trade from "../Trade.ts"
import * as Checks from "./trustChecks.ts"
import * as Errors from "./trustErrors.ts"

type Settled = Effect.Effect<Receipt, PaymentError.PaymentError>

/** How long a `prepay_id` is good for, and a little more. */
const prepaidFor = Duration.toMillis(Duration.minutes(121))

const isAlipayId = (merchant: string): boolean => /^2088\d{12}$/.test(merchant)

const said = ({ reason }: OpenPlatformError): string => (reason._tag === "BusinessFailure" ? reason.subCode : "")

const isPaidAlready = (error: OpenPlatformError): boolean =>
  said(error) === "ACQ.TRADE_HAS_SUCCESS" || said(error) === "ACQ.TRADE_HAS_FINISHED"

const notSettled: Outcome = { _tag: "NotSettled" }
const unknown: Outcome = { _tag: "Unknown" }

export const make = (platform: OpenPlatform["Service"], protocol: string, sellerId: string | undefined) => {
  const call = Effect.provideService(OpenPlatform, platform)

  const order = ({ mandate }: Grant, charge: Charge) => {
    // The merchant that was checked is the one that is paid, wherever it is known by Alipay's number.
    const seller_id = sellerId ?? (isAlipayId(charge.merchant) ? charge.merchant : undefined)
    return call(
      Trade.prepay({
        out_trade_no: charge.id,
        total: charge.money,
        // A query may hold what is nobody else's business.
        subject: charge.description ?? charge.resource.split("?")[0] ?? charge.resource,
        ...(seller_id !== undefined && { seller_id }),
        ...(charge.category !== undefined && { mcc_code: charge.category }),
        ...orderOf(mandate.preference)
      })
    )
  }

  const query = (charge: Charge) => call(Trade.query({ out_trade_no: charge.id }))

  const receipt = (charge: Charge, reference: string, atMillis: number): Receipt => ({
    chargeId: charge.id,
    protocol,
    merchant: charge.merchant,
    resource: charge.resource,
    money: charge.money,
    reference,
    settledAt: DateTime.makeUnsafe(atMillis)
  })

  /** A trade that Alipay says is paid is this charge only if amount and currency are its own; its number is asked for. */
  const paidTrade = Effect.fnUntraced(function* (trade: Trade.Trade, charge: Charge) {
    if (trade.trade_no === undefined || !Money.equals(trade.total_amount, charge.money)) {
      const detail = "Alipay says the order is paid, but with another amount or without a number"
      yield* Effect.logError(`charge ${charge.id}: ${detail}`)
      return yield* PaymentError.fail(new PaymentError.ProviderUntrusted({ detail }), {
        moved: "unknown",
        chargeId: charge.id,
        retryAfter: 5
      })
    }
    return receipt(charge, trade.trade_no, trade.send_pay_date?.epochMilliseconds ?? (yield* Clock.currentTimeMillis))
  })

  /** The receipt of an order that Alipay said is paid. */
  const alreadyPaid = Effect.fnUntraced(function* (charge: Charge) {
    const found = yield* Effect.result(query(charge))
    if (found._tag === "Failure") return yield* Errors.failing(found.failure, "unknown")
    if (Trade.isPaid(found.success)) return yield* paidTrade(found.success, charge)
    if (found.success.trade_status === "TRADE_CLOSED") {
      return yield* PaymentError.fail(
        new PaymentError.PaymentDeclined({ detail: "the order was paid, and all of it was given back" })
      )
    }
    return yield* Errors.unsure("Alipay contradicts itself about the order")
  })

  /** Before settling says that it did nothing, Alipay is asked whether an earlier call did. */
  const unlessPaid = Effect.fnUntraced(function* (charge: Charge, refusal: PaymentError.PaymentError) {
    const found = yield* Effect.result(query(charge))
    if (found._tag === "Success") {
      return Trade.isPaid(found.success) ? yield* paidTrade(found.success, charge) : yield* refusal
    }
    if (said(found.failure) === "ACQ.TRADE_NOT_EXIST") return yield* refusal
    yield* Errors.tell(found.failure)
    return yield* Errors.unsure(refusal.reason.detail)
  })

  /** 10003: the payment is on its way. It is given a moment; after that the host's `lookup` ends it one way or the other. */
  const awaited = Effect.fnUntraced(function* (charge: Charge, error: OpenPlatformError) {
    const found = yield* query(charge).pipe(
      Effect.repeat({ schedule: Schedule.spaced("500 millis"), times: 4, until: Trade.isPaid }),
      Effect.delay("500 millis"),
      Effect.result
    )
    if (found._tag === "Success" && Trade.isPaid(found.success)) return yield* paidTrade(found.success, charge)
    return yield* Errors.failing(error, "unknown")
  })

  const notPaid = (charge: Charge, error: OpenPlatformError): Settled => {
    if (isPaidAlready(error)) return alreadyPaid(charge)
    if (error.reason._tag === "Paying") return awaited(charge, error)
    if (error.outcome === "unknown") return Errors.failing(error, "unknown")
    // The method itself looked at the order and did not take the money. Any other refusal says nothing of an earlier call.
    return error.reason._tag === "BusinessFailure"
      ? Errors.failing(error, "no")
      : Effect.andThen(Errors.tell(error), unlessPaid(charge, Errors.toPayment(error, "no")))
  }

  const inTime = Effect.fnUntraced(function* (mandate: Grant["mandate"], charge: Charge) {
    if ((yield* Clock.currentTimeMillis) >= charge.expiresAt.epochMilliseconds) {
      const detail = `the charge expired at ${DateTime.formatIso(charge.expiresAt)}`
      return yield* PaymentError.fail(new PaymentError.ChargeExpired({ detail }))
    }
    return yield* Checks.within(mandate, charge)
  })

  const settle = Effect.fnUntraced(function* (grant: Grant, charge: Charge) {
    const allowed = yield* Effect.result(inTime(grant.mandate, charge))
    if (allowed._tag === "Failure") return yield* unlessPaid(charge, allowed.failure)
    const opened = yield* Effect.result(order(grant, charge))
    if (opened._tag === "Failure") {
      if (isPaidAlready(opened.failure)) return yield* alreadyPaid(charge)
      yield* Errors.tell(opened.failure)
      return yield* unlessPaid(charge, Errors.toPayment(opened.failure, "no"))
    }
    const paid = yield* Effect.result(
      call(
        Trade.delegationPay({
          prepay_id: opened.success.prepay_id,
          agreement_no: grant.agreementNo,
          delegation_id: grant.delegationId
        })
      )
    )
    return paid._tag === "Success"
      ? receipt(charge, paid.success.trade_no, yield* Clock.currentTimeMillis)
      : yield* notPaid(charge, paid.failure)
  })

  /**
   * Ends an order, since a payment may still be on its way and only an order that cannot be paid any more makes "not settled" final.
   * Where Alipay knows of no order that it could close, it is final once every `prepay_id` of the charge has lapsed.
   */
  const end = Effect.fnUntraced(function* (charge: Charge) {
    const closed = yield* Effect.result(call(Trade.close({ out_trade_no: charge.id })))
    if (closed._tag === "Success") return notSettled
    yield* Errors.tell(closed.failure)
    if (said(closed.failure) !== "ACQ.TRADE_NOT_EXIST") return unknown
    return (yield* Clock.currentTimeMillis) >= charge.expiresAt.epochMilliseconds + prepaidFor ? notSettled : unknown
  })

  const lookup = Effect.fnUntraced(function* (grant: Grant, charge: Charge) {
    const found = yield* Effect.result(query(charge))
    if (found._tag === "Success") {
      const trade = found.success
      if (Trade.isPaid(trade)) return { _tag: "Settled" as const, receipt: yield* paidTrade(trade, charge) }
      return trade.trade_status === "TRADE_CLOSED" ? notSettled : yield* end(charge)
    }
    if (said(found.failure) !== "ACQ.TRADE_NOT_EXIST") return yield* Errors.failing(found.failure, "unknown")
    // Nobody has opened it, or nobody has begun to pay it: opened and closed here, its number cannot be used by a call that comes late.
    const opened = yield* Effect.result(order(grant, charge))
    if (opened._tag === "Failure") {
      if (said(opened.failure) === "ACQ.TRADE_HAS_CLOSE") return notSettled
      if (isPaidAlready(opened.failure)) return unknown
    }
    return yield* end(charge)
  })

  /** Says on the receipt how it was paid, where the order left the wallet no choice. */
  const paidBy = (receipt: Receipt, { mandate }: Grant): Receipt => {
    const method = inWords(mandate.preference)
    return method === undefined ? receipt : { ...receipt, method }
  }

  return {
    settle: (grant: Grant, charge: Charge) => Effect.map(settle(grant, charge), (receipt) => paidBy(receipt, grant)),
    lookup: (grant: Grant, charge: Charge) =>
      Effect.map(lookup(grant, charge), (outcome) =>
        outcome._tag === "Settled" ? { ...outcome, receipt: paidBy(outcome.receipt, grant) } : outcome
      )
  }
}
