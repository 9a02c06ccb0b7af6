/**
 * `Provider`: the double of a payment provider, the only thing that the author of a plug-in writes for the kit.
 *
 * It mints credentials as the real provider would, says what really moved, and misbehaves on request. It lives in the process
 * and keeps time by `Clock`. Each case of each law gets a fresh one, so what is expensive (a key pair) is made once for the
 * process and shared.
 *
 * What it declares under `abilities` must work: an ability that is declared and fails makes the subject unusable; one that is
 * not declared makes the laws that need it not applicable, and the report says so.
 */
import type { Challenge } from "@paylayer/core/Challenge"
import type { Charge } from "@paylayer/core/Charge"
import type { PaymentError } from "@paylayer/core/PaymentError"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Fault } from "./Fault.ts"
import type { Hold, Movement } from "./Movement.ts"
import type { TermName, Terms } from "./Terms.ts"

/** The double cannot do what it was asked. */
export class ProviderError extends Schema.TaggedError<ProviderError>()("ProviderError", { message: Schema.String }) {}

/** A credential, as an agent would send it. */
export interface Minted {
  /** The provider's name for the mandate or the payment; movements carry it, and `revoke` takes it. */
  readonly mandate: string
  /** The request headers, as they come off the wire. */
  readonly entries: ReadonlyArray<readonly [name: string, value: string]>
  /** Everything that must never be seen in an error, a log, a span or a report: the credential, keys, account numbers. */
  readonly secrets: ReadonlyArray<string>
}

/**
 * What a credential is minted for. A mandate for many charges may ignore it; a payment is made for exactly this charge. When the
 * credential is used at the paywall the charge there has another id and another time, and the same everything else.
 */
export interface Order {
  readonly charge: Charge
  /** What the plug-in offers for the charge, for agents that pay a bill. */
  readonly challenge: Effect.Effect<Challenge, PaymentError>
}

/** What a signed field stands for. */
export type Covers = "amount" | "currency" | "payee" | "payer" | "resource" | "nonce" | "expiry" | "other"

export interface SignedField {
  readonly name: string
  readonly covers: Covers
}

/** Credentials that the provider never issued. */
export type Forgery =
  /** Signed with a key that nobody trusts. */
  | "unknown-key"
  /** Not signed, and saying so (`alg: none`). */
  | "unsigned"
  /** Signed with another algorithm over the public key as a secret. */
  | "key-confusion"
  /** Right in every way, of a version that the protocol does not speak. */
  | "other-version"

export interface Abilities {
  /** The terms that a mandate can be given. */
  readonly terms: ReadonlyArray<TermName>
  /** Whether one mandate can cover several currencies. */
  readonly currencies: "one" | "many"
  /** What the credential's signature covers. Empty for a credential whose terms only the provider knows. */
  readonly signed: ReadonlyArray<SignedField>
  readonly forgeries: ReadonlyArray<Forgery>
  /** Faults it can play, as `"settle hang-after-commit"`, or `"settle"` for all kinds of one call. */
  readonly faults: ReadonlyArray<Fault["call"] | `${Fault["call"]} ${Fault["kind"]}`>
}

/** The readable part of a credential, for protocols whose credential has one: JSON, before it is signed. */
export interface Wire {
  /** The JSON text that would be signed. */
  readonly payload: (terms: Terms, order: Order) => Effect.Effect<string, ProviderError>
  /** A credential with this payload, rightly signed, whatever the payload is. */
  readonly seal: (payload: string | Uint8Array, order: Order) => Effect.Effect<Minted, ProviderError>
  /** JSON Pointers of the fields that must be there. */
  readonly required: ReadonlyArray<string>
  /** JSON Pointers of amounts that are written as decimals in major units, where `payload` has them. */
  readonly amounts: ReadonlyArray<string>
  /** What is done with fields that nobody knows. */
  readonly unknownFields: "refused" | "ignored"
}

export interface Service {
  readonly abilities: Abilities
  /** A credential for a mandate with these terms, or for a payment of the order. */
  readonly mint: (terms: Terms, order: Order) => Effect.Effect<Minted, ProviderError>
  /** The same with one signed field changed and not signed again. */
  readonly mintTampered: (terms: Terms, order: Order, field: string) => Effect.Effect<Minted, ProviderError>
  readonly mintForged: (terms: Terms, order: Order, forgery: Forgery) => Effect.Effect<Minted, ProviderError>
  readonly wire?: Wire
  /** Ends a mandate for good. */
  readonly revoke: (mandate: string) => Effect.Effect<void, ProviderError>
  /** All that really moved, in order. */
  readonly movements: Effect.Effect<ReadonlyArray<Movement>, ProviderError>
  /** What is held now. Always empty where the provider holds nothing. */
  readonly holds: Effect.Effect<ReadonlyArray<Hold>, ProviderError>
  /** Arms a fault. Faults are met in the order in which they were armed. */
  readonly fault: (fault: Fault) => Effect.Effect<void, ProviderError>
  /** How many armed faults wait still. */
  readonly unmet: Effect.Effect<number, ProviderError>
  readonly clearFaults: Effect.Effect<void, ProviderError>
}

export class Provider extends Context.Service<Provider, Service>()("@paylayer/conformance/Provider") {}

/** Whether a provider can play a fault. */
export const plays = ({ faults }: Abilities, { call, kind }: Pick<Fault, "call" | "kind">): boolean =>
  faults.includes(call) || faults.includes(`${call} ${kind}`)
