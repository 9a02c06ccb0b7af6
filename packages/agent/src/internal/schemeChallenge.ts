/**
 * Challenges that came by the names of the Payment scheme's MCP transport (draft-payment-transport-mcp), and the credential that
 * answers one. A challenge is given back as it came, so that whoever signed it knows it again.
 */
import * as PaymentChallenge from "@paylayer/http/PaymentChallenge"
import * as PaymentMeta from "@paylayer/mcp/PaymentMeta"
import * as Base64Url from "effect/encoding/Base64Url"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import type { Paying } from "../Call.ts"

export interface SchemeChallenge {
  readonly sent: Schema.JsonObject
  readonly read: PaymentChallenge.PaymentChallenge
}

const decodeRequired = Schema.decodeUnknownOption(Schema.Struct({ challenges: Schema.Array(Schema.JsonObject) }))
const decodeChallenge = Schema.decodeUnknownOption(
  Schema.Struct({
    id: Schema.String,
    realm: Schema.String,
    method: Schema.String,
    intent: Schema.String,
    request: Schema.JsonObject,
    expires: Schema.optionalKey(Schema.String)
  })
)

/** What `httpStatus` and `challenges` stand beside. What cannot be read is no challenge. */
export const fromRequired = (required: unknown): ReadonlyArray<SchemeChallenge> =>
  Option.match(decodeRequired(required), {
    onNone: () => [],
    onSome: ({ challenges }) =>
      challenges.flatMap((sent) =>
        Option.match(decodeChallenge(sent), { onNone: () => [], onSome: (read) => [{ sent, read }] })
      )
  })

const decodeCredential = Schema.decodeUnknownResult(
  Schema.fromJsonString(Schema.Struct({ payload: Schema.JsonObject, source: Schema.optionalKey(Schema.String) }))
)

/** What a wallet of the scheme itself presents, in `Authorization: Payment`; of any other, its headers. */
const presented = (all: Readonly<Record<string, string>>) => {
  const headers = Struct.omit(all, [PaymentMeta.idempotencyKey])
  const text = /^payment +([\w-]+)=*$/i.exec(headers["authorization"] ?? "")?.[1] ?? ""
  return Result.getOrElse(Result.flatMap(Base64Url.decodeString(text), decodeCredential), () => ({ payload: headers }))
}

/** The entry that answers the challenge of what is paid; nothing where none came. */
export const credential = (
  challenges: ReadonlyArray<SchemeChallenge>,
  headers: Readonly<Record<string, string>>,
  paying: Paying | undefined
): PaymentMeta.Meta => {
  if (paying === undefined) return {}
  const { offer, protocol } = paying
  const { currency, minor } = offer.money
  const method = PaymentChallenge.method(protocol)
  const answered = challenges.find(
    ({ read }) =>
      read.method === method &&
      read.intent === "charge" &&
      read.request["amount"] === minor.toString() &&
      read.request["currency"] === currency &&
      read.request["recipient"] === offer.merchant
  )
  return answered === undefined ? {} : { [PaymentMeta.credential]: { challenge: answered.sent, ...presented(headers) } }
}
