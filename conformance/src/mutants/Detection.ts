/** Defects of detection. */
import { found, none } from "@paylayer/core/Detection"
import type { RequestHeaders } from "@paylayer/core/RequestHeaders"
import * as Redacted from "effect/Redacted"
import * as Mutant from "../Mutant.ts"

const authorization = (headers: RequestHeaders) => headers["authorization"]?.[0]

const throwsOnEscape = Mutant.make({
  name: "throws-on-odd-header",
  defect: "decodes the header without looking whether it can be decoded",
  killedBy: ["DET-01"],
  change: (plugin) => ({
    ...plugin,
    detect: (headers) => {
      headers["x-voucher"]?.forEach((value) => decodeURIComponent(value))
      return plugin.detect(headers)
    }
  })
})

const caseSensitive = Mutant.make({
  name: "case-sensitive-header",
  defect: "compares the authentication scheme letter by letter",
  killedBy: ["DET-04"],
  change: (plugin) => ({
    ...plugin,
    detect: (headers) => {
      const value = authorization(headers)
      return value !== undefined && /^voucher/i.test(value) && !value.startsWith("Voucher ")
        ? none
        : plugin.detect(headers)
    }
  })
})

const lowersCredential = Mutant.make({
  name: "lowers-credential",
  defect: "lowers the case of the whole header, credential included",
  killedBy: ["DET-04"],
  change: (plugin) => ({
    ...plugin,
    detect: (headers) => {
      const detection = plugin.detect(headers)
      if (detection._tag !== "Found" || authorization(headers)?.startsWith("Voucher ") === true) return detection
      return found({
        secret: Redacted.make(Redacted.value(detection.credential.secret as Redacted.Redacted<string>).toLowerCase())
      })
    }
  })
})

export const mutants: ReadonlyArray<Mutant.Mutant> = [throwsOnEscape, caseSensitive, lowersCredential]
