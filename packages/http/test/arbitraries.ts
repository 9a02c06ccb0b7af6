// Refusals of every kind, with offers whose headers and details are anything at all.
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { Quoted } from "@paylayer/core/Quote"
import type { Receipt } from "@paylayer/core/Receipt"
import { type Offer, Refusal } from "@paylayer/core/Refusal"
import * as DateTime from "effect/DateTime"
import * as Schema from "effect/Schema"
import * as fc from "fast-check"

const text = fc.string({ unit: "binary", maxLength: 60 })
const decodeReason = Schema.decodeUnknownSync(PaymentError.PaymentError.fields.reason)

const reason = fc
  .tuple(fc.constantFrom(...Object.keys(PaymentError.catalogue)), text)
  .map(([_tag, detail]) => decodeReason({ _tag, detail, found: ["a", "b"] }))

const money = fc
  .tuple(fc.constantFrom(...Currency.all), fc.bigInt({ min: 0n, max: Money.maximum }))
  .map(([currency, minor]) => Money.of(currency, minor))

/** As JSON has it: there is no -0. */
const details = fc
  .dictionary(text, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 })
  .map((value) => JSON.parse(JSON.stringify(value)) as Schema.JsonObject)

const quoted: fc.Arbitrary<Quoted> = fc.record({
  listed: money,
  quote: fc.constantFrom("up" as const, "half-even" as const).map((rounding) => ({
    id: "q-1",
    source: "a bank",
    from: "CNY" as const,
    to: "USD" as const,
    rate: "0.1408",
    rounding,
    quotedAt: DateTime.makeUnsafe(0),
    expiresAt: DateTime.makeUnsafe(600_000)
  }))
})

export const offer: fc.Arbitrary<Offer> = fc.record(
  {
    protocol: fc.record({
      id: fc.stringMatching(/^[a-z]{1,8}(-[a-z0-9]{1,8}){0,2}$/),
      contract: fc.constant("1.0" as const),
      displayName: fc.constant("x"),
      flow: fc.constantFrom("authorize-then-settle" as const, "prepaid-then-confirm" as const),
      use: fc.constantFrom("once" as const, "many" as const),
      identityType: text,
      paymentType: text,
      triggers: fc.constant([{ header: "x" }] as const),
      currencies: fc.constant(["CNY"] as const),
      capabilities: fc.constant([])
    }),
    money,
    merchant: text,
    headers: fc.dictionary(
      fc.oneof(
        fc.constantFrom(
          "www-authenticate",
          "payment-needed",
          "Payment-Required",
          "link",
          "set-cookie",
          "content-length"
        ),
        text
      ),
      fc.oneof(text, fc.string({ unit: "grapheme-ascii", maxLength: 3000 })),
      { maxKeys: 4 }
    ),
    details,
    quoted
  },
  { requiredKeys: ["protocol", "money", "merchant", "headers", "details"] }
)

const receipt: fc.Arbitrary<Receipt> = fc.record(
  {
    chargeId: text,
    protocol: text,
    merchant: text,
    resource: text,
    money,
    reference: text,
    settledAt: fc.integer({ min: 0, max: 4e12 }).map((millis) => DateTime.makeUnsafe(millis)),
    method: text,
    quoted,
    settlement: fc.oneof(money, fc.record({ currency: fc.constantFrom(...Currency.all) }))
  },
  { requiredKeys: ["chargeId", "protocol", "merchant", "resource", "money", "reference", "settledAt"] }
)

export const refusal: fc.Arbitrary<Refusal> = fc
  .record({
    reason,
    moved: fc.constantFrom("no" as const, "unknown" as const, "yes" as const),
    chargeId: fc.option(text, { nil: undefined }),
    retryAfter: fc.option(fc.nat(), { nil: undefined }),
    offers: fc.array(offer, { maxLength: 12 }),
    receipt: fc.option(receipt, { nil: undefined })
  })
  .map(
    ({ reason, moved, chargeId, retryAfter, offers, receipt }) =>
      new Refusal({
        error: PaymentError.make(reason, {
          moved,
          ...(chargeId === undefined ? {} : { chargeId }),
          ...(retryAfter === undefined ? {} : { retryAfter })
        }),
        offers,
        ...(receipt === undefined ? {} : { receipt })
      })
  )
