/**
 * Capturing: how much of what was authorized is taken for what was made, and what is written beside it. Whatever the host says
 * wrongly takes nothing.
 */
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Charge } from "../Charge.ts"
import * as Money from "../Money.ts"
import * as PaymentError from "../PaymentError.ts"
import type { AnyProtocol } from "../PaymentProtocol.ts"
import type { Capture, Payment, Sale } from "../Sale.ts"

/** Whether a protocol can take what is for sale: less than it authorized, where that is the price. */
export const isAble = ({ manifest }: AnyProtocol, { upTo }: { readonly upTo?: boolean }): boolean =>
  upTo !== true || manifest.capabilities.includes("partial-capture")

const isCapture = Schema.is(
  Schema.Struct({ money: Schema.optionalKey(Money.Money), usage: Schema.optionalKey(Schema.Json) })
)

const isWithin = ({ money: most }: Charge, money: Money.Money, upTo: boolean): boolean =>
  money.currency === most.currency &&
  (upTo ? money.minor >= 0n && money.minor <= most.minor : money.minor === most.minor)

/** What the host says is taken. Fails with `price_invalid`; why is in the log, not in the answer. */
export const capture = <A>(
  { asking, upTo }: { readonly asking: NonNullable<Sale<A>["capture"]>; readonly upTo: boolean },
  value: A,
  payment: Payment,
  limit: Duration.Duration
): Effect.Effect<Capture, PaymentError.PaymentError> => {
  const { charge } = payment
  return Effect.suspend(() => asking(value, payment)).pipe(
    Effect.timeout(limit),
    Effect.filterOrFail(
      (said) => isCapture(said) && (said.money === undefined || isWithin(charge, said.money, upTo)),
      () => "what is to be taken is no capture, or not within the charge"
    ),
    Effect.catchCause((cause) =>
      Cause.hasInterruptsOnly(cause)
        ? Effect.interrupt
        : Effect.andThen(
            Effect.logError(`what charge ${charge.id} takes could not be said`, cause),
            PaymentError.fail(new PaymentError.PriceInvalid({ detail: "what this call costs could not be said" }), {
              chargeId: charge.id
            })
          )
    )
  )
}
