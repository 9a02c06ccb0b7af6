/**
 * From an Intent Authorization Credential of ACT 2.1 to the terms the paywall works with.
 */
import type { Mandate } from "@paylayer/core/Mandate"
import type { IntentAuthorizationCredential } from "./IntentAuthorizationCredential.ts"
import { preferencesOf } from "./PaymentMethods.ts"

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
