/**
 * The way of a payout: claimed → sending → paid, failed, or unknown until a lookup says more.
 *
 * - The claim, its parts and the money set aside are one transaction; so are every outcome and what the book says of it.
 * - That a part is being sent is written before it is sent. So whoever finds it `sending` or `unknown` does not know what the rail did,
 *   and looks it up. It is sent again, under the same number, only where the rail has no movement of it and no request that was sent
 *   before can still act.
 * - What the rail did not take up is looked up all the same before it is sent again.
 * - A refusal gives the money back. It is only believed of a request before which no other can still act, by the rule above.
 * - Whoever sent a part writes its outcome under the number of the attempt: one that was overtaken by another attempt writes nothing.
 *   Only who holds the lease claims and begins to send.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import type { Book } from "../../Book.ts"
import type { GatewayStore } from "../../GatewayStore.ts"
import * as Payout from "../../Payout.ts"
import { type Found, type Instruction, type PayoutRail, RailError } from "../../PayoutRail.ts"
import type { LeaseLost } from "./leasing.ts"
import type { Loaded, Part } from "./rows.ts"
import * as Writing from "./writing.ts"

/** A rail that dies has told nothing. */
const bounded = <A>(effect: Effect.Effect<A, RailError>): Effect.Effect<A, RailError> =>
  Effect.catchDefect(
    Effect.suspend(() => effect),
    (defect) =>
      Effect.andThen(
        Effect.logError("a rail died", defect),
        Effect.fail(new RailError({ reason: "unknown", moved: "unknown", message: "the rail died" }))
      )
  )

const instruction = ({ destination, developer, id }: Loaded, { money, number, source }: Part): Instruction => ({
  number,
  payout: id,
  developer,
  money,
  destination,
  ...(source !== undefined && { source })
})

type Sent = Result.Result<{ readonly reference?: string } | "pending", RailError>

const after = { refused: "failed", later: "claimed", unknown: "unknown" } as const

const outcomeOf = (sent: Sent): Omit<Writing.Change, "from" | "attempts"> => {
  if (sent._tag === "Failure") {
    const { code, message, reason } = sent.failure
    return { to: after[reason], cause: code === undefined ? message : `${code}: ${message}` }
  }
  return sent.success === "pending"
    ? { to: "unknown", cause: "the rail is still at it" }
    : { to: "paid", ...(sent.success.reference !== undefined && { reference: sent.success.reference }) }
}

export const make = (store: GatewayStore["Service"], book: Book["Service"], rails: ReadonlyArray<PayoutRail>) => {
  const writing = Writing.make(store, book)
  const railOf = (payout: Payout.Payout) => rails.find(({ id }) => id === payout.destination.rail)

  const send = Effect.fnUntraced(function* (fence: Writing.Fence, rail: PayoutRail, payout: Loaded, part: Part) {
    const { attempts, state } = part
    const before = yield* Clock.currentTimeMillis
    const began = yield* writing.change(fence, payout, part, { from: [state], attempts, to: "sending" })
    // A process that slept until now would send what others no longer expect.
    const slept = (yield* Clock.currentTimeMillis) - before > Duration.toMillis(rail.inFlight) / 2
    if (!began || slept) return
    const sent = yield* Effect.result(bounded(rail.send(instruction(payout, part))))
    yield* writing.change(Writing.unfenced, payout, part, {
      from: ["sending", "unknown"],
      attempts: attempts + 1n,
      ...outcomeOf(sent)
    })
  })

  const reversals = (payout: Loaded, part: Part, found: Extract<Found, { _tag: "Paid" }>) =>
    Effect.forEach(found.reversals, (reversal) => writing.reverse(payout, part, reversal), { discard: true })

  /** Writes down that nobody knows, once. */
  const stillUnknown = (payout: Loaded, part: Part, cause: string) =>
    part.state === "unknown" && part.cause === cause
      ? Effect.void
      : Effect.asVoid(
          writing.change(Writing.unfenced, payout, part, {
            from: ["sending", "unknown"],
            attempts: part.attempts,
            to: "unknown",
            cause
          })
        )

  /**
   * Asks the rail about a part that was sent, and books what it tells. `absent`: the rail has nothing of it, and no request can still
   * act. `unanswered`: it could not be asked.
   */
  const look = Effect.fnUntraced(function* (rail: PayoutRail, payout: Loaded, part: Part) {
    const now = yield* Clock.currentTimeMillis
    const asked = yield* Effect.result(bounded(rail.lookup(instruction(payout, part))))
    if (asked._tag === "Failure") {
      if (part.state !== "paid") yield* stillUnknown(payout, part, asked.failure.message)
      return "unanswered" as const
    }
    const found = asked.success
    if (found._tag === "Paid") {
      if (part.state !== "paid") {
        yield* writing.change(Writing.unfenced, payout, part, {
          from: ["sending", "unknown", "claimed"],
          to: "paid",
          reference: found.reference
        })
      }
      yield* reversals(payout, part, found)
      return "told" as const
    }
    if (part.state === "paid") {
      yield* Effect.logError(`${part.number} is paid in the book, and the rail does not know of it`)
      return "told" as const
    }
    const over = now - (part.sentAtMillis ?? 0) >= Duration.toMillis(rail.inFlight)
    // The last answer was that nothing was done.
    const isIdle = part.state === "claimed"
    if (found._tag === "NotPaid" && (over || isIdle)) return "absent" as const
    yield* stillUnknown(payout, part, found._tag === "Pending" ? "the rail is still at it" : "nothing was found yet")
    return "told" as const
  })

  const onward = Effect.fnUntraced(function* (fence: Writing.Fence, rail: PayoutRail, payout: Loaded, part: Part) {
    if (Payout.isOver(part.state)) return
    const isNew = part.state === "claimed" && part.attempts === 0n
    if (isNew || (yield* look(rail, payout, part)) === "absent") {
      yield* send(fence, rail, payout, part)
    }
  })

  const each = <A>(
    payout: Loaded,
    go: (rail: PayoutRail, part: Part) => Effect.Effect<A, Writing.Failure | LeaseLost>
  ): Effect.Effect<ReadonlyArray<A>, Writing.Failure | LeaseLost> => {
    const rail = railOf(payout)
    return rail === undefined
      ? Effect.as(
          Effect.logWarning(`${payout.id} waits for the rail ${payout.destination.rail}, which is not there`),
          []
        )
      : Effect.forEach(payout.parts, (part) => go(rail, part))
  }

  return {
    claim: writing.claim,
    railOf: (rail: string) => rails.find(({ id }) => id === rail),
    /** Goes on with every part that is not over. */
    resume: (fence: Writing.Fence, payout: Loaded) => each(payout, (rail, part) => onward(fence, rail, payout, part)),
    /** Looks up what was sent, and books what is found; `false` where the rail could not be asked. Sends nothing. */
    lookup: (payout: Loaded) =>
      Effect.map(
        each(payout, (rail, part) =>
          part.state === "claimed" || part.state === "failed"
            ? Effect.succeed("told" as const)
            : look(rail, payout, part)
        ),
        (looks) => !looks.includes("unanswered")
      )
  }
}
