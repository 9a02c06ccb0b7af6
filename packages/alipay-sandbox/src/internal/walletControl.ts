/**
 * The wallet's endpoints below `/sandbox/a402`: what an agent calls that has no `AlipaySandbox` in its process.
 */
import * as Money from "@paylayer/core/Money"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Payment, Wallet } from "../Wallet.ts"
import { problem } from "./problem.ts"
import * as RequestBody from "./requestBody.ts"

/** What an agent asks the wallet to pay. */
const Order = Schema.Struct({
  /** The value of the header `Payment-Needed`. */
  payment_needed: Schema.String,
  payer: Schema.optionalKey(Schema.String.check(Schema.isPattern(/^2088\d{12}$/)))
})

const decode = Schema.decodeUnknownResult(Order, { onExcessProperty: "error" })

const unlike = () =>
  problem(422, "Unprocessable Content", "payment_needed is text, and payer, if there is one, an account")

const shown = ({ amount, proof, ...rest }: Payment) => ({
  ...rest,
  amount: Money.decimalString(amount),
  currency: amount.currency,
  payment_proof: Redacted.value(proof)
})

const json = (body: unknown, status = 200) => HttpServerResponse.jsonUnsafe(body, { status })

/** Adds them. */
export const add = Effect.fnUntraced(function* (router: HttpRouter.HttpRouter, wallet: Wallet) {
  yield* router.add("POST", "/sandbox/a402/payments", (request) =>
    RequestBody.json(request, StrictJson.parse).pipe(
      Effect.flatMap((body) => Effect.fromResult(Result.mapError(decode(body), unlike))),
      Effect.flatMap(({ payer, payment_needed }) =>
        wallet
          .pay(payment_needed, payer === undefined ? {} : { payer })
          .pipe(Effect.mapError(({ code, message }) => problem(409, "Conflict", `${code}: ${message}`)))
      ),
      Effect.map((payment) => json(shown(payment), 201)),
      Effect.catch(Effect.succeed)
    )
  )
  yield* router.add(
    "GET",
    "/sandbox/a402/payments",
    Effect.map(wallet.payments, (payments) => json({ payments: payments.map(shown) }))
  )
  yield* router.add(
    "POST",
    "/sandbox/a402/payments/:trade_no/close",
    Effect.flatMap(HttpRouter.params, ({ trade_no = "" }) => wallet.close(trade_no)).pipe(
      Effect.map((payment) => json(shown(payment))),
      Effect.catchTag("PaymentNotFound", () => Effect.succeed(problem(404, "Not Found", "no payment has this number")))
    )
  )
})
