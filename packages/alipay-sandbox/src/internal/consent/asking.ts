/**
 * What an agent asks for: a device authorization request (RFC 8628) with `authorization_details` (RFC 9396) and a PKCE challenge
 * (RFC 7636).
 *
 * The terms are ACT's, and only those that the consent page shows: nobody consents to what is not on the page.
 */
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Terms from "../../Terms.ts"

/** The `type` of the one authorization detail. */
export const detailType = "alipay_agent_payment"

/** A request that was understood. */
export interface Asked {
  readonly clientId: string
  /** What the agent calls itself. Nobody checked it. */
  readonly name: string
  /** What it says the money is for. */
  readonly purpose: string | undefined
  readonly state: string | undefined
  readonly challenge: string
  readonly terms: Terms.Complete
}

/** An error answer of OAuth 2.0. */
export interface OAuthError {
  readonly error: string
  readonly error_description: string
}

export const oauthError = (error: string, error_description: string): OAuthError => ({ error, error_description })

type Form = ReadonlyMap<string, string>

/** The parameters of a form. RFC 6749 section 3.1: none may occur twice, one without a value is as good as absent. */
export const parameters = (body: string): Result.Result<Form, OAuthError> => {
  const form = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(body)) {
    if (form.has(name)) return Result.fail(oauthError("invalid_request", `${JSON.stringify(name)} occurs twice`))
    form.set(name, value)
  }
  for (const [name, value] of form) if (value === "") form.delete(name)
  return Result.succeed(form)
}

// Control characters break lines, format characters turn text around or hide in it.
const unprintable = /[\p{Cc}\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}]/u

const invalid = (description: string) => Result.fail(oauthError("invalid_request", description))
const invalidDetails = (description: string) => Result.fail(oauthError("invalid_authorization_details", description))

const words = (form: Form, name: string, longest: number): Result.Result<string | undefined, OAuthError> => {
  const value = form.get(name)?.trim()
  return value !== undefined && (value.length > longest || unprintable.test(value))
    ? invalid(`${name} has at most ${longest} characters, all of them printable`)
    : Result.succeed(value === "" ? undefined : value)
}

type Json = { readonly [name: string]: StrictJson.ExactJson }

const isObject = (value: unknown): value is Json =>
  Predicate.isObject(value) && !Array.isArray(value) && !(value instanceof StrictJson.JsonNumber)

const shown = [
  "type",
  "delegation_desc",
  "max_total_amount",
  "currency",
  "validity_start_time",
  "validity_end_time",
  "allowed_payment_methods",
  "sid",
  "ext"
]

/** The path of a member that the page would not show. */
const hidden = (detail: Json): string | undefined => {
  const unknown = (object: unknown, known: ReadonlyArray<string>, path: string) =>
    isObject(object)
      ? Object.keys(object)
          .filter((name) => !known.includes(name))
          .map((name) => `${path}/${name}`)
      : []
  const { ext } = detail
  return [
    ...unknown(detail, shown, ""),
    ...unknown(ext, ["commerce", "vendor_private"], "/ext"),
    ...unknown(isObject(ext) ? ext["vendor_private"] : undefined, ["times_limit"], "/ext/vendor_private")
  ][0]
}

const detailOf = (form: Form): Result.Result<Json, OAuthError> => {
  const text = form.get("authorization_details")
  if (text === undefined) return invalidDetails("authorization_details is missing")
  const parsed = StrictJson.parseExact(text)
  if (Result.isFailure(parsed)) return invalidDetails(`authorization_details: ${parsed.failure.message}`)
  const [detail, ...others] = Array.isArray(parsed.success) ? parsed.success : []
  if (!isObject(detail) || others.length > 0 || detail["type"] !== detailType) {
    return invalidDetails(`authorization_details is a list of one object whose type is ${JSON.stringify(detailType)}`)
  }
  if (detail["max_total_amount"] === undefined) return invalidDetails("/max_total_amount is missing")
  const extra = hidden(detail)
  return extra === undefined ? Result.succeed(detail) : invalidDetails(`${extra}: the consent page cannot show this`)
}

const numbers = { delegationId: "0", agreementNo: "0" }

/** Reads a request at a time. */
export const read = (form: Form, now: number): Result.Result<Asked, OAuthError> =>
  Result.gen(function* () {
    const clientId = form.get("client_id") ?? ""
    if (!/^[A-Za-z0-9._:-]{1,64}$/.test(clientId)) {
      return yield* invalid("client_id is 1 to 64 letters, digits, points, colons, hyphens and underscores")
    }
    const challenge = form.get("code_challenge") ?? ""
    if (form.get("code_challenge_method") !== "S256" || !/^[A-Za-z0-9_-]{43}$/.test(challenge)) {
      return yield* invalid("code_challenge is the S256 challenge of RFC 7636, and code_challenge_method is S256")
    }
    const name = yield* words(form, "client_name", 64)
    const state = yield* words(form, "state", 512)
    const { delegation_desc: description = "", type: _, ...given } = yield* detailOf(form)
    if (typeof description !== "string") return yield* invalidDetails("/delegation_desc: must be text")
    const purpose = yield* words(new Map([["delegation_desc", description]]), "delegation_desc", 200)
    const asked = { ...given, agent_id: clientId, delegation_mode: "BOUNDED" }
    const terms = yield* Result.mapError(Terms.complete(asked, numbers, now), ({ message }) =>
      oauthError("invalid_authorization_details", message)
    )
    if (terms.iac.max_total_amount.minor === 0n) return yield* invalidDetails("/max_total_amount: must be above zero")
    if (terms.iac.validity_end_time.epochMilliseconds <= now) {
      return yield* invalidDetails("/validity_end_time: is over")
    }
    return { clientId, name: name ?? clientId, purpose, state, challenge, terms }
  })
