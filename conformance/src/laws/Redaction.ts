/** RED: secrets stay secret. */
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as About from "../About.ts"
import { Broken } from "../Broken.ts"
import type * as Fault from "../Fault.ts"
import * as Gen from "../Gen.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Law from "../Law.ts"
import type { Minted } from "../Provider.ts"
import * as Secrets from "../Secrets.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

type Mishap =
  | { readonly _tag: "tampered"; readonly field: string }
  | { readonly _tag: "cut" }
  | { readonly _tag: "fault"; readonly fault: Fault.Fault }

const mishaps = (about: About.About): ReadonlyArray<Mishap> => [
  { _tag: "cut" },
  ...about.abilities.signed.map(({ name }): Mishap => ({ _tag: "tampered", field: name })),
  ...(["verify", "settle"] as const).flatMap((call) =>
    About.faultsAt(about, call).map((kind): Mishap => ({ _tag: "fault", fault: { call, kind } }))
  )
]

/** The same credential with its last third missing. */
const cut = (minted: Minted): Minted => ({
  ...minted,
  entries: minted.entries.map(([name, value]) => [name, value.slice(0, Math.ceil((value.length * 2) / 3))] as const)
})

const errors = Law.property({
  id: "RED-01",
  severity: "critical",
  clause: "Credential.secret, PaymentError.detail",
  statement:
    "shows no credential and no key in an error: not in its message, its JSON, its inspection, its cause or its stack",
  why: "Whoever reads the error log can pay with the credential.",
  gen: (about) => Gen.tuple(MandateGen.price(about), Gen.constantFrom(...mishaps(about))),
  interesting: ["an error was seen"],
  run: ([price, mishap]) =>
    Effect.gen(function* () {
      const { provider, secrets, seen } = yield* World
      const charge = yield* Shop.charge(price)
      const minted =
        mishap._tag === "tampered"
          ? yield* Shop.mintWith((order) => provider.mintTampered({}, order, mishap.field), charge)
          : yield* Shop.mint({}, charge)
      if (mishap._tag === "fault") yield* provider.fault(mishap.fault)
      yield* Shop.sell({ entries: (mishap._tag === "cut" ? cut(minted) : minted).entries, money: price })
      for (const error of seen.errors) {
        yield* met("an error was seen")
        const where = Secrets.seenIn(error, secrets)
        if (where !== undefined) {
          return yield* new Broken({
            expected: "no secret in an error",
            actual: `${where} of ${error.code} shows one`,
            facts: [`after a charge of ${Money.print(price)}`]
          })
        }
      }
    })
})

export const laws: ReadonlyArray<Law.Law> = [errors]
