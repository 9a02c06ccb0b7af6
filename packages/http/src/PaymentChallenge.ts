/**
 * A challenge of the `Payment` HTTP authentication scheme, as `WWW-Authenticate` carries it.
 *
 * Source: draft-httpauth-payment-01, "The Payment HTTP Authentication Scheme", and its `charge` intent. Where our names and
 * the draft's differ, a protocol's manifest id is written as a payment method identifier: `alipay-trust` is `alipay:trust`.
 *
 * @example
 * Payment id="x7Tg2pLqR9mKvNwY3hBcZa", realm="api", method="alipay:trust", intent="charge", request="eyJhbW91bnQi…"
 */
import type { PaidRequest } from "@paylayer/core/PaidRequest"
import type { Offer } from "@paylayer/core/Refusal"
import * as Digest from "@paylayer/core/Digest"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { createHmac, createSecretKey, type KeyObject } from "node:crypto"
import { ChallengeKey } from "./ChallengeKey.ts"
import * as WwwAuthenticate from "./WwwAuthenticate.ts"

export interface PaymentChallenge {
  /** Different in every challenge that was ever issued. */
  readonly id: string
  /** What is protected. Visible ASCII and spaces. */
  readonly realm: string
  /** `payment-method-id`: lower-case letters, then optionally a colon and a variant. */
  readonly method: string
  readonly intent: string
  /** What paying needs: `amount` in minor units, `currency`, `recipient`, `methodDetails`. */
  readonly request: Schema.JsonObject
  /** RFC 3339. A client asks again after it, since the price may have changed. */
  readonly expires?: string
  /** The host's own, which clients give back unchanged. */
  readonly opaque?: Readonly<Record<string, string>>
}

/** The first hyphen of a manifest id separates the method from its variant. */
export const method = (protocolId: string): string => protocolId.replace("-", ":")

/** What `fromOffer` adds to an offer. */
export interface Issue {
  readonly realm: string
  /** Random, at least 128 bits, one per answer. */
  readonly nonce: string
  readonly expires?: string
  /** Signs: `id` is then the MAC of everything else, and `opaque` says which request it was issued for. */
  readonly signing?: {
    readonly key: Redacted.Redacted<Uint8Array>
    /** From `requestDigest`. */
    readonly request: string
  }
}

/** What a signed challenge is issued for: a method and a resource, and a body where the price depends on it. */
export const requestDigest = ({
  bodyDigest,
  method,
  resource
}: Pick<PaidRequest, "method" | "resource"> & { readonly bodyDigest?: string | undefined }): string =>
  Digest.sha256List(bodyDigest === undefined ? [method, resource] : [method, resource, bodyDigest])

/** Keys as `crypto` takes them, each made once: that costs more than a MAC does. */
const secrets = new WeakMap<Redacted.Redacted<Uint8Array>, KeyObject>()
const secretOf = (key: Redacted.Redacted<Uint8Array>): KeyObject => {
  const secret = secrets.get(key) ?? createSecretKey(Redacted.value(key))
  secrets.set(key, secret)
  return secret
}

/**
 * The MAC of a challenge, as the draft recommends it (5.1.2): HMAC-SHA256 over realm, method, intent, request, expires, digest
 * and opaque, each in its place, joined by `|`.
 */
export const mac = (
  { expires = "", intent, method, opaque, realm, request }: Omit<PaymentChallenge, "id">,
  key: Redacted.Redacted<Uint8Array>
): string =>
  createHmac("sha256", secretOf(key))
    .update(
      [
        realm,
        method,
        intent,
        encodedOf(request),
        expires,
        "",
        opaque === undefined ? "" : Base64Url.encode(canonical(opaque))
      ].join("|")
    )
    .digest("base64url")

/** 128 random bits, as 32 hexadecimal digits. */
const freshNonce = Random.Random.useSync((random) => {
  const draw = () =>
    Math.floor(random.nextDoubleUnsafe() * 2 ** 32)
      .toString(16)
      .padStart(8, "0")
  return draw() + draw() + draw() + draw()
})

/** How long a challenge may be relied on, in milliseconds: long enough to ask a principal, short enough for prices to move. */
const lifetime = 5 * 60 * 1000

/** What one answer adds to its offers; they are signed where the host has a key and the request is known, by its digest. */
export const issue = (realm: string, request?: string): Effect.Effect<Issue> =>
  Effect.gen(function* () {
    const nonce = yield* freshNonce
    const now = yield* Clock.currentTimeMillis
    const expires = DateTime.formatIso(DateTime.makeUnsafe(now + lifetime))
    const key = yield* ChallengeKey
    if (request === undefined || key === undefined) return { realm, nonce, expires }
    return { realm, nonce, expires, signing: { key, request } }
  })

/** What tells the challenge for the offer with this index from all others; its id, where it is not signed. */
const idOf = ({ nonce }: Issue, index: number): string => (index === 0 ? nonce : `${nonce}-${index}`)

/**
 * Printed challenges of another issue, for the same offers: with new ids and a new expiry, and all else as it was. Only for offers
 * without quotes, whose own expiry counts.
 */
export const reissue = (printed: string, before: Issue, now: Issue): string => {
  const text = printed.replaceAll(before.nonce, now.nonce)
  return before.expires === undefined || now.expires === undefined ? text : text.replaceAll(before.expires, now.expires)
}

/** The earlier of two moments in RFC 3339, both in UTC. */
const sooner = (one: string | undefined, other: string | undefined): string | undefined =>
  one === undefined || (other !== undefined && other < one) ? other : one

/** What an offer asks for: the same in every challenge for it. */
const requests = new WeakMap<Offer, Schema.JsonObject>()

const requestOf = (offer: Offer): Schema.JsonObject => {
  const known = requests.get(offer)
  if (known !== undefined) return known
  const { details, merchant, money } = offer
  const request = {
    amount: money.minor.toString(),
    currency: money.currency,
    recipient: merchant,
    ...(Object.keys(details).length === 0 ? {} : { methodDetails: details })
  }
  requests.set(offer, request)
  return request
}

/** The challenge for one way to pay, good no longer than its quote; `index` tells the offers of one answer apart. */
export const fromOffer = (offer: Offer, index: number, issue: Issue): PaymentChallenge => {
  const { protocol, quoted } = offer
  const { realm, signing } = issue
  const expires = sooner(issue.expires, quoted && DateTime.formatIso(quoted.quote.expiresAt))
  const unique = idOf(issue, index)
  const challenge = {
    realm,
    method: method(protocol.id),
    intent: "charge",
    request: requestOf(offer),
    ...(expires === undefined ? {} : { expires }),
    ...(signing === undefined ? {} : { opaque: { nonce: unique, request: signing.request } })
  }
  return { id: signing === undefined ? unique : mac(challenge, signing.key), ...challenge }
}

/** The same with less to say, signed anew: a client finds the rest in the body. */
export const withoutDetails = (self: PaymentChallenge, { signing }: Pick<Issue, "signing"> = {}): PaymentChallenge => {
  const { methodDetails: _, ...request } = self.request
  const challenge = { ...self, request }
  return signing === undefined ? challenge : { ...challenge, id: mac(challenge, signing.key) }
}

/** RFC 8785, which the draft asks for: members in the order of their UTF-16 code units. */
const canonical = (value: Schema.Json): string =>
  Array.isArray(value)
    ? `[${value.map(canonical).join(",")}]`
    : Predicate.isObject(value)
      ? `{${Object.entries(value)
          .toSorted(([a], [b]) => (a < b ? -1 : 1))
          .map(([name, member]) => `${JSON.stringify(name)}:${canonical(member as Schema.Json)}`)
          .join(",")}}`
      : JSON.stringify(value)

/** A request as it is sent and signed; once for each that is issued again and again. */
const encoded = new WeakMap<Schema.JsonObject, string>()

const encodedOf = (request: Schema.JsonObject): string => {
  const known = encoded.get(request)
  if (known !== undefined) return known
  const text = Base64Url.encode(canonical(request))
  encoded.set(request, text)
  return text
}

/** One challenge, in the grammar of RFC 9110, 11.6.1. Characters that a header cannot carry become `?`. */
export const print = ({ opaque, request, ...rest }: PaymentChallenge): string => {
  const parameters = {
    ...rest,
    request: encodedOf(request),
    ...(opaque === undefined ? {} : { opaque: Base64Url.encode(canonical(opaque)) })
  }
  return WwwAuthenticate.print([{ scheme: "Payment", parameters: Object.entries(parameters) }])
}

const Request = Schema.fromJsonString(Schema.JsonObject)

const Opaque = Schema.fromJsonString(Schema.Record(Schema.String, Schema.String))

/** The parameters of a challenge as they are sent, `request` and `opaque` in Base64URL. */
export interface Parameters {
  readonly id: string
  readonly realm: string
  readonly method: string
  readonly intent: string
  readonly request: string
  readonly expires?: string | undefined
  readonly opaque?: string | undefined
}

/** A challenge from its parameters. */
export const fromParameters = ({
  expires,
  opaque,
  request,
  ...rest
}: Parameters): Result.Result<PaymentChallenge, string> => {
  const asked = Result.flatMap(Base64Url.decodeString(request), Schema.decodeUnknownResult(Request))
  if (Result.isFailure(asked)) return Result.fail("the request is not Base64URL of a JSON object")
  const own =
    opaque === undefined
      ? undefined
      : Result.flatMap(Base64Url.decodeString(opaque), Schema.decodeUnknownResult(Opaque))
  if (own !== undefined && Result.isFailure(own)) return Result.fail("opaque is not Base64URL of texts by name")
  return Result.succeed({
    ...rest,
    request: asked.success,
    ...(expires === undefined ? {} : { expires }),
    ...(own === undefined ? {} : { opaque: own.success })
  })
}

const isPayment = ({ scheme }: WwwAuthenticate.AuthChallenge): boolean => scheme.toLowerCase() === "payment"

const fromChallenge = ({ parameters }: WwwAuthenticate.AuthChallenge): Result.Result<PaymentChallenge, string> => {
  const found = new Map(parameters)
  if (found.size < parameters.length) return Result.fail("a parameter occurs twice")
  const [id, realm, method, intent] = ["id", "realm", "method", "intent"].map((name) => found.get(name))
  if (id === undefined || realm === undefined || method === undefined || intent === undefined)
    return Result.fail("a required parameter is missing")
  const [expires, opaque] = [found.get("expires"), found.get("opaque")]
  return fromParameters({ id, realm, method, intent, request: found.get("request") ?? "", expires, opaque })
}

/** Reads one challenge. Unknown parameters are ignored, as the draft asks; what is missing or twice there is refused. */
export const parse = (text: string): Result.Result<PaymentChallenge, string> =>
  Result.flatMap(WwwAuthenticate.parse(text), ([first, ...others]) =>
    first === undefined || !isPayment(first) || others.length > 0
      ? Result.fail("it is not one challenge of the scheme Payment")
      : fromChallenge(first)
  )

/** The challenges of this scheme among those of a whole `WWW-Authenticate`, in its order; what cannot be read is none. */
export const fromHeader = (text: string): ReadonlyArray<PaymentChallenge> =>
  Result.getOrElse(WwwAuthenticate.parse(text), () => [])
    .filter(isPayment)
    .flatMap((one) => Result.match(fromChallenge(one), { onFailure: () => [], onSuccess: (read) => [read] }))
