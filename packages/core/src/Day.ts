/**
 * A calendar day in a time zone, as books are kept: from its first midnight to the next one, daylight saving or not.
 *
 * @example
 * const zone = DateTime.zoneMakeNamedUnsafe("Asia/Shanghai")
 * Day.parse("2026-11-21", zone)      // Result.succeed({ date: "2026-11-21", sinceMillis: 1795190400000, … })
 * Day.containing(0, zone).date       // "1970-01-01"
 */
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

export interface Day {
  /** `"yyyy-MM-dd"`. */
  readonly date: string
  readonly zone: DateTime.TimeZone
  /** Its first moment, in epoch milliseconds. */
  readonly sinceMillis: number
  /** The first moment of the next day, in epoch milliseconds. */
  readonly untilMillis: number
}

/** Text that is not a day of the calendar. */
export class DayError extends Schema.TaggedError<DayError>()("DayError", { message: Schema.String }) {}

const startOf = (date: string, zone: DateTime.TimeZone) =>
  DateTime.makeZoned(`${date}T00:00:00Z`, { timeZone: zone, adjustForTimeZone: true })

const hour = 3_600_000

/** The day in which a moment lies. */
export const containing = (atMillis: number, zone: DateTime.TimeZone): Day => {
  const at = DateTime.makeZonedUnsafe(atMillis, { timeZone: zone })
  const sinceMillis = DateTime.startOf(at, "day").epochMilliseconds
  // No day is longer than 25 hours and none is shorter than 23, so this is inside the next one.
  const inside = DateTime.makeZonedUnsafe(sinceMillis + 36 * hour, { timeZone: zone })
  const untilMillis = DateTime.startOf(inside, "day").epochMilliseconds
  return { date: DateTime.formatIsoDate(at), zone, sinceMillis, untilMillis }
}

/** The day of this date. */
export const parse = (text: string, zone: DateTime.TimeZone): Result.Result<Day, DayError> => {
  const start = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Option.getOrUndefined(startOf(text, zone)) : undefined
  const day = start && containing(start.epochMilliseconds, zone)
  if (day?.date === text) return Result.succeed(day)
  const message = `${JSON.stringify(text.slice(0, 40))} is not a day such as "2026-11-21"`
  return Result.fail(new DayError({ message }))
}

/** Every day that has a moment between the two, in order. */
export const between = (fromMillis: number, toMillis: number, zone: DateTime.TimeZone): ReadonlyArray<Day> => {
  const days = [containing(fromMillis, zone)]
  for (let last = days[0]!; last.untilMillis <= toMillis; days.push(last)) last = containing(last.untilMillis, zone)
  return days
}
