/**
 * What the answer to a paid call says of the money.
 */
import * as Money from "@paylayer/core/Money"
import type { Receipt } from "@paylayer/core/Receipt"
import type { Answer } from "../Call.ts"
import type { Choice } from "./choosing.ts"

/** The state that the purchase comes to. */
export interface Verdict {
  readonly to: "settled" | "declined" | "unknown"
  readonly cause: string
  readonly receipt?: Receipt
}

/** Codes and receipts are the merchant's word; a receipt of other money than was agreed counts for nothing. */
export const verdict = <A>({ offer, wallet }: Choice, { outcome, problem, receipt }: Answer<A>): Verdict => {
  if (receipt !== undefined && Money.equals(receipt.money, offer.money)) {
    return { to: "settled", cause: "receipt", receipt }
  }
  if (outcome === "served") return { to: "settled", cause: receipt === undefined ? "no_receipt" : "receipt_mismatch" }
  const cause = problem?.code ?? `answered_by_${outcome}`
  if (problem?.moved === "yes") return { to: "settled", cause }
  // What was paid before is not given back by a refusal: the proof is kept for another try.
  const certain = problem === undefined ? outcome === "caller" : problem.moved === "no"
  return { to: certain && wallet.flow === "authorize-then-settle" ? "declined" : "unknown", cause }
}

/** Whether the same request, sent again, may get another answer, and after how many seconds. */
export const again = <A>({ problem }: Answer<A>): number | undefined =>
  problem === undefined || problem.status === 402 || (problem.retry !== "retryable" && problem.retry !== "query-first")
    ? undefined
    : Math.min(problem.retry_after ?? 1, 10)
