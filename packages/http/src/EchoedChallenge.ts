/**
 * The challenge that a client gives back, in `Authorization: Payment` (draft-httpauth-payment-01, 5.2) or in `_meta`: it must be one
 * of ours, for this request, not expired, and for what is asked now. So nobody pays another price than the one it agreed to.
 */
import type { Money } from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { PaidRequest } from "@paylayer/core/PaidRequest"
import type { Price } from "@paylayer/core/Price"
import { type Offer, Refusal } from "@paylayer/core/Refusal"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Option from "effect/Option"
import * as DateTime from "effect/DateTime"
import type * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { timingSafeEqual } from "node:crypto"
import * as PaymentChallenge from "./PaymentChallenge.ts"

const optional = Schema.optionalKey(Schema.String)

/** Over HTTP `request` and `opaque` are Base64URL of JSON, over MCP they are the JSON. */
const Credential = Schema.fromJsonString(
  Schema.Struct({
    challenge: Schema.Struct({
      id: Schema.String,
      realm: Schema.String,
      method: Schema.String,
      intent: Schema.String,
      request: Schema.Union([Schema.String, Schema.JsonObject]),
      expires: optional,
      digest: optional,
      opaque: Schema.optionalKey(Schema.Union([Schema.String, Schema.JsonObject]))
    })
  })
)
const decode = Schema.decodeUnknownResult(Credential)

/** What was sent after `Payment`. */
const sent = ({ headers }: PaidRequest): ReadonlyArray<string> =>
  (headers["authorization"] ?? []).flatMap((value) => /^payment +([\w-]+=*)$/i.exec(value)?.[1] ?? [])

const encoded = (value: string | Schema.JsonObject): string =>
  typeof value === "string" ? value : Base64Url.encode(JSON.stringify(value))

const read = (text: string): Result.Result<PaymentChallenge.PaymentChallenge, PaymentError.PaymentError> =>
  Result.mapError(
    Result.flatMap(
      Result.flatMap(Base64Url.decodeString(text.replace(/=+$/, "")), decode),
      ({ challenge: { opaque, request, ...challenge } }) =>
        PaymentChallenge.fromParameters({
          ...challenge,
          request: encoded(request),
          opaque: opaque === undefined ? undefined : encoded(opaque)
        })
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

const lists = (amounts: ReadonlyArray<Money>, { amount, currency }: Schema.JsonObject): boolean =>
  amounts.some((money) => money.currency === currency && money.minor.toString() === amount)

/** What is asked for. */
export interface Asked {
  readonly request: PaidRequest
  readonly price: Price
  /** From `PaymentChallenge.requestDigest`: what a challenge of this request is signed for. */
  readonly digest: string
  /** Every way to pay: asked for where a challenge names an amount that the price does not list, and for an answer 402. */
  readonly offers: Effect.Effect<ReadonlyArray<Offer>>
}

const holds = Effect.fnUntraced(function* (text: string, asked: Asked, key: Redacted.Redacted<Uint8Array>) {
  const challenge = yield* Effect.fromResult(read(text))
  if (!isOurs(challenge.id, PaymentChallenge.mac(challenge, key)))
    return yield* PaymentError.fail(
      new PaymentError.SignatureInvalid({ detail: "the challenge was not issued here, or was changed" })
    )
  const ends = Option.map(DateTime.make(challenge.expires ?? ""), ({ epochMilliseconds }) => epochMilliseconds)
  if (Option.getOrElse(ends, () => 0) <= (yield* Clock.currentTimeMillis))
    return yield* PaymentError.fail(new PaymentError.ChargeExpired({ detail: "the challenge has expired" }))
  if (challenge.opaque?.["request"] !== asked.digest)
    return yield* PaymentError.fail(
      new PaymentError.BindingMismatch({ detail: "the challenge was issued for another request" })
    )
  if (lists(asked.price, challenge.request)) return
  const offered = (yield* asked.offers).map(({ money }) => money)
  if (!lists(offered, challenge.request))
    return yield* PaymentError.fail(
      new PaymentError.BindingMismatch({ detail: "the price has changed since the challenge was issued" })
    )
})

/** Fails when a challenge was given back that does not hold. Nothing was given back, or one that holds: succeeds. */
export const check = (asked: Asked, key: Redacted.Redacted<Uint8Array>): Effect.Effect<void, Refusal> => {
  const texts = sent(asked.request)
  if (texts.length === 0) return Effect.void
  return Effect.forEach(texts, (text) => holds(text, asked, key), { discard: true }).pipe(
    Effect.catch((error) =>
      Effect.flatMap(error.status === 402 ? asked.offers : Effect.succeed([]), (offers) =>
        Effect.fail(new Refusal({ error, offers }))
      )
    )
  )
}
