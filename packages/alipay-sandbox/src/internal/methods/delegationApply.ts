/**
 * `alipay.user.agreement.delegation.apply`, answered as if the principal had agreed at once.
 *
 * At Alipay this call only yields an order string which opens the principal's app; the delegation exists once they agree.
 */
import * as BeijingTime from "@paylayer/alipay/BeijingTime"
import type { IntentAuthorizationCredential } from "@paylayer/alipay/IntentAuthorizationCredential"
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Biz from "../biz.ts"
import * as Books from "../books.ts"
import * as Delegation from "../delegation.ts"
import { type Failure, refuse } from "../failure.ts"

const External = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9]{1,32}$/))

const Application = Schema.Struct({
  agent_id: Biz.Text,
  external_agreement_no: External,
  personal_product_code: Schema.Literal("UAM_AGENT_AUTH_P"),
  access_params: Schema.optionalKey(Schema.Struct({ channel: Biz.Text })),
  delegation_params: Schema.Struct({
    external_delegation_id: External,
    delegation_desc: Schema.optionalKey(Schema.String),
    delegation_tag: Schema.optionalKey(Biz.Text),
    max_total_amount: Biz.Amount,
    times_limit: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))),
    validity_start_time: Schema.String,
    validity_end_time: Schema.String
  })
})

export const delegationApply = Biz.method(Application, (application, { books, now, numbers }) =>
  Result.gen(function* () {
    const params = application.delegation_params
    const total = yield* Biz.amount("delegation_params.max_total_amount", "CNY", params.max_total_amount)
    const validFrom = yield* time(params.validity_start_time)
    const validUntil = yield* time(params.validity_end_time)
    if (validUntil <= validFrom) return yield* Result.fail(Biz.invalid("the validity ends before it starts"))
    if (Books.delegation(books, { external_delegation_id: params.external_delegation_id }) !== undefined) {
      return yield* refuse("DELEGATION_EXIST", "a delegation of this external_delegation_id exists")
    }
    const agreementNo = numbers.agreementNo(now)
    const iac: IntentAuthorizationCredential = {
      delegation_id: numbers.delegationId(now),
      delegator_identity: "2088000000000001",
      agent_id: application.agent_id,
      validity_start_time: DateTime.makeUnsafe(validFrom),
      validity_end_time: DateTime.makeUnsafe(validUntil),
      max_total_amount: total,
      currency: "CNY",
      delegation_mode: "SPECIFIED",
      ext: {
        vendor_private: {
          agreement_no: agreementNo,
          ...(params.times_limit === undefined ? {} : { times_limit: params.times_limit })
        }
      }
    }
    const delegation = Delegation.make(
      {
        externalDelegationId: params.external_delegation_id,
        externalAgreementNo: application.external_agreement_no,
        tag: params.delegation_tag,
        opaque: false,
        iac,
        sid: undefined
      },
      agreementNo
    )
    books.delegations.set(delegation.delegationId, delegation)
    return {
      agreement_no: delegation.agreementNo,
      delegation_id: delegation.delegationId,
      external_agreement_no: delegation.externalAgreementNo,
      external_delegation_id: delegation.externalDelegationId,
      status: "NORMAL"
    }
  })
)

const time = (text: string): Result.Result<number, Failure> =>
  Result.mapError(BeijingTime.parse(text), ({ message }) => Biz.invalid(message))
