// A protocol of the tests: a ticket that was paid for before and buys exactly one request. Settling confirms its use.
import type * as Charge from "@paylayer/core/Charge"
import * as Detection from "@paylayer/core/Detection"
import * as Mandate from "@paylayer/core/Mandate"
import * as Manifest from "@paylayer/core/Manifest"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { PaymentProtocol } from "@paylayer/core/PaymentProtocol"
import type { Receipt } from "@paylayer/core/Receipt"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { canary } from "../canary.ts"
import { script } from "./faults.ts"

const Text = Schema.fromJsonString(
  Schema.Struct({
    id: Schema.String,
    binding: Schema.String,
    money: Schema.toCodecJson(Money.Money),
    canary: Schema.String
  })
)

export const makeOffice = () => ({
  faults: script(),
  /** The tickets that were paid for. */
  paid: new Set<string>(),
  /** The tickets whose use is confirmed, by charge. */
  movements: new Map<string, Receipt>(),
  calls: [] as Array<string>,
  /** How long a confirmation takes. */
  latency: 0
})
type Office = ReturnType<typeof makeOffice>
export class TicketOffice extends Context.Service<TicketOffice, Office>()("test/TicketOffice") {}

/** Pays for what a challenge asked. */
export const buy = (office: Office, ticket: { readonly binding: string; readonly money: Money.Money }, id = "t-1") => {
  office.paid.add(id)
  return { "x-ticket": Buffer.from(Schema.encodeSync(Text)({ id, canary, ...ticket })).toString("base64url") }
}

export const manifest: Manifest.Manifest = {
  id: "ticket",
  contract: Manifest.contractVersion,
  displayName: "Ticket",
  flow: "prepaid-then-confirm",
  use: "once",
  identityType: "ticket",
  paymentType: "office",
  triggers: [{ header: "x-ticket" }],
  currencies: ["CNY"],
  capabilities: []
}

const Use = Schema.Struct({ mandate: Schema.toCodecJson(Mandate.Mandate), ticket: Schema.String })
type Use = (typeof Use)["Type"]

const fail = PaymentError.fail

const make = Effect.gen(function* () {
  const office = yield* TicketOffice
  const { calls, faults, movements, paid } = office

  const validate = ({ secret }: Detection.Credential, charge: Charge.Charge) =>
    Effect.gen(function* () {
      const json = Buffer.from(Redacted.value(secret), "base64url").toString()
      const ticket = yield* Schema.decodeEffect(Text)(json).pipe(
        Effect.catch(() => fail(new PaymentError.CredentialMalformed({ detail: "not a ticket" })))
      )
      if (ticket.binding !== charge.binding || !Money.equals(ticket.money, charge.money)) {
        return yield* fail(new PaymentError.BindingMismatch({ detail: "the ticket is for something else" }), {
          moved: "yes"
        })
      }
      return { id: ticket.id, payer: "somebody", currencies: [ticket.money.currency] } satisfies Mandate.Mandate
    })

  const verify = (mandate: Mandate.Mandate) =>
    paid.has(mandate.id)
      ? Effect.succeed({ mandate, ticket: mandate.id })
      : fail(new PaymentError.CredentialRevoked({ detail: "the ticket was not paid for" }))

  const confirm = (charge: Charge.Charge) =>
    Effect.gen(function* () {
      calls.push(`settle ${charge.id}`)
      if (office.latency > 0) yield* Effect.sleep(office.latency)
      const receipt: Receipt = movements.get(charge.id) ?? {
        chargeId: charge.id,
        protocol: manifest.id,
        merchant: charge.merchant,
        resource: charge.resource,
        money: charge.money,
        reference: `office-${charge.id}`,
        settledAt: DateTime.makeUnsafe(yield* Clock.currentTimeMillis)
      }
      movements.set(charge.id, receipt)
      return receipt
    })

  const service: PaymentProtocol<Detection.Credential, Mandate.Mandate, Use> = {
    manifest,
    authorization: Use,
    detect: (headers) => {
      const [ticket, ...others] = RequestHeaders.distinct(headers, "x-ticket")
      if (ticket === undefined) return Detection.none
      return others.length > 0 ? Detection.ambiguous(["x-ticket"]) : Detection.found({ secret: Redacted.make(ticket) })
    },
    validate: (credential, charge) => faults.run("validate", validate(credential, charge)),
    verify: (mandate) => faults.run("verify", verify(mandate)),
    settle: (_, charge) => faults.run("settle", confirm(charge)),
    challenge: (charge) =>
      faults.run(
        "challenge",
        Effect.succeed({ headers: { "ticket-needed": "1" }, offer: { binding: charge.binding } })
      ),
    lookup: (_, charge) =>
      faults.run(
        "lookup",
        Effect.sync(() => {
          const receipt = movements.get(charge.id)
          return receipt === undefined ? { _tag: "NotSettled" as const } : { _tag: "Settled" as const, receipt }
        })
      )
  }
  return service
})

export class Ticket extends Context.Service<Ticket, PaymentProtocol<Detection.Credential, Mandate.Mandate, Use>>()(
  "test/Ticket"
) {
  static readonly layer = Layer.effect(Ticket, make)
}
