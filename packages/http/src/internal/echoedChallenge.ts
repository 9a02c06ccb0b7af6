/**
 * The challenge that a client gives back, in `Authorization: Payment` (draft-httpauth-payment-01, 5.2): it must be one of ours,
 * for this request, not expired, and for what is asked now. So nobody pays another price than the one it agreed to.
 */
import * as PaymentError from "@paylayer/core/PaymentError"
import type { PaidRequest } from "@paylayer/core/PaidRequest"
import type { Price } from "@paylayer/core/Price"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Option from "effect/Option"
import * as DateTime from "effect/DateTime"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { timingSafeEqual } from "node:crypto"
import * as PaymentChallenge from "../PaymentChallenge.ts"

const optional = Schema.optionalKey(Schema.String)

const Credential = Schema.fromJsonString(
  Schema.Struct({
    challenge: Schema.Struct({
      id: Schema.String,
      realm: Schema.String,
      method: Schema.String,
      intent: Schema.String,
      request: Schema.String,
      expires: optional,
      digest: optional,
      opaque: optional
    })
  })
)
const decode = Schema.decodeUnknownResult(Credential)

/** What was sent after `Payment`. */
const sent = ({ headers }: PaidRequest): ReadonlyArray<string> =>
  (headers["authorization"] ?? []).flatMap((value) => /^payment +([\w-]+=*)$/i.exec(value)?.[1] ?? [])

const read = (text: string): Result.Result<PaymentChallenge.PaymentChallenge, PaymentError.PaymentError> =>
  Result.mapError(
    Result.flatMap(Result.flatMap(Base64Url.decodeString(text.replace(/=+$/, "")), decode), ({ challenge }) =>
      PaymentChallenge.fromParameters(challenge)
    ),
    () =>
      PaymentError.make(
        new PaymentError.CredentialMalformed({ detail: "Authorization: Payment holds no challenge that can be read" })
      )
  )

const isOurs = (given: string, ours: string): boolean => {
  const [one, other] = [Buffer.from(given), Buffer.from(ours)]
  return one.length === other.length && timingSafeEqual(one, other)
}

/** Fails when a challenge was given back that does not hold. Nothing was given back, or one that holds: succeeds. */
export const check = Effect.fnUntraced(function* (
  request: PaidRequest,
  price: Price,
  key: Redacted.Redacted<Uint8Array>
) {
  for (const text of sent(request)) {
    const challenge = yield* Effect.fromResult(read(text))
    if (!isOurs(challenge.id, PaymentChallenge.mac(challenge, key)))
      return yield* PaymentError.fail(
        new PaymentError.SignatureInvalid({ detail: "the challenge was not issued here, or was changed" })
      )
    const ends = Option.map(DateTime.make(challenge.expires ?? ""), ({ epochMilliseconds }) => epochMilliseconds)
    if (Option.getOrElse(ends, () => 0) <= (yield* Clock.currentTimeMillis))
      return yield* PaymentError.fail(new PaymentError.ChargeExpired({ detail: "the challenge has expired" }))
    if (challenge.opaque?.["request"] !== PaymentChallenge.requestDigest(request))
      return yield* PaymentError.fail(
        new PaymentError.BindingMismatch({ detail: "the challenge was issued for another request" })
      )
    const { amount, currency } = challenge.request
    if (!price.some((money) => money.currency === currency && money.minor.toString() === amount))
      return yield* PaymentError.fail(
        new PaymentError.BindingMismatch({ detail: "the price has changed since the challenge was issued" })
      )
  }
})
