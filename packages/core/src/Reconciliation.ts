/**
 * Reconciliation: the ledger's word against the provider's, for one day of the provider's statement.
 *
 * Every line of the statement that carries a charge's id, or the provider's number of one, is looked for in the ledger. Every movement
 * that the ledger has on the day is looked for in the statement. One that is not there may stand in the statement of a day
 * before or after, since clocks differ and a settlement may be recorded late: those statements are read too, from the opening
 * of the charge to its last word in the journal, give or take `edge`. What is found there is no difference.
 *
 * @example
 * const done = yield* Reconciliation.reconcile(statement, { date: "2026-11-21" })
 * if (!Reconciliation.isClean(done)) yield* Effect.logError(done.differences)
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { Currency } from "./Currency.ts"
import * as Day from "./Day.ts"
import { type Account, account, compare, plain, type Recorded } from "./internal/comparing.ts"
import { accounts, asKnown, keyOf, type Lines, statementOf, sumsOf } from "./internal/gathering.ts"
import * as Ledger from "./Ledger.ts"
import { type Movement, type Statement, StatementError } from "./Statement.ts"

/**
 * | what | the provider | the ledger |
 * |---|---|---|
 * | `missing here` | says that it moved | does not know the charge, or has it in a state in which it did not move |
 * | `missing there` | says nothing of it | says that it moved |
 * | `repeated` | says that it moved more than once | says once |
 * | `currency`, `amount`, `reference` | says otherwise | says that it moved; the first of the three that differs |
 */
export type What = "missing here" | "missing there" | "repeated" | "currency" | "amount" | "reference"

/** One movement on which the two sides do not agree. */
export interface Difference {
  readonly what: What
  readonly kind: Movement["kind"]
  readonly chargeId: string
  /** The charge's state in the ledger. Not there where the ledger does not know it. */
  readonly state?: Ledger.State
  /** As the ledger has it. */
  readonly here?: Movement
  /** The provider's lines: none, one, or several where money moved in parts or repeatedly. */
  readonly there: ReadonlyArray<Movement>
  /** A statement in which it may still turn up does not exist yet. Reconcile again when it does. */
  readonly awaits?: string
}

/** What moved in a currency, in minor units. Where nothing differs, the two sides are equal. */
export interface Sum {
  readonly currency: Currency
  readonly kind: Movement["kind"]
  readonly here: bigint
  readonly there: bigint
}

export interface Reconciliation {
  readonly day: Day.Day
  readonly protocols: ReadonlyArray<string>
  /** Movements on which both agree. */
  readonly matched: number
  /** Movements of the ledger's day that stand in the statement of a day before or after. */
  readonly shifted: number
  readonly differences: ReadonlyArray<Difference>
  /** Movements in currencies that the statement does not tell of: nobody has looked. */
  readonly uncovered: ReadonlyArray<Movement>
  /** Lines whose number is no charge's: other sales of the same merchant. */
  readonly foreign: number
  /** What each side says moved on the statement's day, without what was shifted, uncovered or foreign. */
  readonly sums: ReadonlyArray<Sum>
}

/** Whether the two sides agree on everything that was to be compared, and nothing was left out. */
export const isClean = ({ differences, uncovered }: Reconciliation): boolean =>
  differences.length === 0 && uncovered.length === 0

/** How far it has come. */
export interface Progress {
  readonly step: "ledger" | "statement" | "looking up" | "other days"
  readonly done: number
  /** Not there where nobody knows. */
  readonly outOf?: number
}

export interface Options {
  /** The day of the statement, `"yyyy-MM-dd"`. */
  readonly date: string
  /** Only charges of this merchant are expected in the statement. */
  readonly merchant?: string
  /**
   * How far the two sides may be apart: by their clocks, and by the time that an agent who paid first takes to come back.
   * Default: one hour.
   */
  readonly edge?: Duration.Input
  readonly onProgress?: (progress: Progress) => Effect.Effect<void>
}

/** Where a movement may stand further away than this, it is reported as missing without looking further. */
const mostOtherDays = 7

const notOver = (day: Day.Day) =>
  new StatementError({ reason: "not-ready", message: `${day.date} is not over yet where the statement is made` })

/**
 * Compares the ledger with the statement of one day.
 *
 * Fails with `DayError` where `date` is no day, with `StatementError` where there is no statement to compare with, and with
 * `LedgerError`; in each case nothing is known. It reads only.
 */
export const reconcile = Effect.fn("Reconciliation.reconcile")(function* (
  statement: Statement,
  { date, edge: apart = "1 hour", merchant, onProgress = () => Effect.void }: Options
): Effect.fn.Return<Reconciliation, Day.DayError | Ledger.LedgerError | StatementError, Ledger.Ledger> {
  const ledger = yield* Ledger.Ledger
  const { currencies, protocols, zone } = statement
  const day = yield* Effect.fromResult(Day.parse(date, zone))
  const now = yield* Clock.currentTimeMillis
  if (now < day.untilMillis) return yield* notOver(day)
  const edge = Duration.toMillis(Duration.fromInputUnsafe(apart))

  // The ledger: everything that was opened before the day was over and has changed since it began.
  const known = new Map<string, Account | undefined>()
  const query: Ledger.Query = {
    states: ["settled", "refunded"],
    openedBefore: day.untilMillis + edge,
    changedSince: day.sinceMillis - edge,
    ...(merchant !== undefined && { merchant })
  }
  yield* onProgress({ step: "ledger", done: 0 })
  yield* Stream.runForEachArray(accounts(ledger, query, protocols), (page) => {
    for (const [id, each] of page) known.set(id, each)
    return onProgress({ step: "ledger", done: known.size })
  })

  const byReference = new Map<string, string>()
  for (const [id, each] of known) if (each?.payment !== undefined) byReference.set(each.payment.reference, id)
  const reading = { statement, byReference, tell: onProgress }
  const { foreign, lines: told } = yield* statementOf(reading, day, "statement")

  // What the ledger did not show for the day, it may know from another one, or in another state.
  const unseen = [...new Set([...told.values()].map(([{ chargeId }]) => chargeId))].filter((id) => !known.has(id))
  for (const [index, id] of unseen.entries()) {
    const entry = yield* ledger.find(id)
    known.set(id, entry && account(entry, protocols))
    yield* onProgress({ step: "looking up", done: index + 1, outOf: unseen.length })
  }

  const lines = asKnown(told, known)

  // From the provider's side.
  const differences: Array<Difference> = []
  for (const there of lines.values()) {
    const difference = compare(known.get(there[0].chargeId), there)
    if (difference !== undefined) differences.push(difference)
  }
  const matched = lines.size - differences.length

  // From the ledger's side.
  const own = [...known.values()].flatMap((each) => [each?.payment ?? [], each?.refunds ?? []].flat())
  const isToday = ({ atMillis }: Movement) => day.sinceMillis <= atMillis && atMillis < day.untilMillis
  const alone = own.filter((movement) => isToday(movement) && !lines.has(keyOf(movement)))
  const isCovered = ({ money }: Movement) => currencies === undefined || currencies.includes(money.currency)

  const others = new Map<string, Lines | undefined>()
  const linesOf = Effect.fnUntraced(function* (other: Day.Day) {
    if (others.has(other.date)) return others.get(other.date)
    const found =
      now < other.untilMillis
        ? undefined
        : yield* statementOf(reading, other, "other days").pipe(
            Effect.map((found): Lines | undefined => asKnown(found.lines, known)),
            Effect.catchIf(
              ({ reason }) => reason === "not-ready",
              () => Effect.succeed(undefined)
            )
          )
    others.set(other.date, found)
    return found
  })
  /** Where else a movement stands: found, nowhere, or the date of a statement that is not there yet. */
  const elsewhere = Effect.fnUntraced(function* ({ earliestMillis, latestMillis, ...movement }: Recorded) {
    const days = Day.between(earliestMillis - edge, latestMillis + edge, zone).filter((other) => other.date !== date)
    let awaits: string | undefined
    for (const other of days.slice(-mostOtherDays)) {
      const found = yield* linesOf(other)
      if (found?.has(keyOf(movement)) === true) return { isFound: true, awaits }
      if (found === undefined) awaits ??= other.date
    }
    return { isFound: false, awaits }
  })

  let shifted = 0
  const missing: Array<Movement> = []
  for (const movement of alone.filter(isCovered)) {
    const { awaits, isFound } = yield* elsewhere(movement)
    if (isFound) shifted++
    else {
      const { chargeId, kind } = movement
      const here = plain(movement)
      const state = known.get(chargeId)!.state
      missing.push(here)
      differences.push({ what: "missing there", kind, chargeId, state, here, there: [], ...(awaits && { awaits }) })
    }
  }

  return {
    day,
    protocols,
    matched,
    shifted,
    differences,
    uncovered: alone.filter((movement) => !isCovered(movement)).map(plain),
    foreign,
    sums: sumsOf({
      here: [...own.filter((movement) => lines.has(keyOf(movement))), ...missing],
      there: [...lines.values()].flat()
    })
  }
})
