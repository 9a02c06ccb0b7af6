/**
 * The contract of a payment protocol: detect → validate → verify → settle.
 *
 * A protocol is a `Context.Service` class whose service is a `PaymentProtocol`, with a static `layer` that says by its
 * requirements what it needs. Each step's output is the next step's input, so settling what was not verified does not compile.
 *
 * @example
 * class Voucher extends Context.Service<Voucher, PaymentProtocol<VoucherCode, Mandate, Grant>>()("my/Voucher") {
 *   static readonly layer = Layer.effect(Voucher, make)
 * }
 */
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { Challenge } from "./Challenge.ts"
import type { Charge } from "./Charge.ts"
import type { Credential, Detection } from "./Detection.ts"
import type { Mandate } from "./Mandate.ts"
import type { Manifest } from "./Manifest.ts"
import type { Money } from "./Money.ts"
import type { PaymentError } from "./PaymentError.ts"
import type { Receipt } from "./Receipt.ts"
import type { RequestHeaders } from "./RequestHeaders.ts"

/**
 * The provider's word that a charge may be settled. A protocol adds what settling needs; all of it is serialisable, and none
 * of it is a secret, since the ledger keeps it.
 */
export interface Authorization {
  /** The terms the provider confirmed. They may say more than the credential did. */
  readonly mandate: Mandate
}

/**
 * What `lookup` found out. `Settled` and `NotSettled` are final: a charge that is not settled now never will be. Whoever
 * cannot promise that answers `Unknown`.
 */
export type Outcome =
  | { readonly _tag: "Settled"; readonly receipt: Receipt }
  | { readonly _tag: "NotSettled" }
  | { readonly _tag: "Unknown" }

export interface PaymentProtocol<
  in out C extends Credential,
  in out M extends Mandate,
  in out A extends Authorization
> {
  readonly manifest: Manifest
  /** How an authorization is written to the ledger and read back after a restart. */
  readonly authorization: Schema.Codec<A, Schema.Json>
  /** Finds the protocol's credential. Pure, total and synchronous; looks only at the headers its manifest names. */
  readonly detect: (headers: RequestHeaders) => Detection<C>
  /** Checks everything that can be checked here: form, signature, window, limits. No network, no writes. */
  readonly validate: (credential: C, charge: Charge) => Effect.Effect<M, PaymentError>
  /** Asks the provider. Moves nothing, and may be repeated. A client that goes away does not interrupt it, a time-out does. */
  readonly verify: (mandate: M, charge: Charge) => Effect.Effect<A, PaymentError>
  /** Moves the money (or confirms fulfilment, for `prepaid-then-confirm`), once per charge id however often it is called. */
  readonly settle: (authorization: A, charge: Charge) => Effect.Effect<Receipt, PaymentError>
  /** How this charge could be paid. */
  readonly challenge: (charge: Charge) => Effect.Effect<Challenge, PaymentError>
  /** What became of a charge whose settlement was interrupted or went unanswered. */
  readonly lookup: (authorization: A, charge: Charge) => Effect.Effect<Outcome, PaymentError>
  /**
   * Gives back what `verify` held, once for each verified charge that comes to nothing, also after `settle` declined:
   * all that is held for the charge's id, also where the charge's money is less by then (`partial-capture`). There exactly when the
   * manifest declares `release`. What a `verify` held that failed or took too long, it gives back itself.
   * Without an authorization: a host died before it wrote down what `verify` answered; whatever is held for the charge's id
   * is given back, and that may be nothing.
   */
  readonly release?: (authorization: A | undefined, charge: Charge) => Effect.Effect<void, PaymentError>
  /**
   * Gives back a part of what a charge took, or all of it; `receipt` is the charge's. Once per charge and refund id however often
   * it is called, and never more than was taken in all: a call whose answer is missing is made again, hours later too. Its receipt
   * is the charge's with the refund's money, reference and time. `moved: "no"` is only said when this call, and every earlier one
   * under the same id, gave nothing back. There exactly when the manifest declares `refund`.
   */
  readonly refund?: (
    receipt: Receipt,
    amount: Money,
    refundId: string,
    reason?: string
  ) => Effect.Effect<Receipt, PaymentError>
}

/** A protocol whose own types are of no concern, as the host keeps it. */
// oxlint-disable-next-line typescript/no-explicit-any -- the three types belong together and are erased together
export type AnyProtocol = PaymentProtocol<any, any, any>
