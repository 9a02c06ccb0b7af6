/**
 * Telling merchants: each change of a trade that carries a `notify_url` becomes a signed form, delivered until it is answered `success`,
 * eight times within 25 hours at most. All waiting is on the clock of the sandbox.
 */
import * as BeijingTime from "@paylayer/alipay/BeijingTime"
import * as Rsa2 from "@paylayer/alipay/Rsa2"
import * as SigningContent from "@paylayer/alipay/SigningContent"
import * as Money from "@paylayer/core/Money"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Scope } from "effect/Scope"
import type { Deliver } from "../Delivery.ts"
import type { Notice, NoticeDelivery, NoticeState } from "../Notice.ts"
import * as Channel from "./channel.ts"
import * as FaultScript from "./faultScript.ts"
import type { Keys } from "./keys.ts"
import * as Loopback from "./loopback.ts"
import type { Numbers } from "./numbers.ts"
import * as Trade from "./trade.ts"

/** What is told of a trade, as it was when it happened. */
export interface TradeEvent {
  readonly trade: Trade.Trade
  readonly to: Trade.NotifyTo
  readonly at: number
  readonly status: Trade.Status
  /** Of a refund: its number, and all that was given back so far. */
  readonly refund?: { readonly requestNo: string; readonly total: bigint }
}

export interface Notices {
  /** Begins to deliver; the caller does not wait. */
  readonly tell: (event: TradeEvent) => Effect.Effect<void>
  readonly list: () => ReadonlyArray<Notice>
}

/** The pauses before each delivery. */
const pauses = [
  "0 seconds",
  "4 minutes",
  "10 minutes",
  "10 minutes",
  "1 hour",
  "2 hours",
  "6 hours",
  "15 hours"
] as const

/** How many may wait at once, and how many are listed. */
const [waitingAtMost, listedAtMost] = [1_000, 10_000] as const

const isHere = (url: string): boolean => {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  return parsed !== undefined && /^https?:$/.test(parsed.protocol) && Loopback.isLoopback(parsed.host)
}

const parametersOf = (appId: string, notifyId: string, event: TradeEvent): Record<string, string> => {
  const { at, refund, status, to, trade } = event
  const total = Money.decimalString(trade.amount)
  const { payment } = trade
  return {
    app_id: appId,
    auth_app_id: appId,
    charset: "utf-8",
    version: "1.0",
    sign_type: "RSA2",
    notify_type: "trade_status_sync",
    notify_id: notifyId,
    notify_time: BeijingTime.format(at),
    trade_no: trade.tradeNo,
    out_trade_no: trade.outTradeNo,
    trade_status: status,
    total_amount: total,
    subject: trade.subject,
    seller_id: trade.sellerId,
    gmt_create: BeijingTime.format(trade.openedAt),
    ...(to.serial !== undefined && { alipay_cert_sn: to.serial }),
    ...((trade.amount.currency !== "CNY" || trade.settleCurrency !== "CNY") && {
      trans_currency: trade.amount.currency,
      settle_currency: trade.settleCurrency
    }),
    ...(payment === undefined
      ? { gmt_close: BeijingTime.format(at) }
      : {
          buyer_id: payment.delegation.iac.delegator_identity,
          gmt_payment: BeijingTime.format(payment.at),
          receipt_amount: total,
          buyer_pay_amount: total,
          point_amount: "0.00",
          invoice_amount: total,
          fund_bill_list: JSON.stringify([{ amount: total, fundChannel: Channel.fundChannel(payment.channel) }])
        }),
    ...(refund !== undefined && {
      refund_fee: Money.decimalString(Money.of(trade.amount.currency, refund.total)),
      out_biz_no: refund.requestNo,
      gmt_refund: BeijingTime.format(at)
    })
  }
}

const formOf = Effect.fnUntraced(function* (parameters: Record<string, string>, key: Rsa2.PrivateKey) {
  const sign = yield* Rsa2.sign(key, SigningContent.make(parameters, ["sign_type"]))
  return new URLSearchParams({ ...parameters, sign }).toString()
})

interface Kept {
  readonly notice: Omit<Notice, "state" | "deliveries">
  readonly deliveries: Array<NoticeDelivery>
  state: NoticeState
}

interface Teller {
  readonly appId: string
  readonly keys: Keys
  readonly numbers: Numbers
  readonly script: FaultScript.FaultScript
  readonly scope: Scope
}

export const make = ({ appId, keys, numbers, scope, script }: Teller, deliver: Deliver): Notices => {
  const all: Array<Kept> = []
  let waiting = 0
  /** Notices that wait for another one to be delivered first. */
  const held: Array<Deferred.Deferred<void>> = []

  /** Posts it once, and says whether it was taken. */
  const post = Effect.fnUntraced(function* (kept: Kept, form: string, forged = false) {
    const answer = yield* deliver(kept.notice.notify_url, form).pipe(
      Effect.timeoutOrElse({ duration: "10 seconds", orElse: () => Effect.succeed("no answer") })
    )
    const at = DateTime.formatIso(DateTime.makeUnsafe(yield* Clock.currentTimeMillis))
    kept.deliveries.push({ at, answer, forged })
    return answer === "success"
  })

  const faulty = Effect.fnUntraced(function* (kept: Kept, parameters: Record<string, string>) {
    const fault = FaultScript.takeNotice(script, kept.notice.out_trade_no)
    switch (fault?.fault) {
      case "notify-late":
        yield* Effect.sleep(Duration.millis(fault.delay_ms ?? 60_000))
        return 1
      case "notify-duplicated":
        return 2
      case "notify-forged":
        yield* post(kept, yield* formOf(parameters, keys.application), true)
        return 1
      case "notify-reordered": {
        const overtaken = yield* Deferred.make<void>()
        held.push(overtaken)
        yield* Effect.raceFirst(Deferred.await(overtaken), Effect.sleep(Duration.millis(fault.delay_ms ?? 60_000)))
        return 1
      }
      default:
        return 1
    }
  })

  const deliverAll = Effect.fnUntraced(function* (kept: Kept, parameters: Record<string, string>) {
    const copies = yield* faulty(kept, parameters)
    const form = yield* formOf(parameters, keys.alipay)
    for (const pause of pauses) {
      yield* Effect.sleep(pause)
      const taken = yield* Effect.all(
        Array.from({ length: copies }, () => post(kept, form)),
        { concurrency: "unbounded" }
      )
      for (const overtaken of held.splice(0)) yield* Deferred.succeed(overtaken, undefined)
      if (taken.includes(true)) return void (kept.state = "taken")
    }
    kept.state = "given-up"
  })

  return {
    tell: (event) =>
      Effect.suspend(() => {
        const { to, trade } = event
        const notify_id = numbers.notifyId(event.at)
        const parameters = parametersOf(appId, notify_id, event)
        const kept: Kept = {
          notice: {
            notify_id,
            notify_url: to.url,
            out_trade_no: trade.outTradeNo,
            trade_no: trade.tradeNo,
            trade_status: event.status
          },
          deliveries: [],
          state: !isHere(to.url) ? "refused" : waiting >= waitingAtMost ? "dropped" : "waiting"
        }
        all.push(kept)
        if (all.length > listedAtMost) all.shift()
        if (kept.state !== "waiting") {
          return Effect.logWarning(`a notification of ${trade.outTradeNo} is ${kept.state}: ${to.url}`)
        }
        waiting += 1
        const done = Effect.sync(() => void (waiting -= 1))
        return Effect.asVoid(Effect.forkIn(Effect.ensuring(deliverAll(kept, parameters), done), scope))
      }),
    list: () => all.map(({ deliveries, notice, state }) => ({ ...notice, state, deliveries: [...deliveries] }))
  }
}
