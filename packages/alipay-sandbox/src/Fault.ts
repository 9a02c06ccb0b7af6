/**
 * Faults: what can go wrong between a merchant and the platform, one request at a time.
 *
 * What matters of a fault is whether the call took effect. Those named `…-after-commit`, and those that only spoil the answer,
 * let it; the others do not. A fault meets only requests that are well formed and rightly signed.
 *
 * @example
 * sandbox.fault({ method: "alipay.trade.agent.delegation.pay", fault: "hang-after-commit" })
 */
import * as Schema from "effect/Schema"
import { MethodName } from "./MethodName.ts"

/** Losing the answer: each exists before the commit, where nothing happened, and after it, where all of it did. */
export const losses = ["hang", "reset", "cut", "http-500", "html", "unknown", "error-response"] as const

/** Spoiling the answer of a call that took effect. */
export const spoils = ["bad-signature", "unsigned", "wrong-key", "duplicate-keys"] as const

/** The rest: see `Fault`. */
export const others = ["slow", "paying", "rate-limited", "declined", "forged", "forged-unsigned"] as const

/** What becomes of a notification instead of a call: see `Fault`. */
export const notices = ["notify-duplicated", "notify-reordered", "notify-forged", "notify-late"] as const

export type NoticeFault = (typeof notices)[number]
export type Loss = (typeof losses)[number]
export type Spoil = (typeof spoils)[number]
export type Name = Loss | `${Loss}-after-commit` | Spoil | (typeof others)[number]

/** Every name of a fault that a call meets. */
export const names: ReadonlyArray<Name> = [
  ...losses,
  ...losses.map((loss) => `${loss}-after-commit` as const),
  ...spoils,
  ...others
]

/**
 * One fault, waiting for requests that it fits.
 *
 * - `hang`: no answer, the connection stays open. `reset`: the connection is reset. `cut`: it ends in the middle of the answer
 * - `http-500`, `html`: a proxy answers instead of the gateway, with status 500 or with a page
 * - `unknown`: 20000, which says nothing about the outcome. `error-response`: an unsigned `error_response`
 * - `bad-signature`, `unsigned`, `wrong-key` (signed with the application's own key), `duplicate-keys` (a forged second answer
 *   of the same name behind the signed one)
 * - `slow`: takes effect after `delay_ms`, even if the caller has gone. Everything is checked then, not before
 * - `paying`: 10003 at once; takes effect after `delay_ms`, or never without it
 * - `rate-limited`: 40005. `declined`: 40004, as if the payer had no money. `forged`: a success that never happened, signed with
 *   a key that is not Alipay's. `forged-unsigned`: the same without a signature
 *
 * Met by notifications, and by no call:
 *
 * - `notify-duplicated`: each delivery comes twice at once. `notify-late`: the first one comes after `delay_ms` (60000)
 * - `notify-reordered`: it waits until another one was delivered, for `delay_ms` (60000) at most
 * - `notify-forged`: before it comes one with the same contents, signed with the application's own key
 */
export const Fault = Schema.Struct({
  fault: Schema.Literals([...names, ...notices]),
  /** Any method, unless it is given. */
  method: Schema.optionalKey(MethodName),
  /** Any order, unless it is given. */
  out_trade_no: Schema.optionalKey(Schema.NonEmptyString),
  /** How many requests it meets. Once, unless it is given. */
  times: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 1_000_000 }))),
  /** 1000 for `slow`, unless it is given. */
  delay_ms: Schema.optionalKey(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 600_000 })))
})
export type Fault = typeof Fault.Type
