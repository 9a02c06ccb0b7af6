/**
 * The Intent Authorization Credential (IAC) of ACT 2.1: what a principal allows an agent to spend.
 *
 * The field names are ACT's (component ADD-IAC-ISS). The JSON side is `StrictJson.ExactJson`, so that `"max_total_amount": 15.10`
 * becomes CNY 15.10 from its own digits, and goes back the same way.
 *
 * - Amounts are JSON numbers in major units of `currency`; strings are refused, and so is a digit too many.
 * - Times are ISO 8601 with a zone. The window is half-open: valid from its start until just before its end.
 * - A field that nobody here knows is refused, since it may be a limit. Private fields belong in `ext.vendor_private`, where
 *   Alipay's `agreement_no` and `times_limit` have their one place; `ext.agent_behavior` and `ext.fulfillment` are kept.
 * - An allow list that is present and empty allows nobody.
 *
 * @example
 * const iac = yield* IntentAuthorizationCredential.decodeJson(text)
 * iac.max_total_amount                                // { currency: "CNY", minor: 1510n }
 * IntentAuthorizationCredential.encodeJson(iac)       // …"max_total_amount":15.10…
 */
import * as Currency from "@paylayer/core/Currency"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaParser from "effect/SchemaParser"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as Fields from "./internal/iacFields.ts"
import * as Issues from "./internal/issues.ts"
import { perCurrency } from "./internal/perCurrency.ts"

/** Everything that is wrong with a credential, each with a JSON Pointer. */
export class InvalidCredential extends Schema.TaggedError<InvalidCredential>()("InvalidCredential", {
  message: Schema.String,
  issues: Schema.Array(Issues.Issue)
}) {}

const fieldsIn = (currency: Currency.Currency) => {
  const Amount = Fields.numberIn(currency)
  return Schema.Struct({
    delegation_id: Fields.Text,
    delegator_identity: Fields.Text,
    agent_id: Fields.Text,
    validity_start_time: Fields.Instant,
    validity_end_time: Fields.Instant,
    max_total_amount: Amount,
    intent_id: Schema.optionalKey(Fields.Text),
    delegation_mode: Schema.Literals(["SPECIFIED", "BOUNDED"]).pipe(
      Schema.withDecodingDefaultKey(Effect.succeed("SPECIFIED"))
    ),
    currency: Currency.Currency.pipe(Schema.withDecodingDefaultKey(Effect.succeed("CNY"))),
    allowed_payment_methods: Schema.optionalKey(Fields.Texts),
    user_confirmation_method: Schema.optionalKey(Fields.Text),
    user_confirmation_timestamp: Schema.optionalKey(Fields.Instant),
    source_isr_digest: Schema.optionalKey(Fields.Text),
    ext: Schema.optionalKey(Fields.extensionIn(Amount))
  })
}

type Credential = ReturnType<typeof fieldsIn>["Type"]

const coherent = Schema.makeFilter((iac: Credential) => {
  const issues: Array<{ readonly path: ReadonlyArray<string>; readonly issue: string }> = []
  const { max_single_amount: max, min_single_amount: min } = iac.ext?.commerce ?? {}
  if (iac.validity_end_time.epochMilliseconds <= iac.validity_start_time.epochMilliseconds) {
    issues.push({ path: ["validity_end_time"], issue: "must be after validity_start_time" })
  }
  if (iac.max_total_amount.currency !== iac.currency) {
    issues.push({ path: ["max_total_amount"], issue: `must be in ${iac.currency}` })
  }
  for (const [name, limit] of Object.entries({ max_single_amount: max, min_single_amount: min })) {
    if (limit !== undefined && limit.currency !== iac.currency) {
      issues.push({ path: ["ext", "commerce", name], issue: `must be in ${iac.currency}` })
    }
  }
  if (max !== undefined && min !== undefined && min.minor > max.minor) {
    issues.push({ path: ["ext", "commerce", "min_single_amount"], issue: "must not be above max_single_amount" })
  }
  return issues
})

const structIn = perCurrency((currency) => fieldsIn(currency).check(coherent))

// The currency is read before the rest, so that one pass over the fields knows how many decimals an amount may have.
const currencyOf = (input: unknown): Currency.Currency => {
  const named = Predicate.hasProperty(input, "currency") ? input.currency : undefined
  return Currency.is(named) ? named : "CNY"
}

const strictly = { errors: "all", onExcessProperty: "error" } as const

/** The credential, in ACT's names; amounts are `Money` and times are `DateTime.Utc`. */
export const IntentAuthorizationCredential = Schema.Unknown.pipe(
  Schema.decodeTo(
    Schema.toType(structIn("CNY")),
    SchemaTransformation.transformEffect({
      decode: (input) => SchemaParser.decodeUnknownEffect(structIn(currencyOf(input)))(input, strictly),
      encode: (iac) => SchemaParser.encodeEffect(structIn(currencyOf(iac)))(iac)
    })
  )
)
export type IntentAuthorizationCredential = typeof IntentAuthorizationCredential.Type

// What the struct of its currency gave needs no second look at its type.
const decoderIn = perCurrency((currency) => SchemaParser.decodeUnknownResult(structIn(currency), strictly))
const encoderIn = perCurrency((currency) => SchemaParser.encodeSync(structIn(currency)))

/** Decodes exact JSON, reporting everything that is wrong at once. */
export const decode = (input: StrictJson.ExactJson): Result.Result<IntentAuthorizationCredential, InvalidCredential> =>
  Result.mapError(decoderIn(currencyOf(input))(input), (issue) => {
    const issues = Issues.list(issue)
    return new InvalidCredential({ message: `not an IAC of ACT 2.1: ${Issues.sentence(issues)}`, issues })
  })

/** Decodes JSON text. */
export const decodeJson = (
  text: string | Uint8Array
): Result.Result<IntentAuthorizationCredential, InvalidCredential | StrictJson.StrictJsonError> =>
  Result.flatMap(StrictJson.parseExact(text), decode)

/** As exact JSON, to put inside something larger. Throws for a value that no decoding would have given. */
export const encode = (iac: IntentAuthorizationCredential): StrictJson.ExactJson =>
  encoderIn(currencyOf(iac))(iac) as StrictJson.ExactJson

/** As JSON text. Amounts are numbers with all decimals of the currency: `15.10`. */
export const encodeJson = (iac: IntentAuthorizationCredential): string => StrictJson.stringify(encode(iac))

/** Whether that moment is in the window: start <= moment < end. */
export const isInWindow = (iac: IntentAuthorizationCredential, epochMillis: number): boolean =>
  iac.validity_start_time.epochMilliseconds <= epochMillis && epochMillis < iac.validity_end_time.epochMilliseconds
