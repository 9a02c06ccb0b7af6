/**
 * Repetition: the same request sent again, as an agent does that wants its answer.
 */
import type { PaymentError } from "@paylayer/core/PaymentError"
import type { Sold } from "@paylayer/core/Sale"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { About } from "./About.ts"
import * as Shop from "./Shop.ts"
import type { World } from "./World.ts"

/**
 * What makes a second request a repetition of the first: the idempotency key. A credential that is used once is its own key.
 */
export const marked = ({ manifest }: About): Pick<Shop.Wanted, "idempotencyKey"> =>
  manifest.use === "many" ? { idempotencyKey: "again" } : {}

/** How often an agent asks before it gives up. */
const patience = 5

/** Sends the request until it is served, with as long a pause as each answer asks for. The last answer. */
export const insist = Effect.fnUntraced(function* (
  purchase: Shop.Purchase
): Effect.fn.Return<Result.Result<Sold<string>, PaymentError>, never, World> {
  let answer = yield* Shop.sell(purchase)
  for (let asked = 1; asked < patience && Result.isFailure(answer); asked++) {
    yield* Effect.sleep(`${Math.max(answer.failure.retryAfter ?? 1, 1)} seconds`)
    answer = yield* Shop.sell(purchase)
  }
  return answer
})
