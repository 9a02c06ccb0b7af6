/**
 * What is sold, and for how much.
 */
import * as Money from "@paylayer/core/Money"
import type { SpendingLimit } from "@paylayer/core/SpendingLimit"

/** What every answer costs. */
export const price = Money.of("CNY", 1_00n)

/** The merchant of vouchers and coupons. */
export const merchant = "crash-test"

/** How many answers one token pays for, with something left that does not pay for another. */
export const answersPerToken = 9n
export const budget = Money.of("CNY", answersPerToken * price.minor + 55n)

/** How many answers one agent may buy here, whatever its tokens still hold. */
export const answersPerAgent = 14n

/** Per agent, and one that every charge of every host has a part in. */
export const limits: ReadonlyArray<SpendingLimit> = [
  { per: "agent", window: "total", amount: Money.of("CNY", answersPerAgent * price.minor) },
  { per: "host", window: "total", amount: Money.of("CNY", 10n ** 12n) }
]

/** The resource of an order, and the route that serves it. */
export const route = "/answer"
export const resource = (order: number): string => `${route}?order=${order}`
