/**
 * What Alipay tells a merchant by itself: asynchronous notifications, forms that it posts to `notify_url`.
 *
 * `read` believes one only if it is signed with RSA2 by one of Alipay's keys of this moment, and for this application and seller. It
 * moves nothing and looks nowhere else: whether the order is one of the ledger's, and the amount the charge's, is for
 * `AlipayNotifications`.
 *
 * Signed is the form without `sign` and `sign_type`, sorted by name, after one decoding, in the form's own charset. Values that are empty
 * are signed too, as Alipay's SDKs for Java and Node have it, so none can be added. Which fields a notification has is from Alipay's
 * documentation and published notifications; those about delegations are from one integration note. Nothing was tried against a live
 * endpoint.
 *
 * @example
 * const notification = yield* Notification.read(config, bytes)
 * if (notification._tag === "TradePaid") yield* Effect.logInfo(`${notification.outTradeNo} is paid`)
 */
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as AlipayKeys from "./AlipayKeys.ts"
import * as Form from "./internal/notificationForm.ts"

/** The longest form that is read, in bytes. */
export const maximumBytes: number = Form.maximumBytes

interface Told {
  /** The same for every delivery of one notification. */
  readonly notifyId: string
  /** Everything that was said, by name. */
  readonly fields: Readonly<Record<string, string>>
}

interface OfTrade extends Told {
  /** Alipay's number. */
  readonly tradeNo: string
  /** The merchant's number: the charge's id. */
  readonly outTradeNo: string
  readonly sellerId: string
  /** What was ordered: in `trans_currency`, or in CNY where there is none. */
  readonly total: Money.Money
}

/** `TRADE_SUCCESS`, or `TRADE_FINISHED`, after which nothing can be given back any more. */
export interface TradePaid extends OfTrade {
  readonly _tag: "TradePaid"
}

/** The order was ended unpaid, by the merchant or by its time. */
export interface TradeClosed extends OfTrade {
  readonly _tag: "TradeClosed"
}

/** Money was given back. */
export interface TradeRefunded extends OfTrade {
  readonly _tag: "TradeRefunded"
  /** All that was given back so far. */
  readonly refunded: Money.Money
  /** The merchant's number of this refund (`out_biz_no`), where it gave one. */
  readonly requestNo?: string
}

/** The payer is asked to pay. */
export interface TradeWaiting extends OfTrade {
  readonly _tag: "TradeWaiting"
}

/** An agreement was signed (`dut_user_sign`) or ended (`dut_user_unsign`), or a delegation changed its state. */
export interface DelegationTold extends Told {
  readonly _tag: "DelegationSigned" | "DelegationCancelled" | "DelegationChanged"
  readonly agreementNo?: string
  readonly externalAgreementNo?: string
  readonly delegationId?: string
  /** In Alipay's words: `NORMAL`, `UNSIGN`, `CANCELLED` … */
  readonly status?: string
}

/** Another kind (`notify_type`), or a state of a trade that is not documented. */
export interface Other extends Told {
  readonly _tag: "Other"
  readonly notifyType: string
}

export type TradeNotification = TradePaid | TradeClosed | TradeRefunded | TradeWaiting
export type Notification = TradeNotification | DelegationTold | Other

/**
 * A notification that is not believed, or not settled yet. Nothing moved. Alipay delivers it again.
 *
 * | reason | |
 * |---|---|
 * | `too-large`, `malformed`, `repeated`, `charset` | no form, a name twice, text in another charset than it declares |
 * | `signature` | not signed with RSA2 by one of Alipay's keys of this moment |
 * | `application`, `seller` | for another application, or another seller |
 * | `charge`, `amount` | of no order of the ledger, or of one with another amount |
 * | `unresolved`, `ledger` | the charge has come to no end yet, also after Alipay was asked; the ledger is down |
 */
export class NotificationError extends Schema.TaggedError<NotificationError>()("NotificationError", {
  reason: Schema.Literals([
    "too-large",
    "malformed",
    "repeated",
    "charset",
    "signature",
    "application",
    "seller",
    "charge",
    "amount",
    "unresolved",
    "ledger"
  ]),
  message: Schema.String
}) {}

export const refuse = (reason: NotificationError["reason"], message: string): Result.Result<never, NotificationError> =>
  Result.fail(new NotificationError({ reason, message }))

/** Who is told: `AlipayConfig` is one. */
export interface Addressee extends AlipayKeys.Source {
  readonly appId: string
  readonly sellerId?: string
}

type Fields = Form.Form["values"]

/** An empty value says nothing. */
const said = (fields: Fields, name: string): string | undefined => fields[name] || undefined

const needed = (fields: Fields, name: string): Result.Result<string, NotificationError> => {
  const value = said(fields, name)
  return value !== undefined && value.length <= 256
    ? Result.succeed(value)
    : refuse("malformed", `${name} is missing, or too long`)
}

const money = (fields: Fields, name: string): Result.Result<Money.Money, NotificationError> => {
  const currency = said(fields, "trans_currency") ?? "CNY"
  if (!Currency.is(currency)) return refuse("malformed", "trans_currency is no currency")
  return Result.flatMap(needed(fields, name), (text) =>
    Result.mapError(
      Money.parse(currency, text),
      ({ message }) => new NotificationError({ reason: "malformed", message: `${name}: ${message}` })
    )
  )
}

const tradeOf = (notifyId: string, fields: Fields): Result.Result<Notification, NotificationError> =>
  Result.gen(function* () {
    const status = yield* needed(fields, "trade_status")
    const trade = {
      notifyId,
      fields,
      tradeNo: yield* needed(fields, "trade_no"),
      outTradeNo: yield* needed(fields, "out_trade_no"),
      sellerId: yield* needed(fields, "seller_id"),
      total: yield* money(fields, "total_amount")
    }
    switch (status) {
      case "WAIT_BUYER_PAY":
        return { _tag: "TradeWaiting", ...trade }
      case "TRADE_CLOSED":
      case "TRADE_SUCCESS":
      case "TRADE_FINISHED": {
        if (said(fields, "refund_fee") !== undefined) {
          const requestNo = said(fields, "out_biz_no")
          const refunded = yield* money(fields, "refund_fee")
          return { _tag: "TradeRefunded", ...trade, refunded, ...(requestNo !== undefined && { requestNo }) }
        }
        return { _tag: status === "TRADE_CLOSED" ? "TradeClosed" : "TradePaid", ...trade }
      }
      default:
        return { _tag: "Other", notifyId, fields, notifyType: `trade_status_sync ${status}` }
    }
  })

const delegations: Readonly<Record<string, DelegationTold["_tag"]>> = {
  dut_user_sign: "DelegationSigned",
  dut_user_unsign: "DelegationCancelled",
  dut_delegation_status_change: "DelegationChanged"
}

const delegationOf = (_tag: DelegationTold["_tag"], notifyId: string, fields: Fields): DelegationTold => {
  const member = <K extends string>(key: K, name: string) => {
    const value = said(fields, name)
    return (value === undefined ? {} : { [key]: value }) as { readonly [key in K]?: string }
  }
  return {
    _tag,
    notifyId,
    fields,
    ...member("agreementNo", "agreement_no"),
    ...member("externalAgreementNo", "external_agreement_no"),
    ...member("delegationId", "delegation_id"),
    ...member("status", "status")
  }
}

const kindOf = (fields: Fields): Result.Result<Notification, NotificationError> =>
  Result.gen(function* () {
    const notifyId = yield* needed(fields, "notify_id")
    const notifyType = yield* needed(fields, "notify_type")
    if (notifyType === "trade_status_sync") return yield* tradeOf(notifyId, fields)
    const tag = Object.hasOwn(delegations, notifyType) ? delegations[notifyType] : undefined
    return tag === undefined ? { _tag: "Other", notifyId, fields, notifyType } : delegationOf(tag, notifyId, fields)
  })

/** Whether it is for this application, and this seller where one is known. */
const addressed = ({ appId, sellerId }: Addressee, fields: Fields): Result.Result<void, NotificationError> => {
  if (fields["app_id"] !== appId) return refuse("application", "it is for another application")
  const seller = said(fields, "seller_id")
  return sellerId === undefined || seller === undefined || seller === sellerId
    ? Result.void
    : refuse("seller", "it is for another seller")
}

/** Reads a notification, and believes it only if Alipay has signed it for this application. */
export const read = Effect.fnUntraced(function* (
  addressee: Addressee,
  bytes: Uint8Array
): Effect.fn.Return<Notification, NotificationError> {
  const { signed, values } = yield* Effect.fromResult(
    Result.mapError(Form.parse(bytes), (problem) => new NotificationError(problem))
  )
  if (values["sign_type"] !== "RSA2") return yield* Effect.fromResult(refuse("signature", "sign_type is not RSA2"))
  const authenticity = yield* AlipayKeys.authenticity(
    yield* AlipayKeys.of(addressee),
    { text: signed, signature: said(values, "sign"), serial: said(values, "alipay_cert_sn") },
    yield* Clock.currentTimeMillis
  )
  if (authenticity !== "signed") {
    return yield* Effect.fromResult(refuse("signature", `the form is ${authenticity}, as far as Alipay's keys go`))
  }
  yield* Effect.fromResult(addressed(addressee, values))
  return yield* Effect.fromResult(kindOf(values))
})
