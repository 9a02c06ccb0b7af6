/**
 * Guarding: a provider's double that throws, dies or hangs is the double's fault, and is said to be.
 */
import * as Effect from "effect/Effect"
import { ProviderError, type Service } from "../Provider.ts"

/** The double, with every call bounded in virtual time and its defects turned into failures. */
export const guard = (provider: Service): Service => {
  const guarded = <A>(what: string, effect: () => Effect.Effect<A, ProviderError>): Effect.Effect<A, ProviderError> =>
    Effect.suspend(effect).pipe(
      Effect.catchDefect((defect) =>
        Effect.fail(
          new ProviderError({ message: `${what} died: ${defect instanceof Error ? defect.message : String(defect)}` })
        )
      ),
      Effect.timeoutOrElse({
        duration: "1 minute",
        orElse: () => Effect.fail(new ProviderError({ message: `${what} did not end` }))
      })
    )
  const { wire } = provider
  return {
    abilities: provider.abilities,
    mint: (terms, order) => guarded("mint", () => provider.mint(terms, order)),
    mintTampered: (terms, order, field) => guarded("mintTampered", () => provider.mintTampered(terms, order, field)),
    mintForged: (terms, order, forgery) => guarded("mintForged", () => provider.mintForged(terms, order, forgery)),
    ...(wire === undefined
      ? {}
      : {
          wire: {
            ...wire,
            payload: (terms, order) => guarded("wire.payload", () => wire.payload(terms, order)),
            seal: (payload, order) => guarded("wire.seal", () => wire.seal(payload, order))
          }
        }),
    revoke: (mandate) => guarded("revoke", () => provider.revoke(mandate)),
    movements: guarded("movements", () => provider.movements),
    holds: guarded("holds", () => provider.holds),
    fault: (fault) => guarded("fault", () => provider.fault(fault)),
    unmet: guarded("unmet", () => provider.unmet),
    clearFaults: guarded("clearFaults", () => provider.clearFaults)
  }
}
