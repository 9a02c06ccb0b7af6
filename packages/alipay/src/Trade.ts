/**
 * Orders and charges of a delegation: prepay, pay, query, close, cancel, refund.
 *
 * A charge is two calls. `prepay` opens an order under the merchant's number and moves nothing; `delegationPay` takes the money. The
 * number makes both safe to repeat: the same number is charged once. After an `unknown` outcome ask `query`; never take a new number.
 */
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import type { Settlement } from "@paylayer/core/Receipt"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { AnswerJson } from "./GatewayAnswer.ts"
import * as Answer from "./internal/answerSchema.ts"
import * as Fields from "./internal/iacFields.ts"
import { perCurrency } from "./internal/perCurrency.ts"
import { type ExecuteOptions, OpenPlatform } from "./OpenPlatform.ts"
import type { OpenPlatformError } from "./OpenPlatformError.ts"

type Call<A> = Effect.Effect<A, OpenPlatformError, OpenPlatform>

/** What is ordered. */
export interface Order {
  /** The merchant's number: at most 64 letters, digits and `_`; unique per charge. */
  readonly out_trade_no: string
  readonly total: Money.Money
  /** What the payer reads. `/`, `=` and `&`, which Alipay refuses, become spaces; at most 256 characters. */
  readonly subject: string
  readonly seller_id?: string
  /** The currency that the merchant is settled in, where it is not that of `total`. */
  readonly settle_currency?: Currency.Currency
  /** The merchant's category, as `business_params.mcc_code`. */
  readonly mcc_code?: string
  /** Funding channels that may pay: `balance`, `credit_group`, `pcreditpayInstallment` … */
  readonly enable_pay_channels?: ReadonlyArray<string>
  /** Huabei instalments, and who bears their fee: `"0"` the payer, `"100"` the merchant. */
  readonly instalments?: { readonly count: 3 | 6 | 12; readonly sellerPercent: "0" | "100" }
}

const prepayMethod = "alipay.trade.order.prepay"
const payMethod = "alipay.trade.agent.delegation.pay"
const queryMethod = "alipay.trade.query"
const closeMethod = "alipay.trade.close"
const cancelMethod = "alipay.trade.cancel"
const refundMethod = "alipay.trade.refund"
const refundQueryMethod = "alipay.trade.fastpay.refund.query"

const call = <T>(
  method: string,
  bizContent: Parameters<OpenPlatform["Service"]["execute"]>[1],
  schema: (answer: AnswerJson) => Schema.ConstraintCodec<T, unknown>,
  options?: ExecuteOptions
): Call<T> =>
  Effect.flatMap(OpenPlatform, (platform) =>
    Effect.flatMap(platform.execute(method, bizContent, options), Answer.decode(method, schema))
  )

const Prepaid = Schema.Struct({ prepay_id: Fields.Text })

/**
 * Opens an order. Its `prepay_id` is valid for two hours; repeating the call with the same order gives it again.
 *
 * An order in another currency than CNY carries `trans_currency` and `settle_currency`. Alipay documents the two for `alipay.trade.pay`
 * only, and for merchants with a special contract; others are refused (`ACQ.CURRENCY_NOT_SUPPORT`). `seller_id`, `mcc_code`,
 * `enable_pay_channels` and `instalments` are likewise documented for other payment calls.
 */
export const prepay = (order: Order, options?: ExecuteOptions): Call<typeof Prepaid.Type> => {
  const { currency } = order.total
  const settle = order.settle_currency ?? currency
  return call(
    prepayMethod,
    {
      out_trade_no: order.out_trade_no,
      total_amount: Money.decimalString(order.total),
      subject: [...order.subject.replace(/[/=&]/g, " ")].slice(0, 256).join(""),
      product_code: "QUICK_MSECURITY_PAY",
      payment_type: "agent_pay",
      seller_id: order.seller_id,
      ...((currency !== "CNY" || settle !== "CNY") && { trans_currency: currency, settle_currency: settle }),
      business_params: order.mcc_code === undefined ? undefined : { mcc_code: order.mcc_code },
      enable_pay_channels: order.enable_pay_channels?.join(","),
      extend_params: order.instalments && {
        hb_fq_num: String(order.instalments.count),
        hb_fq_seller_percent: order.instalments.sellerPercent
      }
    },
    () => Prepaid,
    options
  )
}

/** What pays an order. */
export interface Payment {
  readonly prepay_id: string
  readonly agreement_no: string
  readonly delegation_id: string
  readonly agent_id?: string
}

const Paid = Schema.Struct({ trade_no: Fields.Text })

/** Takes the money. Succeeds with Alipay's number of the trade when it is paid. */
export const delegationPay = (payment: Payment, options?: ExecuteOptions): Call<typeof Paid.Type> =>
  call(payMethod, { ...payment }, () => Paid, options)

/** A trade by the merchant's number or by Alipay's. */
export type TradeNumber = { readonly out_trade_no: string } | { readonly trade_no: string }

/** What paid: `ALIPAYACCOUNT` (the balance), `PCREDIT` (Huabei) … */
const FundBill = Schema.Struct({ fund_channel: Fields.Text, amount: Schema.optionalKey(Schema.String) })

const tradeIn = perCurrency((currency) =>
  perCurrency((settled) =>
    Schema.Struct({
      out_trade_no: Fields.Text,
      trade_no: Schema.optionalKey(Fields.Text),
      trade_status: Schema.Literals(["WAIT_BUYER_PAY", "TRADE_CLOSED", "TRADE_SUCCESS", "TRADE_FINISHED"]),
      total_amount: Fields.amountIn(currency),
      trans_currency: Schema.optionalKey(Currency.Currency),
      settle_currency: Schema.optionalKey(Currency.Currency),
      settle_amount: Schema.optionalKey(Fields.amountIn(settled)),
      buyer_user_id: Schema.optionalKey(Fields.Text),
      buyer_open_id: Schema.optionalKey(Fields.Text),
      send_pay_date: Schema.optionalKey(Answer.Time),
      fund_bill_list: Schema.optionalKey(Schema.Array(FundBill)),
      hb_fq_pay_info: Schema.optionalKey(Schema.Struct({ user_install_num: Schema.optionalKey(Answer.Whole) }))
    })
  )
)

/**
 * What became of an order. `total_amount` is in `trans_currency`, or in CNY where there is none; `settle_amount` in
 * `settle_currency`, or in that of the order.
 */
export type Trade = ReturnType<ReturnType<typeof tradeIn>>["Type"]

/** What the merchant is settled in, where Alipay says so. */
export const settlement = ({ settle_amount, settle_currency }: Trade): Settlement | undefined =>
  settle_currency === undefined ? undefined : (settle_amount ?? { currency: settle_currency })

/** Whether the money has been taken. A trade that was refunded in full is `TRADE_CLOSED`. */
export const isPaid = (self: Trade): boolean =>
  self.trade_status === "TRADE_SUCCESS" || self.trade_status === "TRADE_FINISHED"

/** Asks what became of an order. `BusinessFailure` with `ACQ.TRADE_NOT_EXIST` where nobody has begun to pay it. */
export const query = (number: TradeNumber): Call<Trade> =>
  Effect.flatMap(
    call(queryMethod, { ...number }, ({ settle_currency, trans_currency }) => {
      const currency = Currency.is(trans_currency) ? trans_currency : "CNY"
      return tradeIn(currency)(Currency.is(settle_currency) ? settle_currency : currency)
    }),
    (trade) =>
      ("out_trade_no" in number ? trade.out_trade_no === number.out_trade_no : trade.trade_no === number.trade_no)
        ? Effect.succeed(trade)
        : Effect.fail(Answer.malformed(queryMethod, "it is about another trade"))
  )

const Closed = Schema.Struct({ trade_no: Schema.optionalKey(Fields.Text) })

/** Ends an order that is unpaid; it can never be paid afterwards. */
export const close = (number: TradeNumber): Call<typeof Closed.Type> => call(closeMethod, { ...number }, () => Closed)

const Cancelled = Schema.Struct({
  retry_flag: Schema.optionalKey(Schema.Literals(["Y", "N"])),
  /** What it came to: `close` where nothing was paid, `refund` where all of it went back. */
  action: Schema.optionalKey(Schema.Literals(["close", "refund"]))
})

/**
 * Gives an order up, whatever became of it: an unpaid one is closed, a paid one is given back whole. `retry_flag: "Y"` asks for
 * the same call again. An order that Alipay does not know is no obstacle, but it may still be opened later.
 */
export const cancel = (number: TradeNumber): Call<typeof Cancelled.Type> =>
  call(cancelMethod, { ...number }, () => Cancelled)

/** A part of a paid order, or all of it, that is to go back. */
export interface Refund {
  readonly out_trade_no: string
  /** The merchant's number of the refund, unique within the order: what makes it safe to repeat. At most 64 characters. */
  readonly out_request_no: string
  readonly amount: Money.Money
  readonly refund_reason?: string
}

const Refunded = Schema.Struct({
  out_trade_no: Fields.Text,
  trade_no: Schema.optionalKey(Fields.Text),
  /** Whether money moved with this call. Not where the number had been refunded before, nor where it is not certain yet. */
  fund_change: Schema.optionalKey(Schema.Literals(["Y", "N"])),
  gmt_refund_pay: Schema.optionalKey(Answer.Time)
})

const about = <A extends { readonly out_trade_no?: string }>(method: string, out_trade_no: string) =>
  Effect.flatMap((answer: A) =>
    answer.out_trade_no === undefined || answer.out_trade_no === out_trade_no
      ? Effect.succeed(answer)
      : Effect.fail(Answer.malformed(method, "it is about another trade"))
  )

/**
 * Gives back. The same number gives it back once; with another amount it is refused (`ACQ.DISCORDANT_REPEAT_REQUEST`). Only
 * `fund_change: "Y"` says that it is done: else ask `refundQuery`. Leave three seconds between two refunds of one order.
 */
export const refund = ({ amount, ...refund }: Refund): Call<typeof Refunded.Type> =>
  call(
    refundMethod,
    {
      ...refund,
      refund_amount: Money.decimalString(amount),
      ...(amount.currency !== "CNY" && { refund_currency: amount.currency })
    },
    () => Refunded
  ).pipe(about(refundMethod, refund.out_trade_no))

const refundIn = perCurrency((currency) =>
  Schema.Struct({
    out_trade_no: Schema.optionalKey(Fields.Text),
    out_request_no: Schema.optionalKey(Fields.Text),
    refund_status: Schema.optionalKey(Schema.String),
    refund_amount: Schema.optionalKey(Fields.amountIn(currency)),
    gmt_refund_pay: Schema.optionalKey(Answer.Time)
  })
)

/**
 * Asks what became of a refund: `refund_status` is `REFUND_SUCCESS`, or is not there. Alipay wants ten seconds between a refund
 * and its query: until then a refund that is not there may still be made.
 */
export const refundQuery = (
  number: Pick<Refund, "out_trade_no" | "out_request_no">,
  currency: Currency.Currency
): Call<ReturnType<typeof refundIn>["Type"]> =>
  call(refundQueryMethod, { ...number }, () => refundIn(currency)).pipe(
    about(refundQueryMethod, number.out_trade_no),
    Effect.flatMap((found) =>
      found.out_request_no === undefined || found.out_request_no === number.out_request_no
        ? Effect.succeed(found)
        : Effect.fail(Answer.malformed(refundQueryMethod, "it is about another refund"))
    )
  )
