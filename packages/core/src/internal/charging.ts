/**
 * Opening charges: what a sale costs with one protocol.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Random from "effect/Random"
import * as Result from "effect/Result"
import type { Charge } from "../Charge.ts"
import * as Digest from "../Digest.ts"
import * as PaidRequest from "../PaidRequest.ts"
import type { AnyProtocol } from "../PaymentProtocol.ts"
import type { Options } from "../Paywall.ts"
import type { Sale } from "../Sale.ts"
import type { Quoting } from "./quoting.ts"

/** As many hexadecimal digits of a whole number. */
const hex = (value: number, digits: number) => Math.floor(value).toString(16).padStart(digits, "0")

/**
 * `ch_`, the moment in 48 bits of milliseconds, and 80 random bits, as in RFC 9562's UUIDv7: what is charged together is
 * together in a ledger's indexes, however many charges they hold.
 */
const freshId = (random: (typeof Random.Random)["Service"], atMillis: number) => {
  const draw = (digits: number) => hex(random.nextDoubleUnsafe() * 16 ** digits, digits)
  return `ch_${hex(Math.abs(atMillis) % 2 ** 48, 12)}${draw(10)}${draw(10)}`
}

export type Charging = <A>(protocol: AnyProtocol, sale: Sale<A>) => Effect.Effect<ReadonlyArray<Charge>>

/**
 * A charge per currency that both the price and the protocol take, in the host's order, and behind them one per currency that a
 * quote adds. A charge that was paid before it is opened, on a bill, is never priced by a quote: it may be another by now. Neither
 * is one of which less may be taken: what its price lists would not be what the receipt says.
 */
export const make = (options: Options, quoting: Quoting | undefined): Charging => {
  const lifetime = Duration.toMillis(Duration.fromInputUnsafe(options.chargeLifetime ?? "15 minutes"))
  const charges = <A>(fiber: Fiber.Fiber<unknown, unknown>, protocol: AnyProtocol, sale: Sale<A>) => {
    const now = fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
    const random = fiber.getRef(Random.Random)
    const merchant = protocol.manifest.merchant ?? sale.merchant ?? options.merchant ?? "merchant"
    // One that cannot be read is refused when it is used.
    const sent = Result.getOrUndefined(PaidRequest.idempotencyKey(sale.request))
    const common = {
      merchant,
      method: sale.request.method,
      resource: sale.request.resource,
      tool: sale.tool ?? sale.request.resource.replace(/\?.*$/s, ""),
      binding: PaidRequest.binding(sale.request, merchant),
      openedAt: DateTime.makeUnsafe(now),
      expiresAt: DateTime.makeUnsafe(now + lifetime),
      ...(sent === undefined ? {} : { key: Digest.sha256(sent) }),
      ...(sale.category === undefined ? {} : { category: sale.category }),
      ...(sale.description === undefined ? {} : { description: sale.description })
    }
    const { currencies, flow } = protocol.manifest
    const listed = sale.price
      .filter(({ currency }) => currencies.includes(currency))
      .map((money): Charge => ({ ...common, id: freshId(random, now), money }))
    if (quoting === undefined || flow === "prepaid-then-confirm" || sale.upTo === true) return listed
    const others = quoting(sale.price, now)
      .filter(({ money }) => currencies.includes(money.currency))
      .map(({ money, quoted }): Charge => {
        const expiresAt = DateTime.min(common.expiresAt, quoted.quote.expiresAt)
        return { ...common, id: freshId(random, now), money, quoted, expiresAt }
      })
    return [...listed, ...others]
  }
  return (protocol, sale) => Effect.withFiberSucceed((fiber) => charges(fiber, protocol, sale))
}
