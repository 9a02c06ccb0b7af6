/**
 * The double for tickets: an agent that pays the bill of a challenge at the kiosk and sends the ticket.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { generateKeyPairSync } from "node:crypto"
import { type Minted, type Order, Provider, ProviderError } from "../Provider.ts"
import type { Terms } from "../Terms.ts"
import { type Bill, Kiosk, type Paid, sign } from "./Kiosk.ts"

const stranger = generateKeyPairSync("ed25519").privateKey

const ticket = (text: string | Uint8Array, number: string, signature?: string): Minted => {
  const body = Buffer.from(text).toString("base64url")
  const proof = `${body}~${signature ?? sign(body)}`
  return { mandate: number, entries: [["Ticket-Proof", proof]], secrets: [proof, body] }
}

/** Two other values for each field, so that one of them differs. */
const changes: { readonly [field: string]: readonly [string, string] } = {
  number: ["ticket99", "ticket98"],
  payer: ["somebody-else", "nobody"],
  merchant: ["another-merchant", "merchant-2"],
  binding: ["another-binding", "none"],
  currency: ["JPY", "CNY"],
  minor: ["1", "2"],
  until: ["2099-01-01T00:00:00.000Z", "2098-01-01T00:00:00.000Z"]
}

export const layer = Layer.effect(
  Provider,
  Effect.map(Kiosk, (kiosk) => {
    const buy = Effect.fnUntraced(function* (terms: Terms, { challenge }: Order) {
      const { headers } = yield* Effect.mapError(challenge, ({ message }) => new ProviderError({ message }))
      const bill: Bill = JSON.parse(Buffer.from(headers["ticket-bill"] ?? "", "base64url").toString())
      const now = yield* Clock.currentTimeMillis
      const until = terms.expiresAt ?? DateTime.makeUnsafe(now + 1_800_000)
      return yield* kiosk.pay({ ...bill, payer: terms.payer ?? "customer-1", until: DateTime.formatIso(until) })
    })
    const text = (paid: Paid) => JSON.stringify(paid)

    return Provider.of({
      abilities: {
        terms: ["expiresAt", "payer"],
        currencies: "one",
        signed: [
          { name: "number", covers: "nonce" },
          { name: "payer", covers: "payer" },
          { name: "merchant", covers: "payee" },
          { name: "binding", covers: "resource" },
          { name: "currency", covers: "currency" },
          { name: "minor", covers: "amount" },
          { name: "until", covers: "expiry" }
        ],
        forgeries: ["unknown-key"],
        faults: ["verify", "settle"]
      },
      mint: (terms, order) => Effect.map(buy(terms, order), (paid) => ticket(text(paid), paid.number)),
      mintTampered: (terms, order, field) =>
        Effect.map(buy(terms, order), (paid) => {
          const signature = sign(Buffer.from(text(paid)).toString("base64url"))
          const changed = changes[field]?.find(
            (value) => value !== (paid as unknown as { readonly [name: string]: string })[field]
          )
          return ticket(JSON.stringify({ ...paid, [field]: changed }), paid.number, signature)
        }),
      mintForged: (terms, order) =>
        Effect.map(buy(terms, order), (paid) =>
          ticket(text(paid), paid.number, sign(Buffer.from(text(paid)).toString("base64url"), stranger))
        ),
      wire: {
        payload: (terms, order) => Effect.map(buy(terms, order), text),
        seal: (payload) => Effect.sync(() => ticket(payload, "unknown")),
        required: ["/number", "/payer", "/merchant", "/binding", "/currency", "/minor", "/until"],
        amounts: [],
        unknownFields: "ignored"
      },
      revoke: kiosk.cancel,
      movements: kiosk.movements,
      holds: Effect.succeed([]),
      fault: (fault) => Effect.sync(() => void kiosk.faults.push(fault)),
      unmet: Effect.sync(() => kiosk.faults.length),
      clearFaults: Effect.sync(() => void kiosk.faults.splice(0))
    })
  })
).pipe(Layer.provideMerge(Kiosk.layer))
