import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Manifest } from "../Manifest.ts"
import type { AnyProtocol } from "../PaymentProtocol.ts"
import { PaywallError } from "../PaywallError.ts"

/**
 * Whether a paywall can be made of these protocols: valid manifests, honest capabilities, none installed twice.
 */
export const conform = Effect.fnUntraced(function* (protocols: ReadonlyArray<AnyProtocol>) {
  if (protocols.length === 0) return yield* new PaywallError({ message: "a paywall needs at least one protocol" })
  const seen = new Set<string>()
  for (const protocol of protocols) {
    const manifest = yield* Schema.decodeUnknownEffect(Manifest)(protocol.manifest).pipe(
      Effect.mapError(
        (issue) =>
          new PaywallError({ message: `the manifest of ${protocol.manifest.id} is not valid: ${issue.message}` })
      )
    )
    for (const capability of ["release", "refund"] as const) {
      if ((protocol[capability] !== undefined) !== manifest.capabilities.includes(capability)) {
        return yield* new PaywallError({
          message: `${manifest.id} must have the method ${capability} exactly when its manifest declares it`
        })
      }
    }
    if (manifest.flow === "prepaid-then-confirm" && manifest.capabilities.includes("partial-capture")) {
      return yield* new PaywallError({ message: `${manifest.id} is paid before, so it cannot take less afterwards` })
    }
    const name = `${manifest.id} for ${manifest.merchant ?? "any merchant"}`
    if (seen.has(name)) return yield* new PaywallError({ message: `${name} is installed twice` })
    seen.add(name)
  }
})
