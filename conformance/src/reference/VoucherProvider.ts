/**
 * The double for vouchers: an issuer that signs whatever terms it is asked for, in front of the till.
 */
import * as Currency from "@paylayer/core/Currency"
import type { Mandate } from "@paylayer/core/Mandate"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import { type Abilities, type Minted, Provider, ProviderError } from "../Provider.ts"
import * as Terms from "../Terms.ts"
import * as Till from "./Till.ts"
import * as Voucher from "./Voucher.ts"
import * as VoucherCode from "./VoucherCode.ts"

/** Good for nothing but tests. */
export const key = "voucher-key-6b1f0e2a7c"

const abilities: Abilities = {
  terms: Terms.all,
  currencies: "many",
  signed: [
    { name: "id", covers: "nonce" },
    { name: "payer", covers: "payer" },
    { name: "currencies", covers: "currency" },
    { name: "limit", covers: "amount" },
    { name: "budget", covers: "amount" },
    { name: "until", covers: "expiry" },
    { name: "merchants", covers: "payee" }
  ],
  forgeries: ["unknown-key", "unsigned", "other-version"],
  faults: ["verify", "settle", "lookup", "refund"]
}

/** Other values for the signed fields, each as the agent would like it. */
const wishes: { readonly [name: string]: unknown } = {
  id: "another-voucher",
  payer: "somebody-else",
  currencies: ["CNY", "USD", "EUR"],
  limit: { CNY: "1000000.00", USD: "1000000.00", EUR: "1000000.00" },
  budget: { CNY: "1000000.00", USD: "1000000.00", EUR: "1000000.00" },
  until: "2099-01-01T00:00:00.000Z",
  merchants: { allowed: ["merchant-1", "somebody-else"] }
}

const encode = (payload: string | Uint8Array): string => Buffer.from(payload).toString("base64url")

const minted = (mandate: string, code: string): Minted => ({
  mandate,
  entries: [["authorization", `Voucher ${code}`]],
  secrets: [code, ...code.split("."), key]
})

const make = Effect.gen(function* () {
  const till = yield* Till.Till

  const mandateFor = Effect.fnUntraced(function* (terms: Terms.Terms) {
    const now = yield* Clock.currentTimeMillis
    const number = yield* Random.nextIntBetween(0, 2 ** 40)
    const mandate: Mandate = {
      expiresAt: DateTime.makeUnsafe(now + 3_600_000),
      ...terms,
      id: `voucher-${number.toString(36)}`,
      payer: terms.payer ?? "payer-1"
    }
    yield* till.open(mandate)
    return mandate
  })

  const payload = (terms: Terms.Terms) => Effect.map(mandateFor(terms), VoucherCode.write)
  const idOf = (text: string): string => /"id":"([^"]*)"/.exec(text)?.[1] ?? "unknown"
  const sealed = (text: string | Uint8Array, by = key): Minted => {
    const encoded = encode(text)
    return minted(idOf(Buffer.from(text).toString()), `${encoded}.${VoucherCode.mac(encoded, by)}`)
  }

  return Provider.of({
    abilities,
    mint: (terms) => Effect.map(payload(terms), (text) => sealed(text)),
    mintTampered: (terms, _order, field) =>
      Effect.flatMap(payload(terms), (text) => {
        if (!(field in wishes)) return Effect.fail(new ProviderError({ message: `no signed field is called ${field}` }))
        const changed = JSON.stringify({ ...JSON.parse(text), [field]: wishes[field] })
        const signature = VoucherCode.mac(encode(text), key)
        return Effect.succeed(minted(idOf(text), `${encode(changed)}.${signature}`))
      }),
    mintForged: (terms, _order, forgery) =>
      Effect.flatMap(payload(terms), (text) => {
        switch (forgery) {
          case "unknown-key":
            return Effect.succeed(sealed(text, "a key that nobody trusts"))
          case "unsigned":
            return Effect.succeed(minted(idOf(text), `${encode(text)}.`))
          case "other-version":
            return Effect.succeed(sealed(text.replace('"v":1', '"v":2')))
          case "key-confusion":
            return Effect.fail(new ProviderError({ message: "a mac has no public key" }))
        }
      }),
    wire: {
      payload,
      seal: (text) => Effect.sync(() => sealed(text)),
      required: ["/v", "/id", "/payer", "/until"],
      amounts: ["limit", "least", "budget"].flatMap((name) => Currency.all.map((code) => `/${name}/${code}`)),
      unknownFields: "refused"
    },
    revoke: till.revoke,
    movements: till.movements,
    holds: till.holds,
    fault: till.fault,
    unmet: till.unmet,
    clearFaults: till.clearFaults
  })
})

/** The double over some till, that till and the key: all that the plug-in needs. */
export const layerOver = (till: Layer.Layer<Till.Till>) =>
  Layer.effect(Provider, make).pipe(
    Layer.provideMerge(till),
    Layer.merge(Layer.succeed(Voucher.VoucherKey, Redacted.make(key)))
  )

/** The same over an ordinary till. */
export const layer = layerOver(Till.Till.layer)
