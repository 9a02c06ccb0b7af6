/**
 * Recovering: a charge that a host left behind is brought to its end. What the provider was never asked to settle is given
 * back; for everything else the provider's word decides, and what it cannot say stays unknown.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import * as Ledger from "../Ledger.ts"
import * as PaymentError from "../PaymentError.ts"
import type { AnyProtocol, Authorization } from "../PaymentProtocol.ts"
import { isOwnKey } from "./claiming.ts"
import type { Installed } from "./installed.ts"
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

/** The instance that made a charge, if it is installed here. */
const madeBy = (installed: Installed, { charge, protocol }: Ledger.Entry): AnyProtocol | undefined =>
  installed.serving(charge.merchant).find(({ manifest }) => manifest.id === protocol)

/** How long after the first unknown outcome it is asked again, and the longest pause after many. */
const first = 5_000
const longest = 3_600_000

/** What a recovery came to. */
export interface Recovered {
  readonly settled: number
  readonly released: number
  /** What still has no end: unknown outcomes, and charges of protocols that are not installed here. */
  readonly unresolved: ReadonlyArray<Ledger.Entry>
}

export type Recovering = ReturnType<typeof make>

export const make = (till: Till, installed: Installed) => {
  const { ledger, settling, timeout } = till
  /** No call takes so long: whoever was at it is gone. */
  const forsaken = Duration.toMillis(timeout) * 10 + 30_000

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
    return now - since >= forsaken ? entry : undefined
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
    const protocol = madeBy(installed, entry)
    if (protocol === undefined) return false
    const ours = yield* Effect.orElseSucceed(take(entry), () => undefined)
    if (ours === undefined) return false
    yield* finish(protocol, ours).pipe(
      Effect.catch((error) => Effect.logDebug(`charge ${entry.charge.id} is not brought to its end: ${error.message}`))
    )
    return true
  })

  /** Whether it is time to ask about an unknown charge again: later and later, and after so many attempts not any more. */
  const isDue = Effect.fnUntraced(function* ({ journal }: Ledger.Entry, attempts: number) {
    const asked = journal.filter(({ state }) => state === "unknown").length
    const pause = Math.min(first * 2 ** (asked - 1), longest) * (0.8 + 0.4 * (yield* Random.next))
    return asked < attempts && (yield* Clock.currentTimeMillis) - (journal.at(-1)?.atMillis ?? 0) >= pause
  })

  const page = 100
  /** Every charge that matches, a page at a time, several at once. */
  const each = (query: Ledger.Query, run: (entry: Ledger.Entry) => Effect.Effect<unknown, Ledger.LedgerError>) =>
    Effect.gen(function* () {
      let after: string | undefined
      do {
        const entries = yield* ledger.list({ ...query, limit: page, ...(after === undefined ? {} : { after }) })
        yield* Effect.forEach(entries, run, { concurrency: 8, discard: true })
        after = entries.length === page ? entries.at(-1)?.charge.id : undefined
      } while (after !== undefined)
    })

  /** Brings everything to its end that was left behind and is due. */
  const sweep = Effect.fnUntraced(function* (attempts: number): Effect.fn.Return<Recovered, Ledger.LedgerError> {
    const ended = { settled: 0, released: 0 }
    const unresolved: Array<Ledger.Entry> = []
    const bring = Effect.fnUntraced(function* (entry: Ledger.Entry) {
      const left = entry.state === "unknown" || entry.owner !== ledger.owner
      if (entry.state !== "unknown" || (yield* isDue(entry, attempts))) {
        if (!(yield* recover(entry)) && !left) return
      }
      const now = yield* ledger.find(entry.charge.id)
      if (now === undefined) return
      if (now.state === "settled" || now.state === "refunded") ended.settled++
      else if (Ledger.isVoid(now.state)) ended.released++
      else unresolved.push(now)
    })
    const open = Ledger.states.filter(Ledger.isOpen)
    yield* each({ states: open, abandoned: true }, bring)
    yield* each({ states: open, owner: ledger.owner }, bring)
    yield* each({ states: ["unknown"] }, bring)
    return { ...ended, unresolved }
  })

  return { recover, sweep }
}
