/**
 * What is asked for, as an authorization detail of RFC 9396 with ACT's members.
 */
import type { DelegationAsk } from "../DelegationAsk.ts"

const without = <A extends object>(object: A): A | undefined => (Object.keys(object).length === 0 ? undefined : object)

/** JSON, with what is absent left out. Amounts stay decimal text. */
export const detailOf = (ask: DelegationAsk): object => {
  const { allowed_categories, allowed_merchants, max_single_amount, purpose, times_limit, ...terms } = ask
  const commerce = without({
    ...(max_single_amount !== undefined && { max_single_amount }),
    ...(allowed_categories !== undefined && { allowed_categories }),
    ...(allowed_merchants !== undefined && { allowed_merchants })
  })
  const ext = without({
    ...(commerce && { commerce }),
    ...(times_limit !== undefined && { vendor_private: { times_limit } })
  })
  return {
    type: "alipay_agent_payment",
    ...terms,
    ...(purpose !== undefined && { delegation_desc: purpose }),
    ...(ext && { ext })
  }
}
