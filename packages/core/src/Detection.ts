/**
 * What detection can say: nothing here, one credential, or more than one. "More than one" is never resolved by luck.
 */
import type * as Redacted from "effect/Redacted"

/** What a request carries. A protocol extends it with what else it read; the secret is always `Redacted`. */
export interface Credential {
  /** The whole credential as it was sent. Its SHA-256 is the fingerprint that the ledger keeps. */
  readonly secret: Redacted.Redacted<string>
}

/** The answer of `detect`. */
export type Detection<C> =
  | { readonly _tag: "None" }
  | { readonly _tag: "Found"; readonly credential: C }
  | { readonly _tag: "Ambiguous"; readonly found: ReadonlyArray<string> }

/** No credential of this protocol. */
export const none: Detection<never> = { _tag: "None" }

/** Exactly one. Whether it is any good is for `validate` to say. */
export const found = <C extends Credential>(credential: C): Detection<C> => ({ _tag: "Found", credential })

/** Several that differ; `found` names where they stood, never what they were. */
export const ambiguous = (found: ReadonlyArray<string>): Detection<never> => ({ _tag: "Ambiguous", found })
