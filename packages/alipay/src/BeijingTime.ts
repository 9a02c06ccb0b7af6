/**
 * Wall clock time as gateway v2 writes it: `"yyyy-MM-dd HH:mm:ss"` in Beijing, without a zone.
 *
 * China has kept +08:00 without daylight saving since 1992, so the offset is fixed and no zone database is asked.
 *
 * @example
 * BeijingTime.format(0)                        // "1970-01-01 08:00:00"
 * BeijingTime.parse("1970-01-01 08:00:00")     // Result.succeed(0)
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** Text that is not a time of this form, or a date that no calendar has. */
export class BeijingTimeError extends Schema.TaggedError<BeijingTimeError>()("BeijingTimeError", {
  message: Schema.String
}) {}

const second = 1_000
const day = 86_400 * second
const offset = 8 * 3_600 * second

const two = (value: number): string => (value < 10 ? `0${value}` : `${value}`)

/** Writes epoch milliseconds; the fraction of a second is dropped. Years 0000 to 9999. */
export const format = (epochMillis: number): string => {
  const local = epochMillis + offset
  const days = Math.floor(local / day)
  const seconds = Math.floor((local - days * day) / second)
  const { year, month, date } = civil(days)
  const time = `${two(Math.floor(seconds / 3_600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return `${String(year).padStart(4, "0")}-${two(month)}-${two(date)} ${time}`
}

const form = /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})$/

/** Reads it to epoch milliseconds. Refuses 30 February, 24:00:00, leap seconds and any other form. */
export const parse = (text: string): Result.Result<number, BeijingTimeError> => {
  const match = form.exec(text)
  if (match !== null) {
    const [year, month, date, hours, minutes, seconds] = match.slice(1).map(Number) as [
      number,
      number,
      number,
      number,
      number,
      number
    ]
    const days = daysOf(year, month, date)
    const millis = days * day + (hours * 3_600 + minutes * 60 + seconds) * second - offset
    if (format(millis) === text) return Result.succeed(millis)
  }
  const message = `${JSON.stringify(text.slice(0, 40))} is not a time such as "2026-01-31 08:00:00"`
  return Result.fail(new BeijingTimeError({ message }))
}

// Days since 1970-01-01 in the proleptic Gregorian calendar, counted in eras of 400 years that begin on 1 March, so that
// the leap day is the last day of its year.
const daysOf = (year: number, month: number, date: number): number => {
  const y = month > 2 ? year : year - 1
  const era = Math.floor(y / 400)
  const yearOfEra = y - era * 400
  const dayOfYear = Math.floor((153 * ((month + 9) % 12) + 2) / 5) + date - 1
  return era * 146_097 + yearOfEra * 365 + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100) + dayOfYear - 719_468
}

const civil = (days: number): { year: number; month: number; date: number } => {
  const shifted = days + 719_468
  const era = Math.floor(shifted / 146_097)
  const dayOfEra = shifted - era * 146_097
  const yearOfEra = Math.floor(
    (dayOfEra - Math.floor(dayOfEra / 1_460) + Math.floor(dayOfEra / 36_524) - Math.floor(dayOfEra / 146_096)) / 365
  )
  const dayOfYear = dayOfEra - (365 * yearOfEra + Math.floor(yearOfEra / 4) - Math.floor(yearOfEra / 100))
  const shiftedMonth = Math.floor((5 * dayOfYear + 2) / 153)
  const month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
  return {
    year: era * 400 + yearOfEra + (month <= 2 ? 1 : 0),
    month,
    date: dayOfYear - Math.floor((153 * shiftedMonth + 2) / 5) + 1
  }
}
