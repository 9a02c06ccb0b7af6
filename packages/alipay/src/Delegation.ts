/**
 * A delegation: what a user lets an agent spend from one Alipay agreement (委托支付).
 *
 * Alipay publishes the numbers, amounts, times and status (`alipay.user.agreement.delegation.query`). `currency`, `agent_id`,
 * `delegator_identity`, `sid`, `allowed_payment_methods` and `ext` are ACT's and are decoded where they come: the sandbox of this
 * project serves them, Alipay's public SDK does not list them. Without `currency`, amounts are CNY.
 */
import * as Currency from "@paylayer/core/Currency"
import type * as StrictJson from "@paylayer/core/StrictJson"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as SchemaParser from "effect/SchemaParser"
import * as SchemaTransformation from "effect/SchemaTransformation"
import type { AnswerJson } from "./GatewayAnswer.ts"
import * as Answer from "./internal/answerSchema.ts"
import * as Fields from "./internal/iacFields.ts"
import { perCurrency } from "./internal/perCurrency.ts"
import { OpenPlatform } from "./OpenPlatform.ts"
import type { OpenPlatformError } from "./OpenPlatformError.ts"

/** The numbers that name a delegation: Alipay's own, or the application's external ones. */
export interface DelegationNumbers {
  readonly agreement_no?: string
  readonly external_agreement_no?: string
  readonly delegation_id?: string
  readonly external_delegation_id?: string
}

// Members of `ext` that nobody knows may be limits, so they are refused although the rest of an answer may grow.
const strictExtensionIn = (currency: Currency.Currency) => {
  const extension = Fields.extensionIn(Fields.amountIn(currency))
  const strictly = { errors: "all", onExcessProperty: "error" } as const
  return Schema.Unknown.pipe(
    Schema.decodeTo(
      Schema.toType(extension),
      SchemaTransformation.transformEffect({
        decode: (input) => SchemaParser.decodeUnknownEffect(extension)(input, strictly),
        encode: (value): Effect.Effect<unknown, never> => Effect.succeed(value)
      })
    )
  )
}

const answerIn = perCurrency((currency) =>
  Schema.Struct({
    agreement_no: Fields.Text,
    delegation_id: Fields.Text,
    external_agreement_no: Schema.optionalKey(Fields.Text),
    external_delegation_id: Schema.optionalKey(Fields.Text),
    delegation_tag: Schema.optionalKey(Fields.Text),
    max_total_amount: Fields.amountIn(currency),
    remaining_amount: Fields.amountIn(currency),
    times_limit: Schema.optionalKey(Answer.Whole),
    remaining_times: Schema.optionalKey(Answer.Whole),
    validity_start_time: Answer.Time,
    validity_end_time: Answer.Time,
    status: Fields.Text,
    currency: Currency.Currency.pipe(Schema.withDecodingDefaultKey(Effect.succeed("CNY"))),
    agent_id: Schema.optionalKey(Fields.Text),
    delegator_identity: Schema.optionalKey(Fields.Text),
    sid: Schema.optionalKey(Fields.Text),
    allowed_payment_methods: Schema.optionalKey(Fields.Texts),
    ext: Schema.optionalKey(strictExtensionIn(currency))
  })
)

/** The terms of a delegation and what is left of them, in Alipay's names; amounts are `Money`, times `DateTime.Utc`. */
export type Delegation = ReturnType<typeof answerIn>["Type"]

/** Alipay lists SIGNING, NORMAL, FINISHED, CANCELLED, EXPIRED, TERMINATE and INVALID, and may add more. Only NORMAL can be used. */
export const isUsable = (self: Delegation): boolean => self.status === "NORMAL"

const queryMethod = "alipay.user.agreement.delegation.query"
const cancelMethod = "alipay.user.agreement.delegation.cancel"

const decode = Answer.decode(queryMethod, ({ currency }: AnswerJson) =>
  answerIn(Currency.is(currency) ? currency : "CNY")
)

/**
 * Asks for a delegation. Fails with `BusinessFailure` where there is none (`DELEGATION_NOT_EXIST`, `USER_AGREEMENT_NOT_EXIST`), and with
 * `Malformed` where the answer is about another one.
 */
export const query = (numbers: DelegationNumbers): Effect.Effect<Delegation, OpenPlatformError, OpenPlatform> =>
  Effect.gen(function* () {
    const platform = yield* OpenPlatform
    const asked: { readonly [name: string]: StrictJson.ExactJson | undefined } = { ...numbers }
    const delegation = yield* Effect.flatMap(platform.execute(queryMethod, asked), decode)
    const answered: { readonly [name: string]: unknown } = { ...delegation }
    // An agreement's external number may be left out of an answer; the delegation that it is about may not.
    const optional = (name: string) => name === "external_agreement_no" && answered[name] === undefined
    const other = Object.keys(asked).find(
      (name) => asked[name] !== undefined && asked[name] !== answered[name] && !optional(name)
    )
    return other === undefined ? delegation : yield* Answer.malformed(queryMethod, `${other} is not the one asked for`)
  })

/** Ends a delegation: nothing can be charged to it afterwards. */
export const cancel = (
  numbers: Required<Pick<DelegationNumbers, "agreement_no" | "delegation_id">>
): Effect.Effect<void, OpenPlatformError, OpenPlatform> =>
  Effect.flatMap(OpenPlatform, (platform) => Effect.asVoid(platform.execute(cancelMethod, { ...numbers })))
