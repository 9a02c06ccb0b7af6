/**
 * `alipay.user.agreement.delegation.query`: the terms of a delegation, what is left of it, and its state.
 *
 * Alipay asks for an agreement and a delegation. For an opaque token, `external_delegation_id` alone is enough here: it is
 * the text behind `alipay_agent_token_`, and all that the token's holder has. `currency`, `agent_id`, `delegator_identity`,
 * `sid`, `allowed_payment_methods` and `ext` are the sandbox's own members, named as in ACT.
 */
import * as BeijingTime from "@paylayer/alipay/BeijingTime"
import * as Iac from "@paylayer/alipay/IntentAuthorizationCredential"
import * as Money from "@paylayer/core/Money"
import type * as StrictJson from "@paylayer/core/StrictJson"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Biz from "../biz.ts"
import * as Books from "../books.ts"
import * as Delegation from "../delegation.ts"
import { type Failure, refuse } from "../failure.ts"

const Text = Schema.optionalKey(Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(200)))

/** The numbers by which a delegation is found. */
export const Numbers = Schema.Struct({
  agreement_no: Text,
  external_agreement_no: Text,
  delegation_id: Text,
  external_delegation_id: Text
})

/** The delegation that they name. */
export const find = (
  books: Books.Books,
  numbers: typeof Numbers.Type
): Result.Result<Delegation.Delegation, Failure> => {
  const { agreement_no, external_agreement_no, delegation_id, external_delegation_id } = numbers
  if (delegation_id === undefined && external_delegation_id === undefined) {
    return Result.fail(Biz.invalid("delegation_id or external_delegation_id is needed"))
  }
  const found = Books.delegation(books, numbers)
  if (agreement_no === undefined && external_agreement_no === undefined) {
    return found?.opaque === true && external_delegation_id !== undefined
      ? Result.succeed(found)
      : refuse("USER_AGREEMENT_NOT_EXIST", "agreement_no or external_agreement_no is needed")
  }
  if (found === undefined) return refuse("DELEGATION_NOT_EXIST", "no such delegation")
  return (agreement_no === undefined || agreement_no === found.agreementNo) &&
    (external_agreement_no === undefined || external_agreement_no === found.externalAgreementNo)
    ? Result.succeed(found)
    : refuse("USER_AGREEMENT_NOT_EXIST", "the delegation belongs to another agreement")
}

export const delegationQuery = Biz.method(Numbers, (numbers, { books, now }) =>
  Result.map(find(books, numbers), (delegation) => describe(delegation, now))
)

/** The answer: Alipay's members, then the sandbox's. */
export const describe = (delegation: Delegation.Delegation, now: number): Record<string, unknown> => {
  const { iac } = delegation
  return {
    agreement_no: delegation.agreementNo,
    delegation_id: delegation.delegationId,
    external_agreement_no: delegation.externalAgreementNo,
    external_delegation_id: delegation.externalDelegationId,
    delegation_tag: delegation.tag,
    max_total_amount: Money.decimalString(iac.max_total_amount),
    remaining_amount: Money.decimalString(Delegation.remaining(delegation)),
    times_limit: Delegation.timesLimit(delegation),
    remaining_times: Delegation.remainingTimes(delegation),
    validity_start_time: BeijingTime.format(iac.validity_start_time.epochMilliseconds),
    validity_end_time: BeijingTime.format(iac.validity_end_time.epochMilliseconds),
    status: Delegation.status(delegation, now),
    currency: iac.currency,
    agent_id: iac.agent_id,
    delegator_identity: iac.delegator_identity,
    allowed_payment_methods: iac.allowed_payment_methods,
    sid: delegation.sid,
    ext: extensionOf(iac)
  }
}

type Extension = StrictJson.ExactJson | undefined
const extensions = new WeakMap<Iac.IntentAuthorizationCredential, Extension>()

// Terms never change once they are granted: narrower ones are another credential.
const extensionOf = (iac: Iac.IntentAuthorizationCredential): Extension => {
  if (!extensions.has(iac)) extensions.set(iac, (Iac.encode(iac) as { readonly ext?: StrictJson.ExactJson }).ext)
  return extensions.get(iac)
}
