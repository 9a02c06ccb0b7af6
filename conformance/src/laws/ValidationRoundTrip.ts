/** VAL-01, VAL-02: what is written is what is read, and it is written in one way. */
import * as Mandate from "@paylayer/core/Mandate"
import * as Receipt from "@paylayer/core/Receipt"
import type { Authorization } from "@paylayer/core/PaymentProtocol"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Broken, words } from "../Broken.ts"
import * as Entries from "../Entries.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as SpellingGen from "../gen/SpellingGen.ts"
import * as TermsGen from "../gen/TermsGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Shop from "../Shop.ts"
import * as Terms from "../Terms.ts"
import { met, World } from "../World.ts"

const MandateJson = Schema.toCodecJson(Mandate.Mandate)
const ReceiptJson = Schema.toCodecJson(Receipt.Receipt)

/** Names in order, and lists too: the order of a list of terms means nothing. */
const ordered = (json: unknown): unknown => {
  if (Array.isArray(json)) return json.map(ordered).toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
  if (typeof json !== "object" || json === null) return json
  return Object.fromEntries(
    Object.entries(json)
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, ordered(value)])
  )
}

const encodeMandate = Schema.encodeEffect(MandateJson)
const mandateJson = (mandate: Mandate.Mandate) =>
  Effect.map(Effect.orDie(encodeMandate(mandate)), (json) => json as { readonly [name: string]: unknown })

const text = (json: unknown): string => JSON.stringify(ordered(json))

/** A whole number of seconds from now. */
const at = (seconds: number | undefined) =>
  Effect.map(Clock.currentTimeMillis, (now) =>
    seconds === undefined ? undefined : DateTime.makeUnsafe(Math.floor(now / 1_000) * 1_000 + seconds * 1_000)
  )

const asked = Effect.fnUntraced(function* ({ beginsSecondsAgo, endsInSeconds, terms }: TermsGen.Drawn) {
  const notBefore = yield* at(beginsSecondsAgo === undefined ? undefined : -beginsSecondsAgo)
  const expiresAt = yield* at(endsInSeconds)
  return {
    ...terms,
    ...(notBefore === undefined ? {} : { notBefore }),
    ...(expiresAt === undefined ? {} : { expiresAt })
  } satisfies Terms.Terms
})

/** What the ledger would keep of an authorization, read back from its text. */
const throughLedger = Effect.fnUntraced(function* (authorization: Authorization) {
  const { authorization: codec } = (yield* World).protocol
  const written = (value: unknown) =>
    Effect.mapError(
      Schema.encodeUnknownEffect(codec)(value),
      () => new Broken({ expected: "an authorization can be written down", actual: "its codec refused it" })
    )
  const first = JSON.stringify(yield* written(authorization))
  const back = yield* Schema.decodeUnknownEffect(codec)(JSON.parse(first)).pipe(
    Effect.mapError(
      () =>
        new Broken({ expected: "an authorization can be read back", actual: "its codec refused what it had written" })
    )
  )
  return {
    first,
    again: JSON.stringify(yield* written(authorization)),
    back,
    rewritten: JSON.stringify(yield* written(back))
  }
})

export const roundTrip = Law.property({
  id: "VAL-01",
  severity: "critical",
  clause: "Mandate, PaymentProtocol.authorization, Receipt.toHeader",
  statement:
    "reads the terms that its provider wrote, and an authorization and a receipt as they were before they were written down",
  why: "An agent spends under other terms than its owner set, or after a restart nobody knows what was authorized.",
  gen: TermsGen.full,
  interesting: ["settled"],
  weight: 0.25,
  run: (drawn) =>
    Effect.gen(function* () {
      const { about, protocol } = yield* World
      const terms = yield* asked(drawn)
      const wanted = about.abilities.terms.includes("categories") ? { category: drawn.category } : {}
      const charge = yield* Shop.charge(drawn.price, wanted)
      const minted = yield* Shop.mint(terms, charge)
      const authorized = yield* Shop.authorize(minted, charge)
      if (Result.isFailure(authorized)) {
        return yield* new Broken({
          expected: "a charge within all terms is authorized",
          actual: `it was ${words(authorized)}`
        })
      }
      const { authorization } = authorized.success
      const confirmed = yield* mandateJson({ ...authorized.success.mandate, ...authorization.mandate })
      const expected = yield* mandateJson({ ...terms, id: "", payer: "" })
      for (const name of Terms.names(terms)) {
        const [read, written] = [text(confirmed[name] ?? null), text(expected[name] ?? null)]
        if (read !== written) {
          return yield* new Broken({
            expected: `the mandate's ${name} is what the provider wrote: ${written}`,
            actual: `it is ${read}`
          })
        }
      }
      const { back, first, rewritten } = yield* throughLedger(authorization)
      const restored = yield* mandateJson(back.mandate)
      const before = yield* mandateJson(authorization.mandate)
      if (text(restored) !== text(before) || rewritten !== first) {
        return yield* new Broken({
          expected: "an authorization is the same when it is read back from the ledger",
          actual: `its mandate was ${text(before)} and is ${text(restored)}`
        })
      }
      const receipt = yield* Effect.result(protocol.settle(back, charge))
      if (Result.isFailure(receipt)) {
        return yield* new Broken({
          expected: "an authorization that was read back from the ledger is settled",
          actual: `it was ${words(receipt)}`
        })
      }
      yield* met("settled")
      const header = Receipt.fromHeader(Receipt.toHeader(receipt.success))
      const shown = (value: Receipt.Receipt) => Effect.orDie(Schema.encodeEffect(ReceiptJson)(value))
      if (Result.isFailure(header) || text(yield* shown(header.success)) !== text(yield* shown(receipt.success))) {
        return yield* new Broken({
          expected: "the receipt is the same when it is read from its header",
          actual: "it is another one"
        })
      }
    })
})

export const canonical = Law.property({
  id: "VAL-02",
  severity: "critical",
  clause: "PaymentProtocol.authorization, Credential.secret, Mandate.id",
  statement: "writes an authorization in one way, and takes no other spelling of a credential for another credential",
  why: "One credential buys as often as it can be spelled: with padding, with other trailing bits, percent-encoded.",
  gen: (about) => Gen.tuple(MandateGen.price(about), Gen.array(SpellingGen.respelling, { minLength: 1, maxLength: 4 })),
  interesting: ["another spelling"],
  weight: 0.25,
  run: ([price, respellings]) =>
    Effect.gen(function* () {
      const { about, delivered } = yield* World
      const charge = yield* Shop.charge(price)
      const minted = yield* Shop.mint({}, charge)
      const secret = Redacted.value((yield* Shop.credential(minted)).secret)
      const authorized = yield* Shop.authorize(minted, charge)
      if (Result.isFailure(authorized)) {
        return yield* new Broken({ expected: "the charge is authorized", actual: `it was ${words(authorized)}` })
      }
      const { mandate } = authorized.success
      const { first, again } = yield* throughLedger(authorized.success.authorization)
      if (first !== again) {
        return yield* new Broken({
          expected: "one authorization is always written as the same text",
          actual: "writing it twice gave two texts"
        })
      }
      const once = about.manifest.use === "once"
      if (once) yield* Shop.sell({ entries: minted.entries, money: price })
      const sold = (yield* Shop.settlements).length
      for (const respelling of respellings) {
        const other = SpellingGen.respell(secret, respelling)
        if (other === secret) continue
        yield* met("another spelling")
        const entries = Entries.respelled(minted.entries, secret, other)
        const found = yield* Shop.detect(Shop.request(entries).headers)
        if (found._tag !== "Found") continue
        const facts = [`${respelling.how}, in part ${respelling.part + 1}`]
        // With verify: that an opaque credential was never issued is known to its provider alone.
        const read = yield* Shop.authorize({ ...minted, entries }, charge)
        const respelled = Result.isSuccess(read) ? read.success.mandate : mandate
        if (respelled.id !== mandate.id || respelled.payer !== mandate.payer) {
          return yield* new Broken({
            expected: "another spelling of a credential is refused, or is the same mandate",
            actual: "it is read as another mandate, with a budget of its own",
            facts
          })
        }
        if (!once) continue
        yield* Shop.sell({ entries, money: price })
        if (delivered.length > 1 || (yield* Shop.settlements).length > sold) {
          return yield* new Broken({
            expected: "a credential that is used once is used once in all its spellings",
            actual: "it bought a second time in another spelling",
            facts
          })
        }
      }
    })
})
