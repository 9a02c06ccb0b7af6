/**
 * Opening charges: what a sale costs with one protocol.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
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
const freshId = (atMillis: number) =>
  Random.Random.use((random) =>
    Effect.sync(() => {
      const draw = (digits: number) => hex(random.nextDoubleUnsafe() * 16 ** digits, digits)
      return `ch_${hex(Math.abs(atMillis) % 2 ** 48, 12)}${draw(10)}${draw(10)}`
    })
  )

export type Charging = <A>(protocol: AnyProtocol, sale: Sale<A>) => Effect.Effect<ReadonlyArray<Charge>>

/**
 * A charge per currency that both the price and the protocol take, in the host's order, and behind them one per currency that a
 * quote adds. A charge that was paid before it is opened, on a bill, is never priced by a quote: it may be another by now.
 */
export const make = (options: Options, quoting: Quoting | undefined): Charging => {
  const lifetime = Duration.toMillis(Duration.fromInputUnsafe(options.chargeLifetime ?? "15 minutes"))
  return Effect.fnUntraced(function* (protocol, sale) {
    const now = yield* Clock.currentTimeMillis
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
    const payable = sale.price.filter(({ currency }) => protocol.manifest.currencies.includes(currency))
    const charges = yield* Effect.forEach(payable, (money) =>
      Effect.map(freshId(now), (id): Charge => ({ ...common, id, money }))
    )
    if (quoting === undefined || protocol.manifest.flow === "prepaid-then-confirm") return charges
    for (const { money, quoted } of quoting(sale.price, now)) {
      if (!protocol.manifest.currencies.includes(money.currency)) continue
      const expiresAt = DateTime.min(common.expiresAt, quoted.quote.expiresAt)
      charges.push({ ...common, id: yield* freshId(now), money, quoted, expiresAt })
    }
    return charges
  })
}
