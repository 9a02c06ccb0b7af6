/**
 * Days and months of one time zone, quickly for moments that lie close together.
 */
import * as Day from "@paylayer/core/Day"
import type * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"

/** From its first moment to the first one after it, in epoch milliseconds. */
export interface Span {
  readonly sinceMillis: number
  readonly untilMillis: number
}

export interface Calendar {
  /** `"yyyy-MM-dd"` of a moment. */
  readonly day: (atMillis: number) => string
  /** `"yyyy-MM"` of a moment. */
  readonly month: (atMillis: number) => string
  /** The month of this name; `undefined` where it is no name of a month. */
  readonly monthOf: (month: string) => Span | undefined
}

/** So many days are remembered. */
const rememberedAtMost = 100

const following = (month: string) => {
  const [year = 0, of = 0] = month.split("-").map(Number)
  return of === 12
    ? `${String(year + 1).padStart(4, "0")}-01`
    : `${month.slice(0, 5)}${String(of + 1).padStart(2, "0")}`
}

export const calendar = (zone: DateTime.TimeZone): Calendar => {
  let known: ReadonlyArray<Day.Day> = []
  const dayOf = (atMillis: number) => {
    const lies = (day: Day.Day) => atMillis >= day.sinceMillis && atMillis < day.untilMillis
    const [newest] = known
    if (newest !== undefined && lies(newest)) return newest
    const day = known.find(lies) ?? Day.containing(atMillis, zone)
    known = [day, ...known.filter(({ date }) => date !== day.date)].slice(0, rememberedAtMost)
    return day
  }
  const first = (month: string) => Result.getOrUndefined(Day.parse(`${month}-01`, zone))?.sinceMillis
  return {
    day: (atMillis) => dayOf(atMillis).date,
    month: (atMillis) => dayOf(atMillis).date.slice(0, 7),
    monthOf: (month) => {
      if (!/^\d{4}-\d{2}$/.test(month)) return undefined
      const [sinceMillis, untilMillis] = [first(month), first(following(month))]
      return sinceMillis === undefined || untilMillis === undefined ? undefined : { sinceMillis, untilMillis }
    }
  }
}
