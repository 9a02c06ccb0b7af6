/**
 * From an Intent Authorization Credential of ACT 2.1 to the terms the paywall works with.
 */
import type { Mandate } from "@paylayer/core/Mandate"
import type { Delegation } from "./Delegation.ts"
import type { IntentAuthorizationCredential } from "./IntentAuthorizationCredential.ts"
import { common, preferencesOf } from "./PaymentMethods.ts"

/** What a list of names lets in, with what is absent left out. */
const scope = (allowed: ReadonlyArray<string> | undefined, forbidden: ReadonlyArray<string> | undefined) =>
  allowed === undefined && forbidden === undefined
    ? undefined
    : { ...(allowed !== undefined && { allowed }), ...(forbidden !== undefined && { forbidden }) }

/**
 * The mandate of a credential: its id is the delegation, its payer the principal and the agent, the limits are in its one currency. `session` is the `sid` that
 * came with it, not a part of the credential itself.
 */
export const fromCredential = (iac: IntentAuthorizationCredential, session: string | undefined): Mandate => {
  const commerce = iac.ext?.commerce
  const merchants = scope(commerce?.allowed_merchants, commerce?.forbidden_merchants)
  const categories = scope(commerce?.allowed_categories, commerce?.forbidden_categories)
  const uses = iac.ext?.vendor_private?.times_limit
  return {
    id: iac.delegation_id,
    payer: JSON.stringify([iac.delegator_identity, iac.agent_id]),
    principal: iac.delegator_identity,
    agent: iac.agent_id,
    currencies: [iac.currency],
    budget: [iac.max_total_amount],
    notBefore: iac.validity_start_time,
    expiresAt: iac.validity_end_time,
    ...(session !== undefined && { session }),
    ...(commerce?.max_single_amount !== undefined && { perCharge: [commerce.max_single_amount] }),
    ...(commerce?.min_single_amount !== undefined && { minimum: [commerce.min_single_amount] }),
    ...(uses !== undefined && { uses }),
    ...(merchants !== undefined && { merchants }),
    ...(categories !== undefined && { categories }),
    ...(iac.allowed_payment_methods !== undefined && { preference: preferencesOf(iac.allowed_payment_methods) })
  }
}

/** The terms of a delegation as the Open Platform tells them. What it does not name is named by its numbers. */
export const fromDelegation = (delegation: Delegation): Mandate =>
  fromCredential(
    {
      delegation_id: delegation.delegation_id,
      delegator_identity: delegation.delegator_identity ?? delegation.agreement_no,
      agent_id: delegation.agent_id ?? delegation.delegation_id,
      delegation_mode: "BOUNDED",
      validity_start_time: delegation.validity_start_time,
      validity_end_time: delegation.validity_end_time,
      max_total_amount: delegation.max_total_amount,
      currency: delegation.currency,
      ...(delegation.allowed_payment_methods !== undefined && {
        allowed_payment_methods: delegation.allowed_payment_methods
      }),
      ext: {
        ...delegation.ext,
        vendor_private: { ...(delegation.times_limit !== undefined && { times_limit: delegation.times_limit }) }
      }
    },
    delegation.sid
  )

const least = <A>(one: A | undefined, other: A | undefined, rank: (value: A) => number | bigint): A | undefined =>
  one === undefined || (other !== undefined && rank(other) < rank(one)) ? other : one

/** A token's terms, cut down to what its delegation still grants: the principal may have lowered the limits since. */
export const narrowed = (token: Mandate, told: Mandate): Mandate => {
  const budget = least(token.budget?.[0], told.budget?.[0], ({ minor }) => minor)
  const uses = least(token.uses, told.uses, (count) => count)
  const expiresAt = least(token.expiresAt, told.expiresAt, ({ epochMilliseconds }) => epochMilliseconds)
  const preference =
    token.preference === undefined || told.preference === undefined
      ? (token.preference ?? told.preference)
      : common(token.preference, told.preference)
  return {
    ...token,
    ...(preference !== undefined && { preference }),
    ...(budget !== undefined && { budget: [budget] }),
    ...(uses !== undefined && { uses }),
    ...(expiresAt !== undefined && { expiresAt })
  }
}
