/**
 * The ledger: the durable record of every charge and its state. Its word, not the provider's, is the permission to deliver.
 *
 * A charge is claimed before the provider is asked, an authorization is written before anything is delivered, and what a dead
 * process left behind is in the state it reached. Every transition is compare-and-set along `transitions`.
 *
 * Each `Ledger` is one host at the store: it owns the charges it works on. Another host may adopt an open charge only when
 * its owner is gone, and from then on the old owner cannot move it, however late it comes.
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Tracer from "effect/Tracer"
import type { Charge } from "./Charge.ts"
import * as Money from "./Money.ts"
import type { Receipt } from "./Receipt.ts"
import * as Refund from "./Refund.ts"

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
 * | `refunded` | all of the money went back | done |
 *
 * A charge of which a part went back is `settled`; see `Refund`.
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

/** All states. */
export const states = Object.keys(transitions) as ReadonlyArray<State>

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
  /** When the bucket ends, for one that counts a window: after it, retention may drop the bucket. */
  readonly endsAtMillis?: number
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

/** How much of a charge is taken: from then on it is the charge's money, and the rest of what it reserved is given back. */
export interface Capture {
  /** In the charge's currency, above zero and at most its money. */
  readonly money: Money.Money
  /** The buckets that count the charge's money: it keeps as much of them as is taken. */
  readonly buckets: ReadonlyArray<string>
}

/** A step of a charge, with what is recorded at it. */
export interface Step {
  readonly to: State
  readonly authorization?: Schema.Json
  readonly reservations?: ReadonlyArray<Reservation>
  readonly receipt?: Receipt
  /** The answer to give again when the same request comes again. */
  readonly answer?: Schema.Json
  /** With `delivered`: less is taken than the charge was opened for. */
  readonly capture?: Capture
  /** What the host measured of the call. Never a secret. */
  readonly usage?: Schema.Json
  /** Why, for people: an error code, a reason. Never a secret. */
  readonly cause?: string
}

/** When something is written, and in which trace. */
export interface Moment {
  readonly atMillis: number
  /** The W3C trace id of the span around the write. */
  readonly traceId?: string
}

/** This moment, by the fiber's clock and span. */
export const moment: Effect.Effect<Moment> = Effect.withFiberSucceed((fiber) => {
  const atMillis = fiber.getRef(Clock.Clock).currentTimeMillisUnsafe()
  const span = Context.getOrUndefined(fiber.context, Tracer.ParentSpan)
  return span === undefined ? { atMillis } : { atMillis, traceId: span.traceId }
})

/** One line of a charge's journal, which is only ever added to. */
export interface JournalLine extends Moment {
  /** The state it came to; the state it was in, where another host adopted it. */
  readonly state: State
  /** The host that wrote it. */
  readonly owner: string
  readonly cause?: string
  /** A step of a refund. The charge stays in its state until all of it is given back. */
  readonly refund?: Refund.Line
}

/** The cause of the line that another host writes when it adopts a charge. */
export const adopted = "adopted"

/** A charge as the ledger has it. */
export interface Entry extends Omit<Opening, "reservations"> {
  readonly state: State
  /** The host that works on it, or worked on it last. */
  readonly owner: string
  readonly authorization?: Schema.Json
  readonly receipt?: Receipt
  readonly answer?: Schema.Json
  /** What the host measured of the call. */
  readonly usage?: Schema.Json
  /** Every state it has been in, oldest first. */
  readonly journal: ReadonlyArray<JournalLine>
}

/** Which charges are asked for. Every part that is there must hold. */
export interface Query {
  readonly states?: ReadonlyArray<State>
  /** Only open charges whose host is gone. */
  readonly abandoned?: true
  /** Only charges with a refund that has not come to its end. */
  readonly refunding?: true
  readonly owner?: string
  readonly protocol?: string
  readonly payer?: string
  readonly merchant?: string
  readonly resource?: string
  /** Opened at or after, and before, in epoch milliseconds. */
  readonly openedSince?: number
  readonly openedBefore?: number
  /** Last changed at or after, and before, in epoch milliseconds. */
  readonly changedSince?: number
  readonly changedBefore?: number
  /** Continues behind the charge of this id. */
  readonly after?: string
  /** Default: all of them. */
  // oxlint-disable-next-line paylayer/number-amount -- how many charges, no amount
  readonly limit?: number
}

/** What living charges took out of a bucket. */
export interface Bucket {
  readonly name: string
  readonly units: bigint
}

/** Which buckets are asked for. Every part that is there must hold. */
export interface BucketQuery {
  readonly startsWith: string
  readonly endsWith: string
  /** When the bucket ends: exactly, as its reservations say. */
  readonly endsAtMillis?: number
  // oxlint-disable-next-line paylayer/number-amount -- how many buckets, no amount
  readonly limit: number
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

/** What is to go back of a charge. */
export interface RefundClaim {
  /** Unique among the refunds of the charge; see `Refund.isId`. */
  readonly id: string
  /** Default: all that is left. */
  readonly money?: Money.Money
  readonly reason?: string
}

/** A step of a refund. */
export interface RefundStep {
  readonly to: Refund.State
  /** With `refunded`. */
  readonly receipt?: Receipt
  readonly cause?: string
  /** To take a claim over from whoever has it: only one that was written before this moment, in epoch milliseconds. */
  readonly forsakenBefore?: number
}

/** `Claimed`: nobody has asked for it before, and the claim is ours. `Existing`: the id was used, for as much. */
export interface RefundClaimed {
  readonly _tag: "Claimed" | "Existing"
  readonly refund: Refund.Refund
}

/** The refund is not possible. Nothing was recorded. */
export class RefundRefused extends Schema.TaggedError<RefundRefused>()("RefundRefused", {
  /**
   * `not-settled`: nothing was taken, or all of it went back. `exceeds`: it is nothing, or more than what is left.
   * `currency`: another was taken. `conflict`: the id was used for another amount.
   */
  because: Schema.Literals(["not-settled", "exceeds", "currency", "conflict"]),
  /** The charge's. */
  state: Schema.Literals(states),
  left: Money.Money
}) {}

export class Ledger extends Context.Service<
  Ledger,
  {
    /** This host, as journals name it. Never used again by another. */
    readonly owner: string
    /** Claims the key and takes the reservations, all or nothing. This host owns the charge. */
    readonly open: (opening: Opening) => Effect.Effect<Opened, LedgerError | ReservationRefused>
    /**
     * Moves a charge along `transitions`, by one step or by several at once, all or nothing. Fails with `LedgerError` when the
     * charge is not in a state that allows it, and when it is open and another host owns it. From a state that is not open,
     * this host becomes the owner. A bucket in which the charge already has a reservation is not charged again, but its limit
     * must hold all the same. A capture is the last of what a call does to its reservations.
     */
    readonly advance: (
      chargeId: string,
      ...steps: readonly [Step, ...ReadonlyArray<Step>]
    ) => Effect.Effect<void, LedgerError | ReservationRefused>
    /**
     * Claims a part of what a charge took, before the provider is asked to give it back. What is claimed and what went back
     * never exceed what was taken. This host has the claim.
     */
    readonly claimRefund: (
      chargeId: string,
      claim: RefundClaim
    ) => Effect.Effect<RefundClaimed, LedgerError | RefundRefused>
    /**
     * Moves a refund along `Refund.transitions`, and gives it as it is then. When all of the charge went back, the charge is
     * `refunded` in the same step; nothing that it reserved is given back. Fails with `LedgerError` when the refund is not in a
     * state that allows it, and when another host has the claim.
     */
    readonly advanceRefund: (
      chargeId: string,
      refundId: string,
      step: RefundStep
    ) => Effect.Effect<Refund.Refund, LedgerError | RefundRefused>
    readonly find: (chargeId: string) => Effect.Effect<Entry | undefined, LedgerError>
    /** The charges that match, oldest first. */
    readonly list: (query?: Query) => Effect.Effect<ReadonlyArray<Entry>, LedgerError>
    /** The buckets that match, the fullest first; those of a spending limit are `SpendingLimit.buckets`. For people to look at. */
    readonly fullest: (query: BucketQuery) => Effect.Effect<ReadonlyArray<Bucket>, LedgerError>
    /** Takes over an open charge whose host is gone; `undefined` where there is none, or another host was faster. */
    readonly adopt: (chargeId: string) => Effect.Effect<Entry | undefined, LedgerError>
    /**
     * Forgets what is over and older than a moment: void charges whole; of settled and refunded ones the authorization and the
     * answer, while charge, key, receipt and journal stay, so that no credential buys twice; buckets of windows that have
     * ended. Never anything of a charge that is open or unknown. Gives the number of charges it touched.
     */
    readonly forget: (beforeMillis: number) => Effect.Effect<number, LedgerError>
    /**
     * What does not add up, in words: a state the journal does not lead to, a bucket that differs from what its living charges
     * took. Empty when all is well.
     */
    readonly audit: Effect.Effect<ReadonlyArray<string>, LedgerError>
  }
>()("@paylayer/core/Ledger") {}

/** What a charge is once less is taken; nothing where that is not less, not above zero, or not its currency. */
export const captured = (charge: Charge, { money }: Capture): Charge | undefined =>
  money.currency === charge.money.currency && money.minor > 0n && money.minor <= charge.money.minor
    ? { ...charge, money }
    : undefined

/** Why a journal does not lead to a state, or nothing. */
export const misled = ({ charge, journal, state }: Pick<Entry, "charge" | "journal" | "state">): string | undefined => {
  let at: State | undefined
  for (const line of journal) {
    const follows =
      at === undefined
        ? line.state === "opened"
        : line.refund === undefined
          ? transitions[at].includes(line.state) || (line.state === at && line.cause === adopted)
          : at === "settled" && (line.state === at || line.state === "refunded")
    if (!follows) return `charge ${charge.id}: ${line.state} does not follow ${at ?? "nothing"}`
    at = line.state
  }
  if (at !== state) return `charge ${charge.id} is ${state}, its journal says ${at ?? "nothing"}`
  return Refund.misled({ charge, journal })
}
