/**
 * Coupons: an agent has paid the depot for one resource and sends the coupon's number. `prepaid-then-confirm`, used once.
 */
import type { TillError } from "@paylayer/conformance/reference/Till"
import type { Charge } from "@paylayer/core/Charge"
import { ambiguous, type Credential, found, none } from "@paylayer/core/Detection"
import { Mandate } from "@paylayer/core/Mandate"
import * as Money from "@paylayer/core/Money"
import { contractVersion, type Manifest } from "@paylayer/core/Manifest"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { Outcome, PaymentProtocol } from "@paylayer/core/PaymentProtocol"
import type { Receipt } from "@paylayer/core/Receipt"
import { distinct } from "@paylayer/core/RequestHeaders"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Slip } from "./Depot.ts"
import { CouponDesk } from "./DepotRpc.ts"

/** The request header that carries a coupon's number. */
export const header = "x-coupon"

const manifest: Manifest = {
  id: "coupon",
  contract: contractVersion,
  displayName: "Coupon",
  flow: "prepaid-then-confirm",
  use: "once",
  identityType: "coupon",
  paymentType: "depot",
  triggers: [{ header }],
  currencies: ["CNY"],
  capabilities: []
}

const Grant = Schema.Struct({ mandate: Mandate })
type Grant = (typeof Grant)["Type"]

const receipt = (charge: Charge, { reference, atMillis }: Slip): Receipt => ({
  chargeId: charge.id,
  protocol: manifest.id,
  merchant: charge.merchant,
  resource: charge.resource,
  money: charge.money,
  reference,
  settledAt: DateTime.makeUnsafe(atMillis)
})

/** The agent has paid: whatever is said here, its money has moved. */
const refused = ({ code }: TillError) =>
  PaymentError.make(
    code === "closed"
      ? new PaymentError.AlreadySettled({ detail: "the coupon was used for another charge" })
      : new PaymentError.ProviderUnavailable({ detail: `the depot says: ${code}` }),
    { moved: "yes", retryAfter: 1 }
  )

export class Coupon extends Context.Service<Coupon, PaymentProtocol<Credential, Mandate, Grant>>()(
  "@paylayer/crash-test/Coupon"
) {
  static readonly layer = Layer.effect(
    Coupon,
    Effect.map(CouponDesk, (desk) => {
      const ask = (mandate: Mandate) => Effect.mapError(desk.coupon(mandate.id), refused)
      return Coupon.of({
        manifest,
        authorization: Schema.toCodecJson(Grant),
        detect: (headers) => {
          const [number, ...others] = distinct(headers, header)
          if (number === undefined) return none
          return others.length > 0 ? ambiguous([header, header]) : found({ secret: Redacted.make(number) })
        },
        challenge: () => Effect.succeed({ headers: {}, offer: { header } }),
        validate: ({ secret }) => {
          const number = Redacted.value(secret)
          return Effect.succeed({ id: number, payer: number })
        },
        verify: Effect.fnUntraced(function* (mandate, charge) {
          const coupon = yield* ask(mandate)
          if (coupon === null) {
            return yield* PaymentError.fail(new PaymentError.CredentialRevoked({ detail: "no coupon has this number" }))
          }
          const { merchant, resource, money, used } = coupon
          if (merchant !== charge.merchant || resource !== charge.resource || !Money.equals(money, charge.money)) {
            return yield* PaymentError.fail(
              new PaymentError.BindingMismatch({ detail: "the coupon is for something else" })
            )
          }
          if (used !== undefined && used.charge !== charge.id) {
            return yield* PaymentError.fail(new PaymentError.AlreadySettled({ detail: "the coupon was used" }), {
              moved: "yes"
            })
          }
          return { mandate }
        }),
        settle: ({ mandate }, charge) =>
          desk.confirm(mandate.id, charge.id).pipe(
            Effect.map((slip) => receipt(charge, slip)),
            Effect.mapError(refused)
          ),
        lookup: ({ mandate }, charge) =>
          Effect.map(ask(mandate), (coupon): Outcome =>
            coupon?.used?.charge === charge.id
              ? { _tag: "Settled", receipt: receipt(charge, coupon.used) }
              : { _tag: "Unknown" }
          )
      })
    })
  )
}
