// A protocol without cryptography, network and holds: what is left to measure is Paylayer. `x-mock-pay` names the agent; every
// agent has a budget of its own, and `x-mock-pay: hot` shares one that never ends.
import * as Detection from "@paylayer/core/Detection"
import * as Mandate from "@paylayer/core/Mandate"
import * as Manifest from "@paylayer/core/Manifest"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { PaymentProtocol } from "@paylayer/core/PaymentProtocol"
import type { Receipt } from "@paylayer/core/Receipt"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

const Grant = Schema.Struct({ mandate: Mandate.Mandate })
type Grant = (typeof Grant)["Type"]

export const header = "x-mock-pay"

export const manifest: Manifest.Manifest = {
  id: "mock-pay",
  contract: Manifest.contractVersion,
  displayName: "Mock pay",
  flow: "authorize-then-settle",
  use: "many",
  identityType: "mock",
  paymentType: "mock",
  triggers: [{ header }],
  challenge: "standing",
  currencies: ["CNY"],
  capabilities: []
}

const make = Effect.sync(() => {
  const settled = new Map<string, Receipt>()
  const protocol: PaymentProtocol<Detection.Credential, Mandate.Mandate, Grant> = {
    manifest,
    authorization: Schema.toCodecJson(Grant),
    detect: (headers) => {
      const [name] = headers[header] ?? []
      return name === undefined ? Detection.none : Detection.found({ secret: Redacted.make(name) })
    },
    validate: ({ secret }) => {
      const agent = Redacted.value(secret)
      return agent === ""
        ? PaymentError.fail(new PaymentError.CredentialMalformed({ detail: "no agent is named" }))
        : Effect.succeed({ id: agent, payer: agent, agent, budget: [Money.of("CNY", Money.maximum)] })
    },
    verify: (mandate) => Effect.succeed({ mandate }),
    settle: (_, charge) =>
      Clock.clockWith((clock) =>
        Effect.sync(() => {
          const before = settled.get(charge.id)
          if (before !== undefined) return before
          const receipt: Receipt = {
            chargeId: charge.id,
            protocol: manifest.id,
            merchant: charge.merchant,
            resource: charge.resource,
            money: charge.money,
            reference: `mock-${settled.size + 1}`,
            settledAt: DateTime.makeUnsafe(clock.currentTimeMillisUnsafe())
          }
          settled.set(charge.id, receipt)
          return receipt
        })
      ),
    challenge: () => Effect.succeed({ headers: { "x-mock-pay-needed": "1" }, offer: {} }),
    lookup: (_, charge) =>
      Effect.sync(() => {
        const receipt = settled.get(charge.id)
        return receipt === undefined ? { _tag: "NotSettled" } : { _tag: "Settled", receipt }
      })
  }
  return protocol
})

export class MockPay extends Context.Service<MockPay, PaymentProtocol<Detection.Credential, Mandate.Mandate, Grant>>()(
  "bench/MockPay"
) {
  static readonly layer = Layer.effect(MockPay, make)
}
