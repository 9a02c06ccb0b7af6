/**
 * What is known of a subject before any case: its manifest, and what its provider's double can do. Laws choose by it whether
 * they apply, and generators what they draw.
 */
import type { Manifest } from "@paylayer/core/Manifest"
import * as Fault from "./Fault.ts"
import * as Provider from "./Provider.ts"
import type { TermName } from "./Terms.ts"

export interface About {
  readonly manifest: Manifest
  readonly abilities: Provider.Abilities
  readonly wire: Pick<Provider.Wire, "required" | "amounts" | "unknownFields"> | undefined
  /** Who is paid in the cases of this subject. */
  readonly merchant: string
}

/** The kinds of fault that the double plays at a call. */
export const faultsAt = ({ abilities }: About, call: Fault.Call): ReadonlyArray<Fault.Kind> =>
  Fault.kinds.filter((kind) => Provider.plays(abilities, { call, kind }))

/** Whether mandates can be given all of these terms. */
export const canMint = ({ abilities }: About, ...terms: ReadonlyArray<TermName>): boolean =>
  terms.every((term) => abilities.terms.includes(term))
