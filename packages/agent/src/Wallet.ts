/**
 * A wallet: how an agent pays with one protocol.
 *
 * A wallet is a `Context.Service` class whose service is a `Wallet`, with a static `layer`; `Payer.layer` takes a list of them, as
 * `Paywall.layer` takes protocols.
 *
 * @example
 * class Purse extends Context.Service<Purse, Wallet>()("my/Purse") {
 *   static readonly layer = Layer.succeed(Purse, { protocol: "coin", flow: "authorize-then-settle", offers, present })
 * }
 */
import type { Manifest } from "@paylayer/core/Manifest"
import * as Money from "@paylayer/core/Money"
import type { Problem } from "@paylayer/http/Problem"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/** What an answer that asks for payment says. */
export interface Unpaid {
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** The problem document, where there is one that can be read. */
  readonly problem?: Problem
}

/** One way in which the wallet could pay. */
export const Offer = Schema.Struct({
  money: Money.Money,
  /** The payee, by the merchant's own word. */
  merchant: Schema.String,
  /** What the wallet needs to pay. Written down beside the purchase, so it is no secret. */
  details: Schema.Json
})
export interface Offer extends Schema.Schema.Type<typeof Offer> {}

/** What is sent with the request; names in lower case. */
export type Presentation = Readonly<Record<string, Redacted.Redacted<string>>>

/** The wallet does not pay, or does not know whether it did. */
export class WalletError extends Schema.TaggedError<WalletError>()("WalletError", {
  /** For people, without secrets. */
  message: Schema.String,
  moved: Schema.Literals(["no", "unknown"])
}) {}

export interface Wallet {
  /** The manifest id of the protocol it pays with. */
  readonly protocol: string
  /** When money moves: after the merchant has served (`authorize-then-settle`), or in `present` (`prepaid-then-confirm`). */
  readonly flow: Manifest["flow"]
  /** The offers it can pay, best first. Pure. What cannot be read is no offer. */
  readonly offers: (unpaid: Unpaid) => ReadonlyArray<Offer>
  /**
   * What proves the payment; it pays first, where the protocol is prepaid. The same offer again is presented again and not paid
   * again, also after a restart.
   */
  readonly present: (offer: Offer) => Effect.Effect<Presentation, WalletError>
}
