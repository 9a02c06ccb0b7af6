/**
 * The code of a voucher: `<payload>.<mac>`, both Base64URL. The payload is JSON with amounts as decimals in major units, the mac
 * HMAC-SHA256 over the payload as it is written.
 */
import { Currency } from "@paylayer/core/Currency"
import { type Mandate, Scope } from "@paylayer/core/Mandate"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { createHmac, timingSafeEqual } from "node:crypto"

/** Amounts by currency: `{ "CNY": "15.00" }`. */
const Amounts = Schema.Record(Schema.String, Schema.String)

export const Payload = Schema.Struct({
  v: Schema.Literal(1),
  id: Schema.NonEmptyString,
  payer: Schema.NonEmptyString,
  currencies: Schema.optionalKey(Schema.Array(Currency)),
  limit: Schema.optionalKey(Amounts),
  least: Schema.optionalKey(Amounts),
  budget: Schema.optionalKey(Amounts),
  uses: Schema.optionalKey(Schema.Int.check(Schema.isGreaterThan(0))),
  from: Schema.optionalKey(Schema.DateTimeUtcFromString),
  until: Schema.DateTimeUtcFromString,
  merchants: Schema.optionalKey(Scope),
  categories: Schema.optionalKey(Scope)
})
export type Payload = (typeof Payload)["Type"]

export const mac = (payload: string, key: string): string =>
  createHmac("sha256", key).update(payload).digest("base64url")

const refuse = (reason: PaymentError.Reason) => Result.fail(PaymentError.make(reason))
const malformed = (detail: string) => refuse(new PaymentError.CredentialMalformed({ detail }))

const issues = SchemaIssue.makeFormatterStandardSchemaV1()

/** Where the payload is wrong, never with what. */
const places = (issue: SchemaIssue.Issue): string =>
  [...new Set(issues(issue).issues.map(({ path = [] }) => `/${path.map(String).join("/")}`))].join(", ")

const amounts = (
  name: string,
  decimals: { readonly [currency: string]: string } | undefined
): Result.Result<ReadonlyArray<Money.Money> | undefined, PaymentError.PaymentError> => {
  if (decimals === undefined) return Result.succeed(undefined)
  const found: Array<Money.Money> = []
  for (const [code, text] of Object.entries(decimals)) {
    const currency = Schema.decodeUnknownResult(Currency)(code)
    const money = Result.flatMap(currency, (known) => Money.parse(known, text))
    if (Result.isFailure(money)) return malformed(`the voucher's /${name} is no list of amounts`)
    found.push(money.success)
  }
  return Result.succeed(found)
}

const optional = <K extends string, A>(key: K, value: A | undefined): { readonly [P in K]?: A } =>
  (value === undefined ? {} : { [key]: value }) as { readonly [P in K]?: A }

const toMandate = (payload: Payload): Result.Result<Mandate, PaymentError.PaymentError> =>
  Result.gen(function* () {
    return {
      id: payload.id,
      payer: payload.payer,
      expiresAt: payload.until,
      ...optional("currencies", payload.currencies),
      ...optional("perCharge", yield* amounts("limit", payload.limit)),
      ...optional("minimum", yield* amounts("least", payload.least)),
      ...optional("budget", yield* amounts("budget", payload.budget)),
      ...optional("uses", payload.uses),
      ...optional("notBefore", payload.from),
      ...optional("merchants", payload.merchants),
      ...optional("categories", payload.categories)
    }
  })

const part = /^[A-Za-z0-9_-]+$/

/** Reads a code: form, then signature, then terms. */
export const read = (code: string, key: string): Result.Result<Mandate, PaymentError.PaymentError> => {
  const [payload = "", signature = "", ...more] = code.split(".")
  if (code.length > 8_192 || more.length > 0 || !part.test(payload) || !part.test(signature)) {
    return malformed("the voucher is not <payload>.<mac> in Base64URL")
  }
  const given = Buffer.from(signature)
  const wanted = Buffer.from(mac(payload, key))
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) {
    return refuse(new PaymentError.SignatureInvalid({ detail: "the voucher's mac does not fit" }))
  }
  const json = StrictJson.parse(Buffer.from(payload, "base64url"), { bytes: 8_192, depth: 8 })
  if (Result.isFailure(json)) return malformed(`the voucher is not strict JSON, at ${json.failure.path || "/"}`)
  const version = (json.success as { readonly v?: unknown } | null)?.v
  if (typeof version === "number" && version !== 1) {
    return refuse(new PaymentError.UnsupportedVersion({ detail: "only vouchers of version 1 are taken" }))
  }
  const decoded = Schema.decodeUnknownResult(Payload)(json.success, { errors: "all", onExcessProperty: "error" })
  return Result.isFailure(decoded)
    ? malformed(`the voucher's terms are wrong at ${places(decoded.failure.issue)}`)
    : toMandate(decoded.success)
}

/** Writes a payload for these terms. */
export const write = (mandate: Mandate): string => {
  const decimals = (list: ReadonlyArray<Money.Money> | undefined) =>
    list === undefined
      ? undefined
      : Object.fromEntries(list.map((money) => [money.currency, Money.decimalString(money)]))
  return JSON.stringify({
    v: 1,
    id: mandate.id,
    payer: mandate.payer,
    currencies: mandate.currencies,
    limit: decimals(mandate.perCharge),
    least: decimals(mandate.minimum),
    budget: decimals(mandate.budget),
    uses: mandate.uses,
    from: mandate.notBefore === undefined ? undefined : DateTime.formatIso(mandate.notBefore),
    until: mandate.expiresAt === undefined ? undefined : DateTime.formatIso(mandate.expiresAt),
    merchants: mandate.merchants,
    categories: mandate.categories
  })
}
