/**
 * Refunds: parts of a settled charge that go back, each under an id of its own, each with its own state.
 *
 * They stand in the charge's journal, and nowhere else: what follows from it is worked out here, the same for every ledger.
 */
import * as Schema from "effect/Schema"
import type { Entry } from "./Ledger.ts"
import * as Money from "./Money.ts"
import { Receipt } from "./Receipt.ts"

/**
 * | state | reached when | of what was taken |
 * |---|---|---|
 * | `claimed` | a host is asking the provider | spoken for |
 * | `refunded` | there is a receipt; final | gone back |
 * | `declined` | nothing went back, on the provider's word; the same id may be asked for again | free again |
 * | `unknown` | the provider's answer is missing; it is asked again under the same id | spoken for |
 */
export type State = "claimed" | "refunded" | "declined" | "unknown"

/** The states that may follow each state. A claim follows a claim where the host that had it is forsaken. */
export const transitions: { readonly [S in State]: ReadonlyArray<State> } = {
  claimed: ["refunded", "declined", "unknown", "claimed"],
  unknown: ["claimed"],
  declined: ["claimed"],
  refunded: []
}

/** All states. */
export const states = Object.keys(transitions) as ReadonlyArray<State>

/** States that are not the end of it. */
export const isPending = (state: State): boolean => state === "claimed" || state === "unknown"

/** What a refund is called: what every provider takes as the number of a refund. */
export const isId = (id: string): boolean => /^[A-Za-z0-9_-]{1,64}$/.test(id)

/** What a line of the journal says of a refund. */
export const Line = Schema.Struct({
  id: Schema.String,
  to: Schema.Literals(states),
  /** How much, with the first claim. */
  money: Schema.optionalKey(Money.Money),
  /** Why, for people and for the provider, with the first claim. */
  reason: Schema.optionalKey(Schema.String),
  /** With `refunded`. */
  receipt: Schema.optionalKey(Receipt)
})
export interface Line extends Schema.Schema.Type<typeof Line> {}

/** A refund as the journal tells it. */
export interface Refund {
  /** Unique among the refunds of its charge. */
  readonly id: string
  readonly money: Money.Money
  readonly state: State
  /** The host that asks the provider, or asked it last. */
  readonly owner: string
  /** When its state was written last. */
  readonly atMillis: number
  readonly reason?: string
  readonly receipt?: Receipt
  /** Why it is in its state, where that was written down. */
  readonly cause?: string
  /** How often the provider was asked without an answer. */
  readonly unanswered: number
}

type Journal = Pick<Entry, "journal">

const after = (before: Refund | undefined, { refund, ...line }: Journal["journal"][number]): Refund | undefined => {
  const money = before?.money ?? refund?.money
  if (refund === undefined || money === undefined) return undefined
  const { receipt, to } = refund
  const reason = before?.reason ?? refund.reason
  return {
    id: refund.id,
    money,
    state: to,
    owner: line.owner,
    atMillis: line.atMillis,
    unanswered: (before?.unanswered ?? 0) + (to === "unknown" ? 1 : 0),
    ...(reason === undefined ? {} : { reason }),
    ...(receipt === undefined ? {} : { receipt }),
    ...(line.cause === undefined ? {} : { cause: line.cause })
  }
}

/** The refunds of a charge, in the order in which they were first asked for. */
export const of = ({ journal }: Journal): ReadonlyArray<Refund> => {
  const refunds = new Map<string, Refund>()
  for (const line of journal) {
    if (line.refund === undefined) continue
    const refund = after(refunds.get(line.refund.id), line)
    if (refund !== undefined) refunds.set(refund.id, refund)
  }
  return [...refunds.values()]
}

const sum = (refunds: ReadonlyArray<Refund>, counts: (state: State) => boolean) =>
  refunds.reduce((total, { money, state }) => (counts(state) ? total + money.minor : total), 0n)

const isSpoken = (state: State) => state !== "declined"

/** What went back of a charge. */
export const returned = (entry: Pick<Entry, "charge" | "journal" | "state">): Money.Money => {
  const { currency, minor } = entry.charge.money
  const refunds = of(entry)
  // A charge may have been marked as given back as a whole, without a refund of ours.
  if (entry.state === "refunded" && refunds.length === 0) return entry.charge.money
  const back = sum(refunds, (state) => state === "refunded")
  return Money.of(currency, back < minor ? back : minor)
}

/** What can still be asked for: what was taken, without what went back or is spoken for. */
export const left = (entry: Pick<Entry, "charge" | "journal" | "state">): Money.Money => {
  const { currency, minor } = entry.charge.money
  const spoken = sum(of(entry), isSpoken)
  return Money.of(currency, entry.state === "settled" && spoken < minor ? minor - spoken : 0n)
}

/** Why the refunds in a journal cannot be so, or nothing. */
export const misled = ({ charge, journal }: Pick<Entry, "charge" | "journal">): string | undefined => {
  const refunds = new Map<string, Refund>()
  const wrong = (id: string, what: string) => `charge ${charge.id}, refund ${id}: ${what}`
  for (const line of journal) {
    if (line.refund === undefined) continue
    const { id, to } = line.refund
    const before = refunds.get(id)
    const follows = before === undefined ? to === "claimed" : transitions[before.state].includes(to)
    const now = after(before, line)
    if (!follows) return wrong(id, `${to} does not follow ${before?.state ?? "nothing"}`)
    if (now === undefined) return wrong(id, "nobody wrote down how much")
    refunds.set(id, now)
    const all = [...refunds.values()]
    if (sum(all, isSpoken) > charge.money.minor) return wrong(id, "more is to go back than was taken")
    const whole = sum(all, (state) => state === "refunded") === charge.money.minor
    if (whole !== (line.state === "refunded")) return wrong(id, `the charge is ${line.state}, but should not be`)
  }
  return undefined
}
