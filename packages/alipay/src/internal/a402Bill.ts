/**
 * The bill for a charge, as a function of the charge: nothing about it is stored, so any host recognises what any host has issued.
 *
 * The order's number says what it is for. Its last part is a digest of merchant, request, amount and currency, and of the part
 * before: a number that was issued for another charge, or made up, is told apart by computing it again. Alipay takes no money for
 * a bill that the seller has not signed.
 */
import type { Charge } from "@paylayer/core/Charge"
import * as Digest from "@paylayer/core/Digest"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import type { A402Config } from "../A402Config.ts"
import type { Unsigned } from "../PaymentNeeded.ts"
import * as Civil from "./civil.ts"

const hex = (digest: string, digits: number): string =>
  Buffer.from(digest, "base64url").toString("hex").slice(0, digits)

const number = (charge: Charge, nonce: string): string => {
  const { binding, merchant, money } = charge
  const parts = [merchant, binding, money.currency, String(money.minor), nonce]
  return `A402_${nonce}_${hex(Digest.sha256List(parts), 32)}`
}

/** Whether an order of this number was issued for such a charge: the same request, amount and merchant, whatever its id. */
export const isFor = (charge: Charge, outTradeNo: string): boolean => {
  const nonce = /^A402_([0-9a-f]{24})_[0-9a-f]{32}$/.exec(outTradeNo)?.[1]
  return nonce !== undefined && number(charge, nonce) === outTradeNo
}

const draw = Effect.map(Random.nextIntBetween(0, 0x1_0000_0000, { halfOpen: true }), (bits) =>
  bits.toString(16).padStart(8, "0")
)

/**
 * The same for one request and its repetitions: two bills of one number are never both paid. A request without a key is
 * nobody's repetition; two agents that ask for the same thing must both be able to pay.
 */
const nonceFor = ({ binding, key, money }: Charge): Effect.Effect<string> =>
  key === undefined
    ? Effect.map(Effect.all([draw, draw, draw]), (drawn) => drawn.join(""))
    : Effect.succeed(hex(Digest.sha256List([key, binding, money.currency, String(money.minor)]), 24))

const quarter = 15 * 60_000
const beijing = 8 * 3_600_000

/** The end of the next quarter of an hour: 15 to 30 minutes from now, and the same for a while, so that the bill stays the same. */
const payBefore = ({ openedAt }: Charge): string =>
  `${Civil.print((Math.floor(openedAt.epochMilliseconds / quarter) + 2) * quarter + beijing, "T")}+08:00`

/** What the payer reads. A query may hold what is nobody else's business; `&` and `=` would blur what is signed. */
const goodsName = ({ description, resource }: Charge): string =>
  // oxlint-disable-next-line no-control-regex -- what a bill may not hold
  (description ?? resource.split("?")[0] ?? resource).replace(/[\u0000-\u001f\u007f&=]/g, " ").slice(0, 256) || "-"

/** The bill for a charge. */
export const make = (
  charge: Charge,
  { sellerName, serviceId }: A402Config["Service"],
  appId: string
): Effect.Effect<Unsigned> =>
  Effect.map(nonceFor(charge), (nonce) => ({
    protocol: {
      out_trade_no: number(charge, nonce),
      amount: Money.decimalString(charge.money),
      resource_id: charge.binding,
      pay_before: payBefore(charge)
    },
    method: {
      seller_name: sellerName,
      seller_id: charge.merchant,
      seller_app_id: appId,
      goods_name: goodsName(charge),
      service_id: serviceId(charge)
    }
  }))
