/**
 * `alipay.user.agreement.delegation.cancel`: ends a delegation. It stays in the books, and pays nothing any more.
 */
import * as Result from "effect/Result"
import * as Biz from "../biz.ts"
import { find, Numbers } from "./delegationQuery.ts"

export const delegationCancel = Biz.method(Numbers, (numbers, { books }) =>
  Result.map(find(books, numbers), (delegation) => {
    delegation.standing = "cancelled"
    return { agreement_no: delegation.agreementNo, delegation_id: delegation.delegationId }
  })
)
