/**
 * Takes Alipay's notifications for the charges of a ledger.
 *
 * A notification settles nothing. It only says when to ask: a charge whose outcome is unknown, or that a dead host left behind, is looked
 * up with Alipay (`Paywall.resolve`), and that answer decides. So a notification that is forged, repeated, late or out of order cannot
 * move anything, and no store of seen notifications has to outlive the process: what is durable is the charge's own state.
 *
 * What is repeated is known by `notify_id`, kind and `trade_status`, in memory. Alipay delivers again after four minutes at the earliest;
 * what comes again within one is answered by the ledger alone, so that nobody who repeats a genuine one makes this host ask and ask.
 *
 * @example
 * const received = yield* AlipayNotifications.use((notifications) => notifications.receive(bytes))
 */
import * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import { Paywall } from "@paylayer/core/Paywall"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { AlipayConfig } from "./AlipayConfig.ts"
import * as Lru from "./internal/lru.ts"
import * as Notification from "./Notification.ts"

/** A notification that was believed, and what the ledger has of its charge now. */
export interface Received {
  readonly notification: Notification.Notification
  /** Of a trade's notification: the charge, as it is now. */
  readonly entry?: Ledger.Entry
  /** Whether it had come before. */
  readonly repeated: boolean
  /** What Alipay and the ledger do not agree about, in words. It is logged, and for reconciliation to settle. */
  readonly contradiction?: string
}

type Service = {
  /** Takes the body of one delivery. Fails where Alipay should deliver it again; nothing has moved then. */
  readonly receive: (form: Uint8Array) => Effect.Effect<Received, Notification.NotificationError>
}

/** How many notifications are remembered. */
const remembered = 10_000

/** How long a repetition asks nobody, in milliseconds. */
const quiet = 60_000

const isAlipayId = (merchant: string): boolean => /^2088\d{12}$/.test(merchant)

const contradictionOf = (
  notification: Notification.TradeNotification,
  { receipt, state }: Ledger.Entry
): string | undefined => {
  if (notification._tag === "TradePaid" && Ledger.isVoid(state)) return `it is paid, and the charge is ${state}`
  if (notification._tag === "TradeClosed" && state === "settled")
    return "it was closed unpaid, and the charge is settled"
  return receipt !== undefined && receipt.reference !== notification.tradeNo
    ? "it is another trade than that of the receipt"
    : undefined
}

const make = (config: AlipayConfig["Service"], protocol: string) =>
  Effect.gen(function* () {
    const ledger = yield* Ledger.Ledger
    const paywall = yield* Paywall
    /** When each one last made this host ask. */
    const seen = Lru.make<number>(remembered)

    const ofLedger = Effect.mapError(
      ({ message }: Ledger.LedgerError) => new Notification.NotificationError({ reason: "ledger", message })
    )
    const refuse = (reason: Notification.NotificationError["reason"], message: string) =>
      Effect.fromResult(Notification.refuse(reason, message))

    /** The charge that a trade is of, if it is one of ours in every respect. */
    const chargeOf = Effect.fnUntraced(function* (trade: Notification.TradeNotification) {
      const entry = yield* ofLedger(ledger.find(trade.outTradeNo))
      if (entry === undefined || entry.protocol !== protocol) {
        return yield* refuse("charge", "the ledger has no charge of this number")
      }
      const { merchant, money } = entry.charge
      if (isAlipayId(merchant) && merchant !== trade.sellerId) {
        return yield* refuse("seller", "the charge is of another seller")
      }
      return Money.equals(money, trade.total) ? entry : yield* refuse("amount", "the charge has another amount")
    })

    const resolve = ({ charge }: Ledger.Entry) => Effect.map(ofLedger(paywall.resolve(charge.id)), Option.fromNullishOr)

    /** A notification often comes before the answer to the payment has been written down, so a host that is at it gets a moment. */
    const awaited = ({ charge }: Ledger.Entry) =>
      ofLedger(ledger.find(charge.id)).pipe(
        Effect.repeat({
          schedule: Schedule.spaced("250 millis"),
          times: 12,
          until: (entry) => entry === undefined || !Ledger.isOpen(entry.state)
        }),
        Effect.map(Option.fromNullishOr)
      )

    /** The charge when it has come to an end, or cannot be brought to one now. */
    const ended = Effect.fnUntraced(function* (found: Ledger.Entry, asks: boolean) {
      const open = found.state === "unknown" || Ledger.isOpen(found.state)
      const tried = open && asks ? Option.getOrElse(yield* resolve(found), () => found) : found
      if (!Ledger.isOpen(tried.state)) return tried
      const waited = Option.getOrElse(yield* awaited(tried), () => tried)
      return waited.state === "unknown" && asks ? Option.getOrElse(yield* resolve(waited), () => waited) : waited
    })

    const ofTrade = Effect.fnUntraced(function* (trade: Notification.TradeNotification, id: string) {
      const found = yield* chargeOf(trade)
      const now = yield* Clock.currentTimeMillis
      const before = seen.get(id)
      const repeated = before !== undefined
      const asks = before === undefined || now - before >= quiet
      if (asks) seen.set(id, now)
      if (trade._tag === "TradeWaiting") return { notification: trade, entry: found, repeated }
      const entry = yield* ended(found, asks)
      if (entry.state === "unknown" || Ledger.isOpen(entry.state)) {
        return yield* refuse("unresolved", `the charge is ${entry.state}`)
      }
      const contradiction = contradictionOf(trade, entry)
      if (contradiction !== undefined) {
        yield* Effect.logError(`charge ${entry.charge.id}: Alipay notifies that ${contradiction}`)
      }
      return { notification: trade, entry, repeated, ...(contradiction !== undefined && { contradiction }) }
    })

    const receive: Service["receive"] = Effect.fn("AlipayNotifications.receive")(function* (form) {
      const notification = yield* Notification.read(config, form)
      yield* Effect.annotateCurrentSpan("kind", notification._tag)
      const { _tag, fields, notifyId } = notification
      const id = `${notifyId} ${_tag} ${fields["trade_status"] ?? ""}`
      switch (notification._tag) {
        case "TradePaid":
        case "TradeClosed":
        case "TradeRefunded":
        case "TradeWaiting":
          return yield* ofTrade(notification, id)
        default: {
          // Nobody could do more with it at the eighth delivery than at the first.
          const repeated = seen.get(id) !== undefined
          seen.set(id, yield* Clock.currentTimeMillis)
          return { notification, repeated }
        }
      }
    })

    return { receive }
  })

export class AlipayNotifications extends Context.Service<AlipayNotifications, Service>()(
  "@paylayer/alipay/AlipayNotifications"
) {
  /** Takes those of the application in `AlipayConfig`, for charges of `alipay-trust`. Alipay's metered payment has none. */
  static readonly layer: Layer.Layer<AlipayNotifications, never, AlipayConfig | Ledger.Ledger | Paywall> = Layer.effect(
    AlipayNotifications,
    Effect.flatMap(AlipayConfig, (config) => make(config, "alipay-trust"))
  )

  /** Those of another application, e.g. of a second merchant, at an address of its own. */
  static layerOf(config: AlipayConfig["Service"]): Layer.Layer<AlipayNotifications, never, Ledger.Ledger | Paywall> {
    return Layer.effect(AlipayNotifications, make(config, "alipay-trust"))
  }
}
