/**
 * A call that may have to be paid for, whatever transport it goes over, and what came of it.
 */
import type { Receipt } from "@paylayer/core/Receipt"
import type { Problem } from "@paylayer/http/Problem"
import type * as Effect from "effect/Effect"
import type { Offer, Unpaid } from "./Wallet.ts"

/** What a request pays for. */
export interface Paying {
  /** The manifest id of the wallet's protocol. */
  readonly protocol: string
  readonly offer: Offer
}

export interface Call<A, E, R> {
  /** Who is called, as this side knows it: an origin. Budgets per merchant are counted by it. */
  readonly merchant: string
  /** The HTTP method, or the MCP method. */
  readonly method: string
  /** Path and query, or the tool's name. */
  readonly resource: string
  /** From `CanonicalBody.digest`: what makes two calls the same one. */
  readonly bodyDigest: string
  /** An idempotency key of the caller's own. Calls with one key are one purchase. */
  readonly key?: string
  /**
   * Sends it with these headers besides its own. `paying` is there when it pays for the first time, and may be said to the merchant;
   * when it is sent again it asks for the answer to what was paid, whatever the price is by then.
   */
  readonly send: (headers: Readonly<Record<string, string>>, paying?: Paying) => Effect.Effect<Answer<A>, E, R>
}

/** An answer, and what it says of the payment. */
export interface Answer<A> {
  readonly value: A
  /** Present where the answer asks for payment. */
  readonly unpaid?: Unpaid
  /** The problem document of an answer that is none of what was asked for. */
  readonly problem?: Problem
  readonly receipt?: Receipt
  /** `served`, or who is at fault: the `caller` (4xx), the `merchant` (5xx). */
  readonly outcome: "served" | "caller" | "merchant"
}

/** The answer that the caller gets. */
export interface Bought<A> {
  readonly value: A
  /** The purchase in the agent's ledger. Absent where nothing had to be paid. */
  readonly purchase?: string
  readonly receipt?: Receipt
}
