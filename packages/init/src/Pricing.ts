/**
 * Prices as they are written without Effect: decimals in major units, by currency, fixed or asked for with each request.
 */
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import * as Price from "@paylayer/core/Price"
import { Refusal } from "@paylayer/core/Refusal"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Issue } from "./InitError.ts"

/** `{ CNY: "1.10", USD: "0.15" }`. Strings, since a number cannot hold every amount. */
export type Amounts = { readonly [C in Currency.Currency]?: string }

/**
 * A price, or what this call costs: asked before payment, with what the schema made of the body; without a schema with the body as
 * JSON where it is JSON, else as text. What it throws is in the log; the answer is 500 `price_invalid`, and nothing is charged.
 */
export type Pricing<Body = unknown> = Amounts | ((body: Body) => Amounts | Promise<Amounts>)

interface Flaw {
  readonly message: string
  readonly path?: ReadonlyArray<PropertyKey | { readonly key: PropertyKey }> | undefined
}

type Validated<Body> = { readonly value: Body; readonly issues?: undefined } | { readonly issues: ReadonlyArray<Flaw> }

/** A schema of any library that speaks Standard Schema, version 1: zod, Valibot, ArkType, Effect's `Schema.toStandardSchemaV1`. */
export interface BodySchema<Body> {
  readonly "~standard": {
    readonly version: 1
    readonly validate: (value: unknown) => Validated<Body> | Promise<Validated<Body>>
  }
}

/** What is sold for how much, and to which bodies. */
export interface Terms<Body> {
  readonly pricing: Pricing<Body>
  /** What the body must be: any other is 400 `request_invalid`, before anything is asked. */
  readonly schema?: BodySchema<Body>
}

/** The caller's own price function or schema failed, or gave no price. */
class Unpriced extends Data.TaggedError("Unpriced")<{ readonly cause: unknown }> {}

const json = (bytes: Uint8Array): unknown => {
  const text = new TextDecoder().decode(bytes)
  return Result.getOrElse(
    Result.try((): unknown => JSON.parse(text)),
    () => text
  )
}

/** The most of a schema's explanation that is told, in characters. */
const longestDetail = 500

const explained = (issues: ReadonlyArray<Flaw>): string =>
  issues
    .map(({ message, path = [] }) => {
      const place = path.map((step) => String(typeof step === "object" ? step.key : step)).join(".")
      return place === "" ? message : `${place}: ${message}`
    })
    .join("; ")
    .slice(0, longestDetail)

const refused = (issues: ReadonlyArray<Flaw>) =>
  new Refusal({
    error: PaymentError.make(new PaymentError.RequestInvalid({ detail: explained(issues) })),
    offers: []
  })

/** What the schema makes of a body. Without one, the type says that nothing is known of it. */
const validated = <Body>(schema: BodySchema<Body> | undefined, body: unknown) =>
  schema === undefined
    ? Effect.succeed(body as Body)
    : Effect.tryPromise({
        try: async () => schema["~standard"].validate(body),
        catch: (cause) => new Unpriced({ cause })
      }).pipe(
        Effect.flatMap((result) =>
          result.issues === undefined ? Effect.succeed(result.value) : Effect.fail(refused(result.issues))
        )
      )

const priced = <Body>(given: Pricing<Body>, body: Body) =>
  Effect.tryPromise({
    try: async () => Price.make(typeof given === "function" ? await given(body) : given),
    catch: (cause) => new Unpriced({ cause })
  })

/** What a body costs, or the arguments of a tool; a price that is the same for all of them is none of these functions. */
export const asking = <Body>({
  pricing: given,
  schema
}: Terms<Body>): Price.Price | ((body: unknown) => Effect.Effect<Price.Price, Unpriced | Refusal>) =>
  typeof given !== "function" && schema === undefined
    ? Price.make(given)
    : (body) => Effect.flatMap(validated(schema, body), (read) => priced(given, read))

/** As hosts that speak HTTP take it. */
export const pricing = <Body>(
  terms: Terms<Body>
): Price.Price | ((request: unknown, bytes: Uint8Array) => Effect.Effect<Price.Price, Unpriced | Refusal>) => {
  const asked = asking(terms)
  return typeof asked === "function" ? (_, bytes) => asked(json(bytes)) : asked
}

/** What is wrong with a fixed price, currency by currency. */
export const issues = (given: unknown): ReadonlyArray<Issue> => {
  const hint = 'Write amounts in major units by currency, such as { CNY: "1.10", USD: "0.15" }.'
  if (typeof given === "function") return []
  if (typeof given !== "object" || given === null || Object.keys(given).length === 0)
    return [{ where: "pricing", message: "there is no price", hint }]
  return Object.entries(given).flatMap(([code, amount]): ReadonlyArray<Issue> => {
    const where = `pricing.${code}`
    if (!Currency.is(code)) return [{ where, message: `${code} is no currency that is known here`, hint }]
    if (typeof amount !== "string") return [{ where, message: "the amount is not a string", hint }]
    return Result.match(
      Result.flatMap(Money.parse(code, amount), (money) => Price.fromAmounts([money])),
      { onFailure: ({ message }) => [{ where, message, hint }], onSuccess: () => [] }
    )
  })
}
