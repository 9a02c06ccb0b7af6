/**
 * All mutants, and whether they die.
 */
import * as Effect from "effect/Effect"
import * as Conformance from "./Conformance.ts"
import type { Mutant } from "./Mutant.ts"
import * as Composition from "./mutants/Composition.ts"
import * as Concurrency from "./mutants/Concurrency.ts"
import * as Credentials from "./mutants/Credentials.ts"
import * as Detection from "./mutants/Detection.ts"
import * as Failures from "./mutants/Failures.ts"
import * as Spending from "./mutants/Spending.ts"
import * as CompositionDefects from "./mutants/CompositionDefects.ts"
import * as ConcurrencyDefects from "./mutants/ConcurrencyDefects.ts"
import * as ErrorsDefects from "./mutants/ErrorsDefects.ts"
import * as FaultsDefects from "./mutants/FaultsDefects.ts"
import * as IdempotencyDefects from "./mutants/IdempotencyDefects.ts"
import * as LifecycleDefects from "./mutants/LifecycleDefects.ts"
import * as RedactionDefects from "./mutants/RedactionDefects.ts"
import * as ResourcesDefects from "./mutants/ResourcesDefects.ts"
import * as CurrencyDefects from "./mutants/CurrencyDefects.ts"
import * as DetectionDefects from "./mutants/DetectionDefects.ts"
import * as ValidationDefects from "./mutants/ValidationDefects.ts"
import * as ExpiryDefects from "./mutants/ExpiryDefects.ts"
import * as LimitsDefects from "./mutants/LimitsDefects.ts"
import * as CaptureDefects from "./mutants/CaptureDefects.ts"
import * as RefundDefects from "./mutants/RefundDefects.ts"
import * as ReplayDefects from "./mutants/ReplayDefects.ts"
import * as SignatureDefects from "./mutants/SignatureDefects.ts"
import type { LawReport } from "./Report.ts"
import { isBad } from "./Verdict.ts"

export const mutants: ReadonlyArray<Mutant> = [
  ...Detection.mutants,
  ...Credentials.mutants,
  ...Spending.mutants,
  ...Concurrency.mutants,
  ...Failures.mutants,
  ...Composition.mutants,
  ...IdempotencyDefects.mutants,
  ...ConcurrencyDefects.mutants,
  ...ResourcesDefects.mutants,
  ...FaultsDefects.mutants,
  ...ErrorsDefects.mutants,
  ...RedactionDefects.mutants,
  ...LifecycleDefects.mutants,
  ...CompositionDefects.mutants,
  ...CurrencyDefects.mutants,
  ...DetectionDefects.mutants,
  ...ValidationDefects.mutants,
  ...ExpiryDefects.mutants,
  ...LimitsDefects.mutants,
  ...RefundDefects.mutants,
  ...CaptureDefects.mutants,
  ...ReplayDefects.mutants,
  ...SignatureDefects.mutants
]

/** What the laws said of one mutant. */
export interface Autopsy {
  readonly mutant: Mutant
  /** The pinned laws that did not find the defect. Empty when it is dead. */
  readonly missedBy: ReadonlyArray<string>
  /** Every law that found it. */
  readonly foundBy: ReadonlyArray<string>
  readonly laws: ReadonlyArray<LawReport>
}

/** Tries a mutant under the laws that it is pinned to, or under all. */
export const kill = Effect.fnUntraced(function* (
  mutant: Mutant,
  options: Pick<Conformance.Options, "seed" | "profile" | "runs"> & { readonly all?: boolean } = {}
) {
  const { all = false, ...rest } = options
  const { laws } = yield* Conformance.check(mutant.subject, { ...rest, ...(all ? {} : { only: mutant.killedBy }) })
  const foundBy = laws.filter(({ verdict }) => isBad(verdict)).map(({ id }) => id)
  return { mutant, laws, foundBy, missedBy: mutant.killedBy.filter((id) => !foundBy.includes(id)) } satisfies Autopsy
})
