/** What kind of token a text is, by its shape alone. Total, and linear in at most `maximumLength` characters. */
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { Malformed, UnsupportedVersion } from "../AgentTokenError.ts"

export const prefix = "alipay_agent_token_"
export const maximumLength = 8_192
export const actVersion = "2.1"

type JsonObject = { readonly [name: string]: StrictJson.ExactJson }

/** A token without readable terms; they come from the Open Platform. */
export interface Opaque {
  readonly _tag: "Opaque"
  readonly token: Redacted.Redacted<string>
}

/** A VC-JWT of ACT 2.1. Nothing about it has been verified. */
export interface VcJwt {
  readonly _tag: "VcJwt"
  readonly compact: Redacted.Redacted<string>
  readonly header: JsonObject
  readonly claims: JsonObject
}

export type Form = Opaque | VcJwt | Malformed | UnsupportedVersion

const opaque = /^[A-Za-z0-9_-]{8,200}$/

/** One writing per content: no padding, no stray bits in the last character. */
const isBase64Url = (part: string): boolean =>
  part !== "" && Buffer.from(part, "base64url").toString("base64url") === part

const malformed = (message: string) => new Malformed({ message: `the agent token ${message}` })
const unsupported = (message: string) => new UnsupportedVersion({ message: `the agent token ${message}` })

const isObject = (value: StrictJson.ExactJson | undefined): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof StrictJson.JsonNumber)

const decodePart = (part: string, name: string): Result.Result<JsonObject, Malformed> => {
  if (!isBase64Url(part)) return Result.fail(malformed(`has a ${name} that is not Base64URL`))
  const json = StrictJson.parseExact(Buffer.from(part, "base64url"), { bytes: maximumLength })
  if (Result.isFailure(json))
    return Result.fail(malformed(`has a ${name} that is not strict JSON: ${json.failure.message}`))
  return isObject(json.success)
    ? Result.succeed(json.success)
    : Result.fail(malformed(`has a ${name} that is no object`))
}

export const form = (text: string): Form => {
  if (text.length > maximumLength) return malformed(`is longer than ${maximumLength} characters`)
  if (!text.startsWith(prefix)) return malformed(`does not begin with ${prefix}`)
  const rest = text.slice(prefix.length)
  if (!rest.includes(".")) {
    return opaque.test(rest)
      ? { _tag: "Opaque", token: Redacted.make(text) }
      : malformed("is neither 8 to 200 letters, digits, - and _ nor a JWT")
  }
  const parts = rest.split(".")
  const [head = "", body = "", signature = ""] = parts
  if (parts.length !== 3) return malformed("does not have the three parts of a compact JWT")
  if (!isBase64Url(signature)) return malformed("has a signature that is not Base64URL")
  const header = decodePart(head, "header")
  if (Result.isFailure(header)) return header.failure
  if (header.success["typ"] !== "vc+jwt") return unsupported("is a JWT of another type than vc+jwt")
  const claims = decodePart(body, "payload")
  if (Result.isFailure(claims)) return claims.failure
  return (
    version(claims.success) ?? {
      _tag: "VcJwt",
      compact: Redacted.make(rest),
      header: header.success,
      claims: claims.success
    }
  )
}

const version = (claims: JsonObject): UnsupportedVersion | undefined => {
  const { vc } = claims
  const type = isObject(vc) ? vc["type"] : undefined
  if (!Array.isArray(type) || !type.includes("ACTIntentAuthorization")) {
    return unsupported("is not a credential of type ACTIntentAuthorization")
  }
  const named = claims["act_version"]
  return named === undefined || named === actVersion
    ? undefined
    : unsupported(`is of another ACT version than ${actVersion}`)
}
