/**
 * Mishaps: what can happen to a purchase so that it fails: a credential that was changed, cut off or never issued, a charge
 * outside its terms, a provider that misbehaves.
 */
import type { Charge } from "@paylayer/core/Charge"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as About from "./About.ts"
import * as Fault from "./Fault.ts"
import * as FaultGen from "./gen/FaultGen.ts"
import * as Gen from "./Gen.ts"
import type { Forgery, Minted, ProviderError } from "./Provider.ts"
import * as Shop from "./Shop.ts"
import type { Terms } from "./Terms.ts"
import { World } from "./World.ts"

export type Mishap =
  | { readonly _tag: "cut" }
  | { readonly _tag: "revoked" }
  | { readonly _tag: "tampered"; readonly field: string }
  | { readonly _tag: "forged"; readonly forgery: Forgery }
  | { readonly _tag: "outside"; readonly term: "perCharge" | "budget" | "merchants" }
  | { readonly _tag: "fault"; readonly fault: Fault.Fault }

/** Mishaps that happen to the credential. */
const ofCredential = ({ abilities }: About.About): ReadonlyArray<ReadonlyArray<Mishap>> => [
  [{ _tag: "cut" }],
  [{ _tag: "revoked" }],
  abilities.signed.map(({ name }): Mishap => ({ _tag: "tampered", field: name })),
  abilities.forgeries.map((forgery): Mishap => ({ _tag: "forged", forgery }))
]

/** Mishaps that the double can bring about; half of them are the provider's. */
export const gen = (
  about: About.About,
  calls: ReadonlyArray<Fault.Call> = ["verify", "settle", "lookup"]
): Gen.Gen<Mishap> => {
  const outside = (["perCharge", "budget", "merchants"] as const)
    .filter((term) => About.canMint(about, term))
    .map((term): Mishap => ({ _tag: "outside", term }))
  const own = Gen.oneof(
    ...[...ofCredential(about), outside]
      .filter(({ length }) => length > 0)
      .map((mishaps) => Gen.constantFrom(...mishaps))
  )
  return FaultGen.some(about, calls)
    ? Gen.oneof(
        own,
        FaultGen.fault(about, calls).map((fault): Mishap => ({ _tag: "fault", fault }))
      )
    : own
}

/** A mishap, or, now and then, none. */
export const maybe = (about: About.About, calls?: ReadonlyArray<Fault.Call>): Gen.Gen<Mishap | undefined> =>
  Gen.option(gen(about, calls), { nil: undefined })

export const print = (mishap: Mishap): string => {
  switch (mishap._tag) {
    case "cut":
      return "the credential was cut off"
    case "revoked":
      return "the mandate was revoked"
    case "tampered":
      return `${mishap.field} was changed and not signed again`
    case "forged":
      return `the credential was forged: ${mishap.forgery}`
    case "outside":
      return `the charge is outside ${mishap.term}`
    case "fault":
      return Fault.print(mishap.fault)
  }
}

/** The same credential with its last third missing. */
const cutOff = (minted: Minted): Minted => ({
  ...minted,
  entries: minted.entries.map(([name, value]) => [name, value.slice(0, Math.ceil((value.length * 2) / 3))] as const)
})

const outside = (term: "perCharge" | "budget" | "merchants", { money }: Charge): Terms =>
  term === "merchants"
    ? { merchants: { allowed: ["somebody-else"] } }
    : { [term]: [Money.of(money.currency, money.minor > 1n ? money.minor - 1n : 1n)] }

/** A credential to which the mishap happened, and a provider that is ready for it. */
export const mint = Effect.fnUntraced(function* (
  mishap: Mishap,
  terms: Terms,
  charge: Charge
): Effect.fn.Return<Minted, ProviderError, World> {
  const { provider } = yield* World
  switch (mishap._tag) {
    case "cut":
      return cutOff(yield* Shop.mint(terms, charge))
    case "revoked":
      return yield* Effect.tap(Shop.mint(terms, charge), ({ mandate }) => provider.revoke(mandate))
    case "tampered":
      return yield* Shop.mintWith((order) => provider.mintTampered(terms, order, mishap.field), charge)
    case "forged":
      return yield* Shop.mintWith((order) => provider.mintForged(terms, order, mishap.forgery), charge)
    case "outside":
      return yield* Shop.mint({ ...terms, ...outside(mishap.term, charge) }, charge)
    case "fault":
      return yield* Effect.tap(Shop.mint(terms, charge), () => provider.fault(mishap.fault))
  }
})
