/**
 * Mutants: plug-ins with exactly one defect each, named for it, and the laws that must find it.
 *
 * They check the laws: a law that no mutant can break checks nothing, and a mutant that lives is a defect that a plug-in could
 * have without anybody noticing.
 */
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import type * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { LawId } from "./Law.ts"
import * as Reference from "./reference/Reference.ts"
import * as Subject from "./Subject.ts"

export interface Mutant {
  /** The defect in a few words: `check-then-act-limit`. */
  readonly name: string
  /** The defect in a sentence. */
  readonly defect: string
  /** Each of these laws must find it, whatever the seed. Others may. */
  readonly killedBy: readonly [LawId, ...ReadonlyArray<LawId>]
  readonly subject: Subject.Subject
}

export const make = (options: {
  readonly name: string
  readonly defect: string
  readonly killedBy: Mutant["killedBy"]
  /** What is changed. The voucher reference, unless it is given. */
  readonly of?: Subject.Subject
  readonly change: (
    plugin: AnyProtocol,
    environment: Context.Context<never>
  ) => AnyProtocol | Effect.Effect<AnyProtocol, unknown, Scope.Scope>
}): Mutant => ({
  name: options.name,
  defect: options.defect,
  killedBy: options.killedBy,
  subject: Subject.mapPlugin(options.of ?? Reference.voucher, options.change, options.name)
})
