/**
 * Offers: how a sale could be paid for, by every protocol and currency.
 */
import * as Array from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Result from "effect/Result"
import type { Charge } from "../Charge.ts"
import type { AnyProtocol } from "../PaymentProtocol.ts"
import * as Price from "../Price.ts"
import type { Offer } from "../Refusal.ts"
import type { Sale } from "../Sale.ts"
import { bounded } from "./bounded.ts"
import { isAble } from "./capturing.ts"
import type { Charging } from "./charging.ts"
import type { Installed } from "./installed.ts"

/** An answer 402 does not wait longer for one protocol. */
const patience = Duration.seconds(2)

/** What standing offers depend on. */
export type Standing = Pick<Sale<never>, "price" | "merchant" | "category" | "upTo">

export interface Offering {
  readonly offers: <A>(sale: Sale<A>) => Effect.Effect<ReadonlyArray<Offer>>
  /** The offers that stand for a price, where they were made before and are the same for every request. */
  readonly standing: (sale: Standing) => ReadonlyArray<Offer> | undefined
}

/** `stands`: whether offers depend on nothing but the price, the merchant and the category. */
export const make = (
  installed: Installed,
  charging: Charging,
  timeout: Duration.Duration,
  stands: boolean
): Offering => {
  const limit = Duration.min(timeout, patience)
  const known = new WeakMap<Price.Price, Map<string, ReadonlyArray<Offer>>>()
  const about = ({ category = "", merchant = "", upTo = false }: Standing) => `${merchant}\n${category}\n${upTo}`
  const standing: Offering["standing"] = (sale) => known.get(sale.price)?.get(about(sale))

  const offer = (protocol: AnyProtocol, charge: Charge) =>
    bounded(protocol, "challenge", limit, () => protocol.challenge(charge)).pipe(
      Effect.map(({ headers, offer }): Offer => ({
        protocol: protocol.manifest,
        money: charge.money,
        ...(charge.quoted === undefined ? {} : { quoted: charge.quoted }),
        merchant: charge.merchant,
        headers,
        details: offer
      })),
      // A protocol that cannot say how it would be paid does not keep the others from saying so.
      Effect.option
    )

  const making = <A>(sale: Sale<A>) =>
    Effect.forEach(
      installed.serving(sale.merchant).filter((protocol) => isAble(protocol, sale)),
      (protocol) =>
        Effect.flatMap(charging(protocol, sale), (charges) =>
          Effect.forEach(charges, (charge) => offer(protocol, charge), { concurrency: "unbounded" })
        ),
      { concurrency: "unbounded" }
    ).pipe(Effect.map((found) => found.flat()))

  /** What a protocol could not say this time, it may say the next. */
  const keep = <A>(sale: Sale<A>, made: ReadonlyArray<Option.Option<Offer>>): ReadonlyArray<Offer> => {
    const offers = Array.getSomes(made)
    if (stands && offers.length === made.length && Result.isSuccess(Price.fromAmounts(sale.price))) {
      const others = known.get(sale.price) ?? new Map<string, ReadonlyArray<Offer>>()
      known.set(sale.price, others.set(about(sale), offers))
    }
    return offers
  }

  return {
    standing,
    offers: (sale) => {
      const before = standing(sale)
      return before === undefined ? Effect.map(making(sale), (made) => keep(sale, made)) : Effect.succeed(before)
    }
  }
}
