/**
 * The days that a page tells of: the last 7, 30 or 90 in the zone of the store, today among them.
 */
import * as Day from "@paylayer/core/Day"
import type { Html } from "@paylayer/pages/Html"
import { address, choice, type View } from "./layout.ts"

const lengths = [7, 30, 90]

export interface Period {
  readonly length: number
  /** The first moment of the first day, in epoch milliseconds. */
  readonly since: number
  readonly until: number
  /** `"yyyy-MM-dd"`, oldest first. */
  readonly days: ReadonlyArray<string>
}

/** What the address asks for, else 30 days. */
export const of = ({ now, query, zone }: View): Period => {
  const length = lengths.find((one) => String(one) === query.get("days")) ?? 30
  // A day has 23 hours at least: this reaches further back than it must, never less.
  const days = Day.between(now - length * 86_400_000, now, zone).slice(-length)
  return { length, since: days[0]!.sinceMillis, until: now + 1, days: days.map(({ date }) => date) }
}

/** The choice between them. */
export const switcher = (view: View, { length }: Period): Html =>
  choice(
    view.words.period,
    lengths.map((one) => ({
      name: view.words.days(one),
      href: address(view, { days: String(one) }),
      chosen: one === length
    }))
  )
