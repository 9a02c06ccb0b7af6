/** The fields of an Intent Authorization Credential, from exact JSON to values. */
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaParser from "effect/SchemaParser"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as Civil from "./civil.ts"

const invalid = (message: string) => Effect.fail(new SchemaIssue.InvalidValue({ message }))

/** An identifier or a name: 1 to 256 characters, none of them a control character. */
export const Text = Schema.String.check(
  Schema.makeFilter(
    (text: string) =>
      // oxlint-disable-next-line no-control-regex
      (text.length > 0 && text.length <= 256 && !/[\u0000-\u001f\u007f]/.test(text)) ||
      "must be text of 1 to 256 characters without control characters"
  )
)

export const Texts = Schema.Array(Text).check(Schema.isMaxLength(1_000))

const Numeral = Schema.Union([Schema.instanceOf(StrictJson.JsonNumber), Schema.String]).annotate({
  expected: "a JSON number or a decimal string"
})

const JsonNumeral = Numeral.check(Schema.makeFilter((value) => typeof value !== "string" || "must be a JSON number"))

const moneyOf = (numeral: typeof Numeral, currency: Currency.Currency) =>
  numeral.pipe(
    Schema.decodeTo(
      Schema.toType(Money.Money),
      SchemaTransformation.transformEffect({
        decode: (value) =>
          Result.match(Money.parse(currency, typeof value === "string" ? value : value.source), {
            onSuccess: (money) => Effect.succeed<Money.Money>(money),
            onFailure: (error) => invalid(error.message)
          }),
        encode: (money) => Effect.succeed(new StrictJson.JsonNumber(Money.decimalString(money)))
      })
    )
  )

/** Alipay writes amounts as strings or as numbers, with the currency's decimals at most. Written as a JSON number. */
export const amountIn = (currency: Currency.Currency) => moneyOf(Numeral, currency)

/** ACT's amounts are JSON numbers, and nothing else: a credential has one reading. */
export const numberIn = (currency: Currency.Currency) => moneyOf(JsonNumeral, currency)

/** A count of at least one, as a JSON integer or its decimal string. */
export const Count = Numeral.pipe(
  Schema.decodeTo(
    Schema.Int,
    SchemaTransformation.transformEffect({
      decode: (value) => {
        const source = typeof value === "string" ? value : value.source
        return /^[1-9][0-9]{0,8}$/.test(source)
          ? Effect.succeed(Number(source))
          : invalid("must be a whole number from 1 to 999999999")
      },
      encode: (count) => Effect.succeed(new StrictJson.JsonNumber(String(count)))
    })
  )
)

const instant = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(?:Z|([+-])(\d{2}):(\d{2}))$/

/** Epoch milliseconds of an ISO 8601 time with seconds and a zone, or nothing. */
export const readInstant = (text: string): number | undefined => {
  const [matched, clock = "", fraction = "", sign, hours = "0", minutes = "0"] = instant.exec(text) ?? []
  const local = matched === undefined ? undefined : Civil.read(clock)
  if (local === undefined || Number(hours) > 23 || Number(minutes) > 59) return undefined
  const offset = (Number(hours) * 60 + Number(minutes)) * 60_000
  return local + Number(fraction.padEnd(3, "0").slice(0, 3)) + (sign === "-" ? offset : -offset)
}

const printInstant = (millis: number): string => {
  const fraction = ((millis % 1_000) + 1_000) % 1_000
  return `${Civil.print(millis, "T")}${fraction === 0 ? "" : `.${String(fraction).padStart(3, "0")}`}Z`
}

/** ISO 8601 with seconds and a zone. Written in UTC. What is finer than a millisecond is dropped. */
export const Instant = Schema.String.pipe(
  Schema.decodeTo(
    Schema.DateTimeUtc,
    SchemaTransformation.transformEffect({
      decode: (text) => {
        const millis = readInstant(text)
        return millis === undefined
          ? invalid('must be an ISO 8601 time with a zone, such as "2026-01-31T00:00:00Z"')
          : Effect.succeed(DateTime.makeUnsafe(millis))
      },
      encode: (time) => Effect.succeed(printInstant(time.epochMilliseconds))
    })
  )
)

const isExact = (value: unknown): value is StrictJson.ExactJson =>
  value === null ||
  typeof value === "boolean" ||
  typeof value === "string" ||
  value instanceof StrictJson.JsonNumber ||
  (Array.isArray(value) && value.every(isExact)) ||
  (Predicate.isObject(value) && Object.values(value).every(isExact))

type JsonObject = { readonly [name: string]: StrictJson.ExactJson }

const isJsonObject = (value: unknown): value is JsonObject =>
  isExact(value) && Predicate.isObject(value) && !Array.isArray(value) && !(value instanceof StrictJson.JsonNumber)

/** An object that is kept as it is. */
export const Kept = Schema.declare(isJsonObject, { expected: "a JSON object" })

const Known = Schema.Struct({ agreement_no: Schema.optionalKey(Text), times_limit: Schema.optionalKey(Count) })

/** Alipay's own fields, and whatever else a vendor puts beside them, as exact JSON. */
export interface VendorPrivate {
  readonly agreement_no?: string
  readonly times_limit?: number
  readonly [name: string]: unknown
}

const decodeKnown = SchemaParser.decodeUnknownEffect(Known, { errors: "all" })
const encodeKnown = SchemaParser.encodeUnknownEffect(Known)

export const VendorPrivate = Kept.pipe(
  Schema.decodeTo(
    Schema.declare((value): value is VendorPrivate => Predicate.isObject(value)),
    SchemaTransformation.transformEffect({
      decode: (kept) => Effect.map(decodeKnown(kept), (known): VendorPrivate => ({ ...kept, ...known })),
      encode: (value) => Effect.map(encodeKnown(value), (known) => ({ ...value, ...known }) as typeof Kept.Type)
    })
  )
)

/** ACT's `ext`: limits and lists of commerce, and what is kept as it is. */
export const extensionIn = (Amount: ReturnType<typeof amountIn>) => {
  const Commerce = Schema.Struct({
    max_single_amount: Schema.optionalKey(Amount),
    min_single_amount: Schema.optionalKey(Amount),
    allowed_categories: Schema.optionalKey(Texts),
    forbidden_categories: Schema.optionalKey(Texts),
    allowed_merchants: Schema.optionalKey(Texts),
    forbidden_merchants: Schema.optionalKey(Texts)
  })
  return Schema.Struct({
    commerce: Schema.optionalKey(Commerce),
    agent_behavior: Schema.optionalKey(Kept),
    fulfillment: Schema.optionalKey(Kept),
    vendor_private: Schema.optionalKey(VendorPrivate)
  })
}
