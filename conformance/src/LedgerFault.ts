/**
 * Faults of the ledger: a write that fails, and a write whose answer is lost.
 */
import * as Ledger from "@paylayer/core/Ledger"
import * as Effect from "effect/Effect"

export interface LedgerFault {
  /** The state that is being written. */
  readonly step: Ledger.State
  /** `before`: nothing is written. `after`: all of it is, and the answer is lost. */
  readonly when: "before" | "after"
  /** How many writes it meets. Once, unless it is given. */
  readonly times?: number
}

export interface Script {
  readonly arm: (fault: LedgerFault) => void
  /** Fails when an armed fault fits. */
  readonly meet: (when: LedgerFault["when"], steps: ReadonlyArray<string>) => Effect.Effect<void, Ledger.LedgerError>
}

/** A script without faults. */
export const script = (): Script => {
  const armed: Array<LedgerFault & { left: number }> = []
  return {
    arm: (fault) => {
      armed.push({ ...fault, left: fault.times ?? 1 })
    },
    meet: (when, steps) =>
      Effect.suspend(() => {
        const index = armed.findIndex((fault) => fault.when === when && steps.includes(fault.step))
        const fault = armed[index]
        if (fault === undefined) return Effect.void
        fault.left -= 1
        if (fault.left === 0) armed.splice(index, 1)
        return Effect.fail(new Ledger.LedgerError({ message: `the store failed ${when} it wrote ${fault.step}` }))
      })
  }
}
