/** CUR: amounts and currencies, exactly. */
import * as Money from "@paylayer/core/Money"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { Broken, words } from "../Broken.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Json from "../Json.ts"
import * as Law from "../Law.ts"
import type { Wire } from "../Provider.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"
import { bound, huge, unconverted } from "./CurrencyBound.ts"
import { plainDecimals, unsupported } from "./CurrencyText.ts"

/** The same decimal with a digit that its currency does not have. */
const finer = (json: StrictJson.ExactJson): StrictJson.ExactJson | undefined => {
  const text = json instanceof StrictJson.JsonNumber ? json.source : typeof json === "string" ? json : undefined
  if (text === undefined) return undefined
  const more = `${text}${text.includes(".") ? "" : ".00"}4`
  return json instanceof StrictJson.JsonNumber ? new StrictJson.JsonNumber(more) : more
}

/** A credential whose amount has a third decimal is refused. */
const thirdDecimal = (wire: Wire, limit: Money.Money) =>
  Effect.gen(function* () {
    const charge = yield* Shop.charge(Money.of(limit.currency, 1n))
    const payload = yield* wire.payload({ perCharge: [limit] }, yield* Shop.order(charge))
    const json = Result.getOrElse(StrictJson.parseExact(payload), () => null)
    for (const pointer of wire.amounts) {
      const amount = Json.at(json, pointer)
      const changed = amount === undefined ? undefined : finer(amount)
      const deformed = changed === undefined ? undefined : Json.replaced(json, pointer, changed)
      if (deformed === undefined) continue
      yield* met("a third decimal")
      const minted = yield* Shop.mintWith((order) => wire.seal(StrictJson.stringify(deformed), order), charge)
      const result = yield* Shop.pay(minted, charge)
      if (Result.isSuccess(result) || result.failure.reason._tag !== "CredentialMalformed") {
        return yield* new Broken({
          expected: `an amount with a third decimal at ${pointer} is refused as credential_malformed, not rounded`,
          actual: `it was ${words(result)}`
        })
      }
    }
  })

const exact = Law.property({
  id: "CUR-01",
  severity: "critical",
  clause: "Money, Receipt.money",
  statement: "moves exactly the charge's minor units, in the charge's currency, and rounds nothing",
  why: "Every charge is off by a cent, or by a hundred times, and nobody notices until the books are closed.",
  gen: MandateGen.limit,
  interesting: ["settled"],
  run: (money) =>
    Effect.gen(function* () {
      const { about, provider } = yield* World
      const charge = yield* Shop.charge(money)
      const limited = about.abilities.terms.includes("perCharge")
      const result = yield* Shop.pay(yield* Shop.mint(limited ? { perCharge: [money] } : {}, charge), charge)
      if (Result.isFailure(result)) {
        return yield* new Broken({ expected: `${Money.print(money)} is settled`, actual: `it was ${words(result)}` })
      }
      yield* met("settled")
      const { authorization, mandate, receipt } = result.success
      const [moved] = yield* Shop.settlements
      const facts = [`charge ${Money.print(money)}`]
      for (const [what, found] of [
        ["the provider moved", moved?.money],
        ["the receipt says", receipt.money],
        ...(limited
          ? [["the mandate's limit reads", (authorization.mandate.perCharge ?? mandate.perCharge)?.[0]] as const]
          : [])
      ] as const) {
        if (found === undefined || !Money.equals(found, money)) {
          return yield* new Broken({
            expected: `exactly ${Money.print(money)}`,
            actual: `${what} ${found === undefined ? "nothing" : Money.print(found)}`,
            facts
          })
        }
      }
      if (provider.wire !== undefined && limited) yield* thirdDecimal(provider.wire, money)
    })
})

export const laws: ReadonlyArray<Law.Law> = [exact, huge, unsupported, bound, unconverted, plainDecimals]
