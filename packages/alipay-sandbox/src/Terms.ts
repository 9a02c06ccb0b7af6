/**
 * The terms of a token, as the sandbox is asked for them: the fields of ACT 2.1's Intent Authorization Credential, all of
 * them optional, and `sid` and `opaque` beside them.
 *
 * A member that nobody knows is refused, since a misspelt limit would be no limit.
 *
 * @example
 * Terms.complete({ max_total_amount: "50.00", ext: { commerce: { allowed_categories: ["5734"] } } }, numbers, now)
 */
import * as Iac from "@paylayer/alipay/IntentAuthorizationCredential"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as DateTime from "effect/DateTime"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** An amount in major units: `"15.00"`, or a number, which is read by its shortest decimal. */
export type Decimal = string | number

/** What `AlipaySandbox.issue` takes, and `POST /sandbox/tokens` as JSON. */
export interface Terms {
  readonly delegator_identity?: string
  readonly agent_id?: string
  readonly intent_id?: string
  readonly delegation_mode?: "SPECIFIED" | "BOUNDED"
  /** ISO 8601. Now, unless it is given. */
  readonly validity_start_time?: string
  /** ISO 8601, exclusive. One hour after the start, unless it is given. */
  readonly validity_end_time?: string
  /** 10000.00, unless it is given. */
  readonly max_total_amount?: Decimal
  /** ISO 4217. CNY, unless it is given. */
  readonly currency?: string
  readonly allowed_payment_methods?: ReadonlyArray<string>
  readonly ext?: {
    readonly commerce?: {
      readonly max_single_amount?: Decimal
      readonly min_single_amount?: Decimal
      readonly allowed_categories?: ReadonlyArray<string>
      readonly forbidden_categories?: ReadonlyArray<string>
      readonly allowed_merchants?: ReadonlyArray<string>
      readonly forbidden_merchants?: ReadonlyArray<string>
    }
    readonly agent_behavior?: { readonly [name: string]: unknown }
    readonly fulfillment?: { readonly [name: string]: unknown }
    /** `times_limit`: how many charges the delegation allows. */
    readonly vendor_private?: { readonly times_limit?: number; readonly [name: string]: unknown }
  }
  /** The session that the token is bound to. */
  readonly sid?: string
  /** `true` for a token without readable terms: they are then learned from `alipay.user.agreement.delegation.query`. */
  readonly opaque?: boolean
}

/** Everything that is wrong with the terms, each with a JSON Pointer. */
export class TermsError extends Schema.TaggedError<TermsError>()("TermsError", {
  message: Schema.String,
  issues: Schema.Array(Schema.Struct({ path: Schema.String, message: Schema.String }))
}) {}

/** Terms with nothing left open. */
export interface Complete {
  readonly iac: Iac.IntentAuthorizationCredential
  readonly sid: string | undefined
  readonly opaque: boolean
}

const hour = 3_600_000

const iso = (millis: number): string => DateTime.formatIso(DateTime.makeUnsafe(millis))

// The default window starts with the whole second and begins an hour before an end that is past, so that a token which has
// expired is asked for by its end alone.
const windowFor = (given: Given, now: number): { readonly [name: string]: string } => {
  const end = typeof given.validity_end_time === "string" ? instant(given.validity_end_time) : undefined
  const start = typeof given.validity_start_time === "string" ? instant(given.validity_start_time) : undefined
  const from = start ?? (end !== undefined && end <= now ? end - hour : Math.floor(now / 1_000) * 1_000)
  return { validity_start_time: iso(from), validity_end_time: iso(end ?? from + hour) }
}

const instant = (text: string): number | undefined => {
  const parsed = DateTime.make(text)
  return parsed._tag === "Some" ? DateTime.toEpochMillis(parsed.value) : undefined
}

type Given = { readonly [name: string]: StrictJson.ExactJson }

const isObject = (value: unknown): value is Given =>
  Predicate.isObject(value) && !Array.isArray(value) && !(value instanceof StrictJson.JsonNumber)

const member = (object: StrictJson.ExactJson | undefined, name: string): StrictJson.ExactJson | undefined =>
  isObject(object) ? object[name] : undefined

const wrong = (path: string, message: string) =>
  Result.fail(new TermsError({ message: path === "" ? message : `${path}: ${message}`, issues: [{ path, message }] }))

/** Amounts may be written as text here; in a credential they are numbers. */
const numeral = (amount: StrictJson.ExactJson): StrictJson.ExactJson =>
  typeof amount === "string" ? new StrictJson.JsonNumber(amount) : amount

const withNumbers = (json: Given): Given =>
  Object.fromEntries(
    Object.entries(json).map(([name, value]) => [name, name.endsWith("_amount") ? numeral(value) : value])
  )

/** The terms as exact JSON. */
export const toJson = (terms: Terms): Result.Result<StrictJson.ExactJson, TermsError> =>
  Result.mapError(
    StrictJson.parseExact(JSON.stringify(terms)),
    ({ message, path }) => new TermsError({ message, issues: [{ path, message }] })
  )

/** Fills in what is left out, from the JSON of a request. */
export const complete = (
  input: StrictJson.ExactJson,
  numbers: { readonly delegationId: string; readonly agreementNo: string },
  now: number
): Result.Result<Complete, TermsError> => {
  if (!isObject(input)) return wrong("", "the terms are a JSON object")
  const { sid, opaque = false, ...given } = input
  if (sid !== undefined && (typeof sid !== "string" || sid === ""))
    return wrong("/sid", "must be text that is not empty")
  if (typeof opaque !== "boolean") return wrong("/opaque", "must be true or false")
  const ext = given["ext"] ?? {}
  if (!isObject(ext)) return wrong("/ext", "must be an object")
  const vendor = member(ext, "vendor_private") ?? {}
  if (!isObject(vendor)) return wrong("/ext/vendor_private", "must be an object")
  for (const [path, object, name] of [
    ["/delegation_id", given, "delegation_id"],
    ["/ext/vendor_private/agreement_no", vendor, "agreement_no"]
  ] as const) {
    if (member(object, name) !== undefined) return wrong(path, "this number is the platform's to give")
  }
  const commerce = isObject(ext["commerce"]) ? withNumbers(ext["commerce"]) : ext["commerce"]
  const filled = {
    delegation_id: numbers.delegationId,
    delegator_identity: "2088000000000001",
    agent_id: "agent_sandbox",
    max_total_amount: new StrictJson.JsonNumber("10000"),
    currency: "CNY",
    ...windowFor(given, now),
    ...withNumbers(given),
    ext: {
      ...ext,
      ...(commerce !== undefined && { commerce }),
      vendor_private: { ...vendor, agreement_no: numbers.agreementNo }
    }
  }
  return Result.match(Iac.decode(filled), {
    onFailure: ({ issues, message }) => Result.fail(new TermsError({ message, issues })),
    onSuccess: (iac) => Result.succeed({ iac, sid, opaque })
  })
}
