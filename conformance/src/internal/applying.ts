/**
 * Whether a law applies to a subject, and if not, why.
 */
import type { About } from "../About.ts"
import * as Fault from "../Fault.ts"
import type { Needs } from "../Law.ts"
import * as Provider from "../Provider.ts"

/** The reason why a law with these needs does not apply, or nothing. */
export const inapplicable = (needs: Needs, about: About): string | undefined => {
  const { manifest, abilities, wire } = about
  if (needs.capability !== undefined && !manifest.capabilities.includes(needs.capability)) {
    return `the manifest does not declare ${needs.capability}`
  }
  if (needs.flow !== undefined && manifest.flow !== needs.flow) return `the flow is ${manifest.flow}`
  if (needs.use !== undefined && manifest.use !== needs.use) return `a credential is used ${manifest.use}`
  const term = needs.terms?.find((name) => !abilities.terms.includes(name))
  if (term !== undefined) return `mandates have no ${term}`
  if (needs.currencies === "many" && abilities.currencies === "one") return "a mandate covers one currency"
  if (needs.forgery !== undefined && !abilities.forgeries.includes(needs.forgery)) {
    return `the double cannot forge: ${needs.forgery}`
  }
  const fault = needs.faults?.find((wanted) => !Provider.plays(abilities, wanted))
  if (fault !== undefined) return `the double cannot play: ${Fault.print(fault)}`
  if (needs.wire === true && wire === undefined) return "the credential has no readable part"
  if (needs.signed === true && abilities.signed.length === 0) return "the credential carries no signature"
  return needs.unless?.(about)
}
