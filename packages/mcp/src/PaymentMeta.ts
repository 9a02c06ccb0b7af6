/**
 * Payment in `_meta`: what a call carries becomes request headers, what an answer says stands under names that clients know.
 *
 * A protocol reads headers and never knows the transport, so `_meta` is translated here, once:
 *
 * | in `params._meta` | becomes the header |
 * |---|---|
 * | the name of a header that an installed protocol reads (`x-alipay-agent-token`, `payment-proof`, …) | that header |
 * | `idempotency-key` | `Idempotency-Key` |
 * | `org.paymentauth/credential` | `Authorization: Payment <Base64URL of the JSON>` |
 * | `x402/payment` | `PAYMENT-SIGNATURE`, or `X-PAYMENT` for version 1: Base64 of the JSON |
 *
 * Sources: draft-payment-transport-mcp (names and shapes below `org.paymentauth/`), the MCP transport of x402 version 2,
 * and the Universal Commerce Protocol's MCP binding for `idempotency-key`.
 *
 * ## Details
 *
 * - Over streamable HTTP the headers of the transport count too. The same value in both is one; of two different values
 *   neither is chosen: the protocol sees both, and the answer is `credential_ambiguous`.
 * - What no header could carry (not a text, a line break) is refused rather than cut.
 */
import type { Manifest } from "@paylayer/core/Manifest"
import * as PaymentError from "@paylayer/core/PaymentError"
import * as Receipt from "@paylayer/core/Receipt"
import type { Refusal } from "@paylayer/core/Refusal"
import type { RequestHeaders } from "@paylayer/core/RequestHeaders"
import type { Sold } from "@paylayer/core/Sale"
import * as PaymentChallenge from "@paylayer/http/PaymentChallenge"
import * as Problem from "@paylayer/http/Problem"
import * as Base64 from "effect/encoding/Base64"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** `_meta` of a request or a result. */
export type Meta = { readonly [name: string]: unknown }

/** A credential of the `Payment` scheme, as JSON. */
export const credential = "org.paymentauth/credential"
/** How to pay: `httpStatus` and `challenges`, as `WWW-Authenticate` would list them. */
export const paymentRequired = "org.paymentauth/payment-required"
/** The receipt, as JSON. */
export const receipt = "org.paymentauth/receipt"
/** A payment payload of x402. */
export const x402Payment = "x402/payment"
/** What x402 answers to a payment. */
export const x402Response = "x402/payment-response"
/** The problem document of a refusal, as JSON. */
export const problem = "paylayer/problem"
/** The key under which a repetition gets the first one's answer. */
export const idempotencyKey = "idempotency-key"
/** `true` where the answer is the stored one of an earlier, equal call. */
export const replayed = "idempotency-replayed"

/** The most that the headers of a call take, `_meta` included, in bytes as HTTP/1.1 writes them: what Node takes by default. */
export const largest = 16 * 1024

const isHeaderValue = (text: string) => /^[\t\x20-\x7e\x80-\xff]*$/.test(text)

const textOf = (value: unknown): string | undefined =>
  typeof value === "string" && isHeaderValue(value) ? value : undefined

const jsonOf = (value: unknown, encode: (json: string) => string): string | undefined =>
  Predicate.isObject(value) ? encode(JSON.stringify(value)) : undefined

/** The header that an entry stands for. Without a value, one that cannot be read. */
interface Entry {
  readonly header: string
  readonly value: string | undefined
}

const entryOf = (name: string, value: unknown): Entry => {
  switch (name) {
    case credential: {
      const text = jsonOf(value, Base64Url.encode) ?? textOf(value)?.replace(/^payment +/i, "")
      return { header: "authorization", value: text === undefined ? text : `Payment ${text}` }
    }
    case x402Payment: {
      const first = Predicate.hasProperty(value, "x402Version") && value.x402Version === 1
      return {
        header: first ? "x-payment" : "payment-signature",
        value: jsonOf(value, Base64.encode) ?? textOf(value)
      }
    }
    default:
      return { header: name.toLowerCase(), value: textOf(value) }
  }
}

const unreadable = (name: string): PaymentError.PaymentError =>
  PaymentError.make(
    name.toLowerCase() === idempotencyKey
      ? new PaymentError.IdempotencyKeyInvalid({
          detail: `_meta["${idempotencyKey}"] is not a text that a header carries`
        })
      : new PaymentError.CredentialMalformed({ detail: `_meta["${name}"] is nothing that a header could carry` })
  )

const tooLarge = PaymentError.make(
  new PaymentError.RequestTooLarge({ detail: "the headers of the call, _meta included, are larger than 16 KiB" })
)

const sizeOf = (headers: RequestHeaders): number => {
  let bytes = 0
  for (const name in headers) for (const value of headers[name] ?? []) bytes += name.length + value.length + 4
  return bytes
}

/** Reads calls for these protocols: the headers of the transport, with what `_meta` adds to them. `also` are read besides. */
export const reader = (
  manifests: ReadonlyArray<Manifest>,
  also: ReadonlyArray<string> = []
): ((
  meta: Meta | undefined,
  transport: RequestHeaders
) => Result.Result<RequestHeaders, PaymentError.PaymentError>) => {
  const read = new Set([
    idempotencyKey,
    ...also,
    ...manifests.flatMap(({ reads = [], triggers }) => [...triggers.map(({ header }) => header), ...reads])
  ])
  return (meta = {}, transport) => {
    const headers: { [name: string]: ReadonlyArray<string> | undefined } = Object.assign(Object.create(null), transport)
    for (const name of Object.keys(meta)) {
      const { header, value } = entryOf(name, meta[name])
      if (!read.has(header)) continue
      if (value === undefined) return Result.fail(unreadable(name))
      const sent = headers[header] ?? []
      if (!sent.some((other) => other.trim() === value.trim())) headers[header] = [...sent, value]
    }
    return sizeOf(headers) > largest ? Result.fail(tooLarge) : Result.succeed(headers)
  }
}

const encodeReceipt = Schema.encodeSync(Schema.toCodecJson(Receipt.Receipt))

const encodeProblem = Schema.encodeSync(Schema.toCodecJson(Problem.Problem))

/** Names that are ours to set. */
const reserved = new Set([
  credential,
  paymentRequired,
  receipt,
  x402Payment,
  x402Response,
  problem,
  replayed,
  "www-authenticate"
])

/** A protocol's own response headers under their own names, the first value of each. */
const own = (all: ReadonlyArray<Readonly<Record<string, string>>>): Meta => {
  const meta: Record<string, unknown> = {}
  for (const headers of all) {
    for (const [name, value] of Object.entries(headers)) {
      const key = name.toLowerCase()
      if (!reserved.has(key)) meta[key] ??= value
    }
  }
  return meta
}

/** x402 over HTTP has Base64 of JSON where its MCP transport has the JSON. */
const x402ResponseOf = (headers: Readonly<Record<string, string>>): Meta => {
  const text = headers["payment-response"] ?? headers["x-payment-response"]
  if (text === undefined) return {}
  const json = Result.flatMap(
    Base64.decodeString(text),
    Schema.decodeUnknownResult(Schema.fromJsonString(Schema.JsonObject))
  )
  return Result.isSuccess(json) ? { [x402Response]: json.success } : {}
}

const receiptMeta = (paid: Receipt.Receipt | undefined): Meta =>
  paid === undefined
    ? {}
    : { ...own([paid.headers ?? {}]), ...x402ResponseOf(paid.headers ?? {}), [receipt]: encodeReceipt(paid) }

/** What a result that was sold says of its payment. */
export const fromSold = (sold: Omit<Sold<unknown>, "value">): Meta => ({
  ...receiptMeta(sold.receipt),
  ...(sold.replayed ? { [replayed]: true } : {})
})

/** A refusal as a tool result: an error that a model can read and a program can act on. */
export interface Refused {
  readonly isError: true
  readonly content: readonly [{ readonly type: "text"; readonly text: string }]
  readonly structuredContent?: Schema.JsonObject
  readonly _meta: Meta
}

/**
 * The problem document as text, in `_meta` and, unless the tool has an output schema, as structured content: clients hold an
 * error's structured content against the schema too, and would show that instead of the challenge.
 */
export const fromRefusal = (
  refusal: Refusal,
  issue: PaymentChallenge.Issue,
  options: { readonly outputSchema: boolean }
): Refused => {
  const document = Problem.fromRefusal(refusal)
  const json = encodeProblem(document) as Schema.JsonObject
  const { error, offers } = refusal
  return {
    isError: true,
    content: [{ type: "text", text: Problem.print(document) }],
    ...(options.outputSchema ? {} : { structuredContent: json }),
    _meta: {
      ...own(offers.map(({ headers }) => headers)),
      ...receiptMeta(refusal.receipt),
      ...(offers.length === 0
        ? {}
        : {
            [paymentRequired]: {
              httpStatus: error.status,
              challenges: offers.map((offer, index) => PaymentChallenge.fromOffer(offer, index, issue))
            }
          }),
      [problem]: json
    }
  }
}
