// What a provider of the tests can be told to do wrong, step by step.
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import type * as Receipt from "@paylayer/core/Receipt"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { canary } from "../canary.ts"

export type Step = "detect" | "validate" | "verify" | "settle" | "challenge" | "lookup" | "release" | "refund"

/**
 * `hang` never ends, `stuck` neither, and cannot be interrupted either. `late` does its work only then to hang, `lost` does
 * its work and says that it may have failed. `throw` throws instead of returning an effect.
 */
export type Fault =
  | "decline"
  | "busy"
  | "unsure"
  | "hang"
  | "stuck"
  | "die"
  | "throw"
  | "interrupt"
  | "untyped"
  | "garbage"
  | "late"
  | "lost"
  | "other-charge"
  | "other-money"
  | "nothing"
  | "half"

const declined = new PaymentError.PaymentDeclined({ detail: "the bank said no", providerCode: "NO" })
const busy = new PaymentError.ProviderUnavailable({ detail: "the bank is busy" })
const unsure = new PaymentError.OutcomeUnknown({ detail: "the bank did not say" })

const spoil = (value: unknown, fault: Fault): unknown => {
  if (Predicate.hasProperty(value, "receipt")) return { ...value, receipt: spoil(value.receipt, fault) }
  if (fault === "nothing") return undefined
  const receipt = value as Receipt.Receipt
  if (fault === "half") return { ...receipt, settledAt: undefined }
  if (fault === "other-charge") return { ...receipt, chargeId: "ch_other" }
  if (fault === "other-money") return { ...receipt, money: Money.of(receipt.money.currency, receipt.money.minor + 1n) }
  return { nonsense: true }
}

/** Runs the work of a step as its fault wants it. */
export const misbehave = <A>(
  fault: Fault | undefined,
  work: Effect.Effect<A, PaymentError.PaymentError>
): Effect.Effect<A, PaymentError.PaymentError> => {
  switch (fault) {
    case undefined:
      return work
    case "decline":
      return PaymentError.fail(declined)
    case "busy":
      return PaymentError.fail(busy, { retryAfter: 3 })
    case "unsure":
      return PaymentError.fail(unsure, { moved: "unknown" })
    case "hang":
      return Effect.never
    case "stuck":
      return Effect.uninterruptible(Effect.never)
    case "die":
      return Effect.die(new Error(`died with ${canary}`))
    case "throw":
      throw new Error(`threw ${canary}`)
    case "interrupt":
      return Effect.interrupt
    case "untyped":
      return Effect.fail({ secret: canary } as unknown as PaymentError.PaymentError)
    case "late":
      return Effect.andThen(work, Effect.never)
    case "lost":
      return Effect.andThen(work, PaymentError.fail(unsure, { moved: "unknown" }))
    default:
      return Effect.map(work, (value) => spoil(value, fault) as A)
  }
}

/** A script: what each step does wrong, call after call; afterwards it behaves. */
export const script = () => {
  const faults = new Map<Step, Array<Fault | undefined>>()
  const state = { interrupted: 0 }
  const watched = <A, E>(effect: Effect.Effect<A, E>) =>
    Effect.onInterrupt(effect, () => Effect.sync(() => (state.interrupted += 1)))
  return {
    /** How many steps were interrupted. */
    state,
    set: (step: Step, ...next: ReadonlyArray<Fault | undefined>) => {
      faults.set(step, [...next])
    },
    /** Always, until it is set anew. */
    always: (step: Step, fault: Fault) => {
      faults.set(
        step,
        Array.from({ length: 1000 }, () => fault)
      )
    },
    run: <A>(step: Step, work: Effect.Effect<A, PaymentError.PaymentError>) =>
      watched(misbehave(faults.get(step)?.shift(), work)),
    next: (step: Step) => faults.get(step)?.shift()
  }
}
