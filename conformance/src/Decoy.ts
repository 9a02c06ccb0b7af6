/**
 * The decoy: a protocol that is installed beside a subject and that nobody pays with.
 */
import { found, none } from "@paylayer/core/Detection"
import { contractVersion } from "@paylayer/core/Manifest"
import type { Mandate } from "@paylayer/core/Mandate"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { AnyProtocol, Authorization } from "@paylayer/core/PaymentProtocol"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

const refuses = PaymentError.fail(new PaymentError.PaymentDeclined({ detail: "the decoy takes no payments" }))

/** What it says to every credential of its own. */
export const code = PaymentError.catalogue.PaymentDeclined.code

/** Headers that are its own and nobody else's. */
export const credentials: ReadonlyArray<readonly [name: string, value: string]> = [
  ["x-conformance-decoy", "decoy-credential"],
  ["authorization", "ConformanceDecoy decoy-credential"]
]

const authorization = Schema.Struct({
  mandate: Schema.Struct({ id: Schema.String, payer: Schema.String })
})

export const protocol: AnyProtocol = {
  manifest: {
    id: "conformance-decoy",
    contract: contractVersion,
    displayName: "Decoy",
    flow: "authorize-then-settle",
    use: "many",
    identityType: "decoy",
    paymentType: "decoy",
    triggers: [{ header: "x-conformance-decoy" }, { header: "authorization", scheme: "ConformanceDecoy" }],
    currencies: ["CNY", "USD", "EUR", "JPY", "KWD"],
    capabilities: []
  },
  authorization: authorization as Schema.Codec<Authorization, Schema.Json>,
  detect: (headers) => {
    const [sent] = headers["x-conformance-decoy"] ?? headers["authorization"] ?? []
    return sent?.endsWith("decoy-credential") === true ? found({ secret: Redacted.make(sent) }) : none
  },
  validate: (): Effect.Effect<Mandate, PaymentError.PaymentError> => refuses,
  verify: () => refuses,
  settle: () => refuses,
  challenge: () => Effect.succeed({ headers: {}, offer: { scheme: "decoy" } }),
  lookup: () => Effect.succeed({ _tag: "NotSettled" })
}
