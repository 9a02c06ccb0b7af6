/**
 * What a seller asks of Alipay about an agent that has paid a bill: whether the payment is good, and, once the resource is
 * delivered, that it was. Both may be repeated.
 *
 * Names and fields are those of Alipay's SDK (`alipay.aipay.agent.payment.verify`, `alipay.aipay.agent.fulfillment.confirm`).
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Answer from "./internal/answerSchema.ts"
import * as Fields from "./internal/iacFields.ts"
import { OpenPlatform } from "./OpenPlatform.ts"
import type { OpenPlatformError } from "./OpenPlatformError.ts"
import type { PaymentProof } from "./PaymentProof.ts"

type Call<A> = Effect.Effect<A, OpenPlatformError, OpenPlatform>

const verifyMethod = "alipay.aipay.agent.payment.verify"
const confirmMethod = "alipay.aipay.agent.fulfillment.confirm"

const Verified = Schema.Struct({
  /** Whether the payment is good, now. */
  active: Schema.Boolean,
  amount: Schema.optionalKey(Fields.amountIn("CNY")),
  out_trade_no: Schema.optionalKey(Fields.Text),
  resource_id: Schema.optionalKey(Fields.Text),
  trade_no: Schema.optionalKey(Fields.Text)
})
/** What Alipay says of a payment. A fact that it leaves out, or empty, is absent: nothing may be concluded from it. */
export type Verified = typeof Verified.Type

const verified = Answer.decode(verifyMethod, () => Verified)

/** Asks whether a proof is good, and what was paid for. It moves nothing. */
export const verify = ({ client_session, payment_proof, trade_no }: PaymentProof): Call<Verified> =>
  OpenPlatform.use((platform) =>
    platform.execute(verifyMethod, { trade_no, payment_proof: Redacted.value(payment_proof), client_session })
  ).pipe(Effect.flatMap(verified))

const Confirmed = Schema.Struct({ trade_no: Fields.Text })
const confirmed = Answer.decode(confirmMethod, () => Confirmed)

/** Tells Alipay that what was paid for is delivered. */
export const confirm = (trade_no: string): Call<void> =>
  OpenPlatform.use((platform) => platform.execute(confirmMethod, { trade_no })).pipe(
    Effect.flatMap(confirmed),
    Effect.flatMap((answer) =>
      answer.trade_no === trade_no
        ? Effect.void
        : Effect.fail(Answer.malformed(confirmMethod, "it is about another trade"))
    )
  )
