/**
 * Offers: how a sale could be paid for, by every protocol and currency.
 */
import * as Array from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Charge } from "../Charge.ts"
import type { AnyProtocol } from "../PaymentProtocol.ts"
import type { Offer } from "../Refusal.ts"
import type { Sale } from "../Sale.ts"
import { bounded } from "./bounded.ts"
import type { Charging } from "./charging.ts"
import type { Installed } from "./installed.ts"

/** An answer 402 does not wait longer for one protocol. */
const patience = Duration.seconds(2)

export type Offering = <A>(sale: Sale<A>) => Effect.Effect<ReadonlyArray<Offer>>

export const make = (installed: Installed, charging: Charging, timeout: Duration.Duration): Offering => {
  const limit = Duration.min(timeout, patience)

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

  return (sale) =>
    Effect.forEach(
      installed.serving(sale.merchant),
      (protocol) =>
        Effect.flatMap(charging(protocol, sale), (charges) =>
          Effect.forEach(charges, (charge) => offer(protocol, charge), { concurrency: "unbounded" })
        ),
      { concurrency: "unbounded" }
    ).pipe(Effect.map((found) => Array.getSomes(found.flat())))
}
