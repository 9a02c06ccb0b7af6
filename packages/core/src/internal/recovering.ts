/**
 * Recovering: a charge that a host left behind is brought to its end. What the provider was never asked to settle is given
 * back; for everything else the provider's word decides, and what it cannot say stays unknown.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Ledger from "../Ledger.ts"
import * as PaymentError from "../PaymentError.ts"
import type { AnyProtocol, Authorization } from "../PaymentProtocol.ts"
import { isOwnKey } from "./claiming.ts"
import type { Installed } from "./installed.ts"
import { each, forsaken, isDue } from "./leftBehind.ts"
import type { Refunding } from "./refunding.ts"
import type { Till } from "./till.ts"

/** Reads a stored authorization. */
export const authorizationOf = (
  protocol: AnyProtocol,
  { authorization, charge }: Ledger.Entry
): Effect.Effect<Authorization, PaymentError.PaymentError> =>
  Effect.suspend(() => Schema.decodeEffect(protocol.authorization)(authorization ?? null)).pipe(
    Effect.catchCause(() =>
      PaymentError.fail(new PaymentError.ProtocolDefect({ detail: "the stored authorization cannot be read" }), {
        moved: "unknown",
        chargeId: charge.id
      })
    )
  )

/** What a recovery came to. */
export interface Recovered {
  readonly settled: number
  readonly released: number
  /** Refunds whose end is known now: the money went back, or it did not. */
  readonly returned: number
  /** What still has no end: unknown outcomes, also of refunds, and charges of protocols that are not installed here. */
  readonly unresolved: ReadonlyArray<Ledger.Entry>
}

export type Recovering = ReturnType<typeof make>

export const make = (till: Till, installed: Installed, refunding: Refunding) => {
  const { ledger, settling, timeout } = till

  /** Makes a charge ours to finish. One of another host only when that host is gone, our own only when nobody can be at it. */
  const take = Effect.fnUntraced(function* (entry: Ledger.Entry) {
    if (entry.state === "unknown") {
      yield* ledger.advance(entry.charge.id, { to: "settling", cause: "recovered" })
      return { ...entry, state: "settling" as const }
    }
    if (!Ledger.isOpen(entry.state)) return undefined
    if (entry.owner !== ledger.owner) return yield* ledger.adopt(entry.charge.id)
    const now = yield* Clock.currentTimeMillis
    const since =
      entry.state === "settling" ? (entry.journal.at(-1)?.atMillis ?? 0) : entry.charge.expiresAt.epochMilliseconds
    return now - since >= forsaken(timeout) ? entry : undefined
  })

  /** Ends a charge that is ours. Its outcome is in the ledger. */
  const finish = Effect.fnUntraced(function* (protocol: AnyProtocol, entry: Ledger.Entry) {
    const { charge, state } = entry
    if (state === "opened") {
      yield* settling.releaseHold({ protocol, charge })
      return yield* ledger.advance(charge.id, { to: "released", cause: "recovered" })
    }
    const authorization = yield* authorizationOf(protocol, entry)
    const settlement = { protocol, authorization, charge }
    const prepaid = protocol.manifest.flow === "prepaid-then-confirm"
    if (state === "settling") return yield* prepaid ? settling.confirm(settlement) : settling.resume(settlement)
    // What nobody can come back for is not paid for.
    const answered = state === "delivered" && entry.answer !== undefined && !isOwnKey(entry)
    if (!answered) return yield* settling.abandon(settlement, "released", "recovered")
    yield* settling.begin(settlement)
    return yield* prepaid ? settling.confirm(settlement) : settling.settle(settlement)
  })

  /** Brings a charge to its end if nobody else is at it, and says whether it tried. */
  const recover = Effect.fnUntraced(function* (entry: Ledger.Entry): Effect.fn.Return<boolean> {
    const protocol = installed.madeBy(entry)
    if (protocol === undefined) return false
    const ours = yield* Effect.orElseSucceed(take(entry), () => undefined)
    if (ours === undefined) return false
    yield* finish(protocol, ours).pipe(
      Effect.catch((error) => Effect.logDebug(`charge ${entry.charge.id} is not brought to its end: ${error.message}`))
    )
    return true
  })

  /** Brings everything to its end that was left behind and is due. */
  const sweep = Effect.fnUntraced(function* (attempts: number): Effect.fn.Return<Recovered, Ledger.LedgerError> {
    const ended = { settled: 0, released: 0 }
    const unresolved: Array<Ledger.Entry> = []
    const isDueAgain = ({ journal }: Ledger.Entry) => {
      const unanswered = journal.filter(({ state }) => state === "unknown").length
      return isDue(unanswered, journal.at(-1)?.atMillis ?? 0, attempts)
    }
    const bring = Effect.fnUntraced(function* (entry: Ledger.Entry) {
      const left = entry.state === "unknown" || entry.owner !== ledger.owner
      if (entry.state !== "unknown" || (yield* isDueAgain(entry))) {
        if (!(yield* recover(entry)) && !left) return
      }
      const now = yield* ledger.find(entry.charge.id)
      if (now === undefined) return
      if (now.state === "settled" || now.state === "refunded") ended.settled++
      else if (Ledger.isVoid(now.state)) ended.released++
      else unresolved.push(now)
    })
    const open = Ledger.states.filter(Ledger.isOpen)
    yield* each(ledger, { states: open, abandoned: true }, bring)
    yield* each(ledger, { states: open, owner: ledger.owner }, bring)
    yield* each(ledger, { states: ["unknown"] }, bring)
    const refunds = yield* refunding.sweep(attempts)
    return { ...ended, returned: refunds.ended, unresolved: [...unresolved, ...refunds.unresolved] }
  })

  /** Brings one charge to its end, if it is unknown or was left behind. */
  const resolve = Effect.fnUntraced(function* (
    chargeId: string
  ): Effect.fn.Return<Ledger.Entry | undefined, Ledger.LedgerError> {
    const entry = yield* ledger.find(chargeId)
    return entry !== undefined && (yield* recover(entry)) ? yield* ledger.find(chargeId) : entry
  })

  return { recover, resolve, sweep }
}
