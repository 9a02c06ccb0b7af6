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
import type { Receipt, Settlement } from "@paylayer/core/Receipt"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type { AlipayConfig } from "../AlipayConfig.ts"
import type { Grant } from "../AlipayTrust.ts"
import { OpenPlatform } from "../OpenPlatform.ts"
import type { OpenPlatformError } from "../OpenPlatformError.ts"
import { inWords, orderOf, paidWith } from "../PaymentMethods.ts"
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

export const make = (
  platform: OpenPlatform["Service"],
  protocol: string,
  { notifyUrl, sellerId, settleCurrency }: Pick<AlipayConfig["Service"], "notifyUrl" | "sellerId" | "settleCurrency">
) => {
  // Which of the two calls of a charge Alipay takes the address from is not documented, so both say it.
  const notified = notifyUrl === undefined ? {} : { notifyUrl }
  const call = Effect.provideService(OpenPlatform, platform)

  const order = ({ mandate }: Grant, charge: Charge) => {
    // The merchant that was checked is the one that is paid, wherever it is known by Alipay's number.
    const seller_id = sellerId ?? (isAlipayId(charge.merchant) ? charge.merchant : undefined)
    return call(
      Trade.prepay(
        {
          out_trade_no: charge.id,
          total: charge.money,
          // A query may hold what is nobody else's business.
          subject: charge.description ?? charge.resource.split("?")[0] ?? charge.resource,
          ...(seller_id !== undefined && { seller_id }),
          ...(settleCurrency !== undefined && { settle_currency: settleCurrency }),
          ...(charge.category !== undefined && { mcc_code: charge.category }),
          ...orderOf(mandate.preference)
        },
        notified
      )
    )
  }

  const query = (charge: Charge) => call(Trade.query({ out_trade_no: charge.id }))

  const settledIn = ({ money }: Charge) => settleCurrency ?? money.currency

  /** How it was paid, and in which currency the merchant is settled, is as ordered where nothing else is known. */
  const receipt = (
    { mandate }: Grant,
    charge: Charge,
    reference: string,
    atMillis: number,
    method = inWords(mandate.preference),
    settlement: Settlement | undefined = isForeign(charge) ? { currency: settledIn(charge) } : undefined
  ): Receipt => ({
    chargeId: charge.id,
    protocol,
    merchant: charge.merchant,
    resource: charge.resource,
    money: charge.money,
    reference,
    settledAt: DateTime.makeUnsafe(atMillis),
    ...(method !== undefined && { method }),
    ...(settlement !== undefined && { settlement })
  })

  /** Whether the order names its currencies. */
  const isForeign = (charge: Charge) => charge.money.currency !== "CNY" || settledIn(charge) !== "CNY"

  /** A trade that Alipay says is paid is this charge only if amount and currencies are its own; its number is asked for. */
  const paidTrade = Effect.fnUntraced(function* (grant: Grant, trade: Trade.Trade, charge: Charge) {
    const settlement = Trade.settlement(trade)
    if (
      trade.trade_no === undefined ||
      !Money.equals(trade.total_amount, charge.money) ||
      (settlement !== undefined && settlement.currency !== settledIn(charge))
    ) {
      const detail =
        "Alipay says the order is paid, but with another amount, settled in another currency, or without a number"
      yield* Effect.logError(`charge ${charge.id}: ${detail}`)
      return yield* PaymentError.fail(new PaymentError.ProviderUntrusted({ detail }), {
        moved: "unknown",
        chargeId: charge.id,
        retryAfter: 5
      })
    }
    const { preference } = grant.mandate
    const funds = (trade.fund_bill_list ?? []).map(({ fund_channel }) => fund_channel)
    const method = paidWith(funds, trade.hb_fq_pay_info?.user_install_num, preference)
    const ordered = inWords(preference)
    if (method !== undefined && ordered !== undefined && !method.startsWith(ordered)) {
      yield* Effect.logError(`charge ${charge.id}: ordered to be paid by ${ordered}, Alipay says by ${method}`)
    }
    const paidAt = trade.send_pay_date?.epochMilliseconds ?? (yield* Clock.currentTimeMillis)
    return receipt(grant, charge, trade.trade_no, paidAt, method, settlement)
  })

  /** The receipt of an order that Alipay said is paid. */
  const alreadyPaid = Effect.fnUntraced(function* (grant: Grant, charge: Charge) {
    const found = yield* Effect.result(query(charge))
    if (found._tag === "Failure") return yield* Errors.failing(found.failure, "unknown")
    if (Trade.isPaid(found.success)) return yield* paidTrade(grant, found.success, charge)
    if (found.success.trade_status === "TRADE_CLOSED") {
      return yield* PaymentError.fail(
        new PaymentError.PaymentDeclined({ detail: "the order was paid, and all of it was given back" })
      )
    }
    return yield* Errors.unsure("Alipay contradicts itself about the order")
  })

  /** Before settling says that it did nothing, Alipay is asked whether an earlier call did. */
  const unlessPaid = Effect.fnUntraced(function* (grant: Grant, charge: Charge, refusal: PaymentError.PaymentError) {
    const found = yield* Effect.result(query(charge))
    if (found._tag === "Success") {
      return Trade.isPaid(found.success) ? yield* paidTrade(grant, found.success, charge) : yield* refusal
    }
    if (said(found.failure) === "ACQ.TRADE_NOT_EXIST") return yield* refusal
    yield* Errors.tell(found.failure)
    return yield* Errors.unsure(refusal.reason.detail)
  })

  /** 10003: the payment is on its way. It is given a moment; after that the host's `lookup` ends it one way or the other. */
  const awaited = Effect.fnUntraced(function* (grant: Grant, charge: Charge, error: OpenPlatformError) {
    const found = yield* query(charge).pipe(
      Effect.repeat({ schedule: Schedule.spaced("500 millis"), times: 4, until: Trade.isPaid }),
      Effect.delay("500 millis"),
      Effect.result
    )
    if (found._tag === "Success" && Trade.isPaid(found.success)) return yield* paidTrade(grant, found.success, charge)
    return yield* Errors.failing(error, "unknown")
  })

  const notPaid = (grant: Grant, charge: Charge, error: OpenPlatformError): Settled => {
    if (isPaidAlready(error)) return alreadyPaid(grant, charge)
    if (error.reason._tag === "Paying") return awaited(grant, charge, error)
    if (error.outcome === "unknown") return Errors.failing(error, "unknown")
    // The method itself looked at the order and did not take the money. Any other refusal says nothing of an earlier call.
    return error.reason._tag === "BusinessFailure"
      ? Errors.failing(error, "no")
      : Effect.andThen(Errors.tell(error), unlessPaid(grant, charge, Errors.toPayment(error, "no")))
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
    if (allowed._tag === "Failure") return yield* unlessPaid(grant, charge, allowed.failure)
    const opened = yield* Effect.result(order(grant, charge))
    if (opened._tag === "Failure") {
      if (isPaidAlready(opened.failure)) return yield* alreadyPaid(grant, charge)
      yield* Errors.tell(opened.failure)
      return yield* unlessPaid(grant, charge, Errors.toPayment(opened.failure, "no"))
    }
    const paid = yield* Effect.result(
      call(
        Trade.delegationPay(
          {
            prepay_id: opened.success.prepay_id,
            agreement_no: grant.agreementNo,
            delegation_id: grant.delegationId
          },
          notified
        )
      )
    )
    return paid._tag === "Success"
      ? receipt(grant, charge, paid.success.trade_no, yield* Clock.currentTimeMillis)
      : yield* notPaid(grant, charge, paid.failure)
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
      if (Trade.isPaid(trade)) return { _tag: "Settled" as const, receipt: yield* paidTrade(grant, trade, charge) }
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

  /**
   * `settle` gives the same receipt each time, and the payment's own answer is a number alone: what only a query can tell is left
   * to `lookup`. What contradicts the order is told.
   */
  const asOrdered = (grant: Grant, charge: Charge, told: Receipt): Receipt => {
    const { method, settlement: _, ...receipt } = told
    const ordered = inWords(grant.mandate.preference)
    return {
      ...receipt,
      ...(method !== undefined && ordered !== undefined && { method: method.startsWith(ordered) ? ordered : method }),
      ...(isForeign(charge) && { settlement: { currency: settledIn(charge) } })
    }
  }

  return {
    settle: (grant: Grant, charge: Charge) =>
      Effect.map(settle(grant, charge), (receipt) => asOrdered(grant, charge, receipt)),
    lookup
  }
}
