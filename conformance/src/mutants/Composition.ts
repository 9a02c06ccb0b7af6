/** Defects that only show beside other protocols. */
import { found } from "@paylayer/core/Detection"
import type { Manifest } from "@paylayer/core/Manifest"
import * as Redacted from "effect/Redacted"
import * as Mutant from "../Mutant.ts"

const claimsEverybody = Mutant.make({
  name: "claims-every-authorization",
  defect: "takes whatever the authorization header holds for its own",
  killedBy: ["CMP-01"],
  change: (plugin) => ({
    ...plugin,
    manifest: {
      ...plugin.manifest,
      triggers: [{ header: "x-voucher" }, { header: "authorization" }]
    } satisfies Manifest,
    detect: (headers) => {
      const detection = plugin.detect(headers)
      const [sent] = headers["authorization"] ?? []
      return detection._tag === "None" && sent !== undefined ? found({ secret: Redacted.make(sent) }) : detection
    }
  })
})

export const mutants: ReadonlyArray<Mutant.Mutant> = [claimsEverybody]
