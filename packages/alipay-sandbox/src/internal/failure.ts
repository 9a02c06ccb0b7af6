/**
 * A refusal as gateway v2 writes it: `code` for the class, `sub_code` for the reason.
 *
 * The codes are Alipay's, except those that begin with `ACQ.DELEGATION_`: what Alipay answers over a delegated budget is not
 * public, so the sandbox has its own, formed after `ACQ.CYCLE_PAY_*`.
 */
import * as Result from "effect/Result"

/** The four members of every refusal. */
export interface Failure {
  readonly code: string
  readonly msg: string
  readonly sub_code: string
  readonly sub_msg: string
}

const family =
  (code: string, msg: string) =>
  (sub_code: string, sub_msg: string): Failure => ({ code, msg, sub_code, sub_msg })

/** 20000: the platform does not know. The outcome of the call is unknown. */
export const unavailable = family("20000", "Service Currently Unavailable")

/** 40001: a parameter is missing. */
export const missing = family("40001", "Missing Required Arguments")

/** 40002: a parameter is wrong. */
export const invalid = family("40002", "Invalid Arguments")

/** 40004: the business refused. */
export const business = family("40004", "Business Failed")

/** 40005: too many calls. */
export const limited = family("40005", "Call Limited")

/** 10003: a charge that is still being made. It is not a refusal and carries no reason. */
export const paying = { code: "10003", msg: "Order Success Pay Inprocess" } as const

/** The outcome of a method: its members beside `code` and `msg`, or the refusal. */
export type Answer = Result.Result<Record<string, unknown>, Failure>

/** Refuses with 40004. */
export const refuse = (sub_code: string, sub_msg: string): Result.Result<never, Failure> =>
  Result.fail(business(sub_code, sub_msg))
