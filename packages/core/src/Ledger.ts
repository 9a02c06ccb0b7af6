/**
 * The ledger: the durable record of every charge and its state. Its word, not the provider's, is the permission to deliver.
 *
 * A charge is claimed before the provider is asked, an authorization is written before anything is delivered, and what a dead
 * process left behind is in the state it reached. Every transition is compare-and-set along `transitions`.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Charge } from "./Charge.ts"
import type { Receipt } from "./Receipt.ts"

/**
 * | state | reached when | if the process dies here |
 * |---|---|---|
 * | `opened` | the key is claimed and the limits are reserved | nothing moved |
 * | `authorized` | the provider agreed | released, or settled if delivered |
 * | `delivered` | the handler succeeded | settled |
 * | `settling` | settle is being called | looked up |
 * | `settled` | there is a receipt | done |
 * | `declined`, `released` | nothing moved; the key is free again | done |
 * | `unknown` | settle went unanswered and lookup could not tell | looked up |
 * | `refunded` | the money went back | done |
 */
export type State =
  | "opened"
  | "authorized"
  | "delivered"
  | "settling"
  | "settled"
  | "declined"
  | "released"
  | "unknown"
  | "refunded"

/** The states that may follow each state. */
export const transitions: { readonly [S in State]: ReadonlyArray<State> } = {
  opened: ["authorized", "declined", "released"],
  authorized: ["delivered", "declined", "released"],
  delivered: ["settling", "declined", "released"],
  settling: ["settled", "declined", "released", "unknown"],
  unknown: ["settling", "settled", "declined", "released"],
  settled: ["refunded"],
  declined: [],
  released: [],
  refunded: []
}

/** States in which nothing moved and nothing will; their reservations and their key are given back. */
export const isVoid = (state: State): boolean => state === "declined" || state === "released"

/** States in which somebody is working on the charge. */
export const isOpen = (state: State): boolean =>
  state === "opened" || state === "authorized" || state === "delivered" || state === "settling"

/** Units taken out of a bucket while a charge lives, once per bucket, if `limit` still holds with them. */
export interface Reservation {
  readonly bucket: string
  readonly kind: "budget" | "uses" | "spending-limit"
  /** Minor units of one currency, or a count. */
  readonly units: bigint
  readonly limit: bigint
}

/** What a charge is opened with. */
export interface Opening {
  readonly charge: Charge
  /** The protocol's manifest id. */
  readonly protocol: string
  readonly payer: string
  /** What at most one living charge may hold: the idempotency key or the once-credential, by fingerprint. */
  readonly key: string
  /** The digest of the request, to tell a repetition from another request under the same key. */
  readonly request: string
  readonly reservations: ReadonlyArray<Reservation>
}

/** A step of a charge, with what is recorded at it. */
export interface Step {
  readonly to: State
  readonly authorization?: Schema.Json
  readonly reservations?: ReadonlyArray<Reservation>
  readonly receipt?: Receipt
  /** The answer to give again when the same request comes again. */
  readonly answer?: Schema.Json
  /** Why, for people: an error code, a reason. Never a secret. */
  readonly cause?: string
}

export interface JournalLine {
  readonly state: State
  readonly atMillis: number
  readonly cause?: string
}

/** A charge as the ledger has it. */
export interface Entry extends Omit<Opening, "reservations"> {
  readonly state: State
  readonly authorization?: Schema.Json
  readonly receipt?: Receipt
  readonly answer?: Schema.Json
  /** Every state it has been in, oldest first. */
  readonly journal: ReadonlyArray<JournalLine>
}

/** `Claimed`: the charge is new and ours. `Existing`: the key belongs to that living or settled charge. */
export type Opened =
  | { readonly _tag: "Claimed"; readonly entry: Entry }
  | { readonly _tag: "Existing"; readonly entry: Entry }

/** The store failed: nothing is known to be recorded. */
export class LedgerError extends Schema.TaggedError<LedgerError>()("LedgerError", { message: Schema.String }) {}

/** A reservation does not fit. Nothing was reserved, nothing was recorded. */
export class ReservationRefused extends Schema.TaggedError<ReservationRefused>()("ReservationRefused", {
  bucket: Schema.String,
  kind: Schema.Literals(["budget", "uses", "spending-limit"]),
  /** What is left in the bucket. */
  remaining: Schema.BigInt
}) {}

export class Ledger extends Context.Service<
  Ledger,
  {
    /** Claims the key and takes the reservations, all or nothing. */
    readonly open: (opening: Opening) => Effect.Effect<Opened, LedgerError | ReservationRefused>
    /**
     * Moves a charge along `transitions`; fails with `LedgerError` when the charge is not in a state that allows it. A bucket
     * in which the charge already has a reservation is not charged again, but its limit must hold all the same.
     */
    readonly advance: (chargeId: string, step: Step) => Effect.Effect<Entry, LedgerError | ReservationRefused>
    readonly find: (chargeId: string) => Effect.Effect<Entry | undefined, LedgerError>
    /** All charges, oldest first. */
    readonly entries: Effect.Effect<ReadonlyArray<Entry>, LedgerError>
  }
>()("@paylayer/core/Ledger") {}
