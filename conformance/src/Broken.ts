/**
 * `Broken`: what a law's check fails with when the plug-in does not keep the law. Data for people: it ends up in reports, with
 * every secret masked.
 */
import * as Data from "effect/Data"
import type { PaymentError } from "@paylayer/core/PaymentError"
import type { Result } from "effect/Result"

export class Broken extends Data.TaggedError("Broken")<{
  /** What the law wanted, in a few words. */
  readonly expected: string
  /** What happened instead. */
  readonly actual: string
  /** What is at stake here, with figures: `"budget CNY 100.00, settled CNY 101.00"`. */
  readonly facts?: ReadonlyArray<string>
}> {
  override get message(): string {
    return `expected ${this.expected}, but ${this.actual}`
  }
}

/** The plug-in died where it may only fail. */
export class PluginDied extends Data.TaggedError("PluginDied")<{
  readonly step: string
  readonly defect: unknown
}> {
  override get message(): string {
    return `the plug-in died in ${this.step}`
  }
}

/** An outcome in words: `"accepted"`, `"refused with limit_exceeded, money moved: no"`. */
export const words = (result: Result<unknown, PaymentError>): string =>
  result._tag === "Success"
    ? "accepted"
    : `refused with ${result.failure.code} (${result.failure.reason.detail}; money moved: ${result.failure.moved})`
