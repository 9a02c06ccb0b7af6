/**
 * The second reference plug-in: tickets for bills that agents have paid at a kiosk. `prepaid-then-confirm`, used once.
 *
 * A ticket is bound to what it was bought for: merchant, method, resource, body, amount and currency. Settling confirms to the
 * kiosk that it was delivered.
 */
import type { Charge } from "@paylayer/core/Charge"
import * as Currency from "@paylayer/core/Currency"
import { ambiguous, type Credential, type Detection, found, none } from "@paylayer/core/Detection"
import type { Mandate } from "@paylayer/core/Mandate"
import type { Manifest } from "@paylayer/core/Manifest"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { Authorization, PaymentProtocol } from "@paylayer/core/PaymentProtocol"
import type { Receipt } from "@paylayer/core/Receipt"
import { distinct, type RequestHeaders } from "@paylayer/core/RequestHeaders"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { verify as isSignedBy } from "node:crypto"
import { type Bill, Kiosk, type KioskError, publicKey } from "./Kiosk.ts"

const PaidBill = Schema.Struct({
  number: Schema.NonEmptyString,
  payer: Schema.NonEmptyString,
  merchant: Schema.NonEmptyString,
  binding: Schema.NonEmptyString,
  currency: Currency.Currency,
  minor: Schema.String.check(Schema.isPattern(/^[1-9][0-9]{0,17}$/)),
  until: Schema.DateTimeUtcFromString
})

/** The number is the mandate's id. */
const TicketGrant = Schema.Struct({
  mandate: Schema.Struct({ id: Schema.String, payer: Schema.String, expiresAt: Schema.DateTimeUtcFromString })
})
type TicketMandate = Mandate & { readonly expiresAt: DateTime.Utc }
type TicketGrant = Authorization & (typeof TicketGrant)["Type"]

const manifest: Manifest = {
  id: "ticket",
  contract: "1.0",
  displayName: "Kiosk ticket",
  flow: "prepaid-then-confirm",
  use: "once",
  identityType: "kiosk-customer",
  paymentType: "kiosk",
  triggers: [{ header: "ticket-proof" }],
  currencies: ["CNY", "USD", "EUR", "JPY"],
  capabilities: []
}

const billFor = ({ binding, merchant, money }: Charge): Bill => ({
  binding,
  merchant,
  currency: money.currency,
  minor: String(money.minor)
})

const detect = (headers: RequestHeaders): Detection<Credential> => {
  const sent = distinct(headers, "ticket-proof")
  if (sent.length === 0) return none
  return sent.length === 1 ? found({ secret: Redacted.make(sent[0]!) }) : ambiguous(sent.map(() => "ticket-proof"))
}

const malformed = (detail: string) => PaymentError.make(new PaymentError.CredentialMalformed({ detail }))

const shape = /^([A-Za-z0-9_-]{2,4000})~([A-Za-z0-9_-]{86})$/

/** The paid bill inside a proof that the kiosk signed. */
const read = (proof: string) =>
  Result.gen(function* () {
    const [, body, signature] = shape.exec(proof) ?? []
    if (body === undefined || signature === undefined) {
      return yield* Result.fail(malformed("the ticket is not <bill>~<signature>"))
    }
    const bytes = Buffer.from(signature, "base64url")
    const exact = bytes.toString("base64url") === signature
    if (!exact || !isSignedBy(null, Buffer.from(body), publicKey, bytes)) {
      return yield* Result.fail(
        PaymentError.make(new PaymentError.SignatureInvalid({ detail: "the ticket is not signed by the kiosk" }))
      )
    }
    const json = yield* StrictJson.parse(Buffer.from(body, "base64url")).pipe(
      Result.mapError(({ path }) => malformed(`the ticket's bill is not strict JSON at ${path || "/"}`))
    )
    const wrong = Object.keys(PaidBill.fields).filter((field) => {
      const value = (json as { readonly [name: string]: unknown } | null)?.[field]
      return Result.isFailure(Schema.decodeUnknownResult(PaidBill.fields[field as keyof typeof PaidBill.fields])(value))
    })
    if (wrong.length > 0)
      return yield* Result.fail(
        malformed(`the ticket's bill is wrong at ${wrong.map((field) => `/${field}`).join(", ")}`)
      )
    return yield* Schema.decodeUnknownResult(PaidBill)(json).pipe(
      Result.mapError(() => malformed("the ticket's bill cannot be read"))
    )
  })

/** The agent has paid: whatever fails from here on, its money has moved. */
const heard = ({ why }: KioskError): PaymentError.PaymentError => {
  switch (why) {
    case "unknown ticket":
    case "cancelled":
      return PaymentError.make(new PaymentError.CredentialRevoked({ detail: `the kiosk says: ${why}` }))
    case "confirmed for another charge":
      return PaymentError.make(new PaymentError.AlreadySettled({ detail: "the ticket was used" }), { moved: "yes" })
    case "out of order":
      return PaymentError.make(new PaymentError.ProviderUnavailable({ detail: "the kiosk is out of order" }), {
        moved: "yes"
      })
    case "not authentic":
      return PaymentError.make(new PaymentError.ProviderUntrusted({ detail: "the answer is not the kiosk's" }), {
        moved: "yes"
      })
  }
}

const receiptOf = (charge: Charge, reference: string): Receipt => ({
  chargeId: charge.id,
  protocol: manifest.id,
  merchant: charge.merchant,
  resource: charge.resource,
  money: charge.money,
  reference,
  settledAt: charge.openedAt
})

export class Ticket extends Context.Service<Ticket, PaymentProtocol<Credential, TicketMandate, TicketGrant>>()(
  "@paylayer/conformance/reference/Ticket"
) {
  static readonly layer = Layer.effect(
    Ticket,
    Effect.map(Kiosk, (kiosk) =>
      Ticket.of({
        manifest,
        authorization: Schema.toCodecJson(TicketGrant),
        detect,
        challenge: (charge) => {
          const bill = billFor(charge)
          const headers = { "ticket-bill": Buffer.from(JSON.stringify(bill)).toString("base64url") }
          return Effect.succeed({ headers, offer: { ...bill } })
        },
        validate: ({ secret }, charge) =>
          Effect.gen(function* () {
            const paid = yield* Effect.fromResult(read(Redacted.value(secret)))
            const now = yield* DateTime.now
            if (now.epochMilliseconds >= paid.until.epochMilliseconds) {
              return yield* PaymentError.fail(
                new PaymentError.CredentialExpired({ detail: "the ticket is out of date" })
              )
            }
            const bill = billFor(charge)
            // The price may name the currency that was paid in as a second choice.
            if (paid.currency !== bill.currency) {
              return yield* PaymentError.fail(
                new PaymentError.CurrencyNotAllowed({
                  detail: `the ticket was paid in ${paid.currency}, not in ${bill.currency}`
                })
              )
            }
            const other = (["binding", "merchant", "minor"] as const).filter((name) => paid[name] !== bill[name])
            if (other.length > 0) {
              return yield* PaymentError.fail(
                new PaymentError.BindingMismatch({ detail: `the ticket was bought for another ${other.join(", ")}` })
              )
            }
            return { id: paid.number, payer: paid.payer, expiresAt: paid.until }
          }),
        verify: (mandate, charge) =>
          Effect.gen(function* () {
            const { good, confirmedFor } = yield* Effect.mapError(kiosk.standing(mandate.id), heard)
            if (!good) return yield* heardAs("cancelled")
            if (confirmedFor !== undefined && confirmedFor !== charge.id)
              return yield* heardAs("confirmed for another charge")
            return { mandate }
          }),
        settle: ({ mandate }, charge) =>
          kiosk.confirm(mandate.id, charge.id).pipe(
            Effect.map((reference) => receiptOf(charge, reference)),
            Effect.mapError(heard)
          ),
        lookup: ({ mandate }, charge) =>
          kiosk.standing(mandate.id).pipe(
            Effect.map(({ confirmedFor }) =>
              confirmedFor === charge.id
                ? { _tag: "Settled" as const, receipt: receiptOf(charge, `kiosk-${mandate.id}`) }
                : { _tag: "Unknown" as const }
            ),
            Effect.mapError(heard)
          )
      })
    )
  )
}

const heardAs = (why: KioskError["why"]) => Effect.fail(heard({ why } as KioskError))
