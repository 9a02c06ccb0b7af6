/**
 * What an agent asks its principal for, in the words of ACT 2.1, flat enough for a model to fill in.
 *
 * @example
 * { max_total_amount: "50.00", max_single_amount: "15.00", times_limit: 5, purpose: "market reports" }
 */
import * as Schema from "effect/Schema"

const Decimal = Schema.String.check(Schema.isPattern(/^(0|[1-9][0-9]{0,17})(\.[0-9]{1,4})?$/))
const Names = Schema.Array(Schema.String)

const describe = (description: string) => ({ description })

export const DelegationAsk = Schema.Struct({
  max_total_amount: Decimal.annotate(describe('The whole budget, in major units: "50.00"')),
  currency: Schema.optionalKey(
    Schema.Literals(["CNY", "USD", "EUR"]).annotate(describe("Of every amount here. CNY, unless it is given"))
  ),
  max_single_amount: Schema.optionalKey(Decimal.annotate(describe("The most that one payment may take"))),
  times_limit: Schema.optionalKey(
    Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 999_999_999 })).annotate(
      describe("How many payments may be made")
    )
  ),
  validity_end_time: Schema.optionalKey(
    Schema.String.annotate(describe("ISO 8601 with a zone. One hour from now, unless it is given"))
  ),
  allowed_payment_methods: Schema.optionalKey(
    Schema.Array(Schema.Literals(["BALANCE", "CREDIT", "HUABEI_INSTALLMENTS"])).annotate(
      describe("Where the money may come from. Anywhere, unless it is given")
    )
  ),
  allowed_categories: Schema.optionalKey(
    Names.annotate(describe("Merchant category codes of four digits (ISO 18245). Any, unless they are given"))
  ),
  allowed_merchants: Schema.optionalKey(
    Names.annotate(describe("The merchants that may be paid. Any, unless they are given"))
  ),
  purpose: Schema.optionalKey(
    Schema.String.check(Schema.isMaxLength(200)).annotate(describe("What the principal reads that it is for"))
  ),
  sid: Schema.optionalKey(Schema.String.annotate(describe("The session that the token is bound to")))
})
export interface DelegationAsk extends Schema.Schema.Type<typeof DelegationAsk> {}
