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
import * as Civil from "./internal/civil.ts"

/** Text that is not a time of this form, or a date that no calendar has. */
export class BeijingTimeError extends Schema.TaggedError<BeijingTimeError>()("BeijingTimeError", {
  message: Schema.String
}) {}

const offset = 8 * 3_600_000

/** Writes epoch milliseconds; the fraction of a second is dropped. Years 0000 to 9999. */
export const format = (epochMillis: number): string => Civil.print(epochMillis + offset, " ")

/** Reads it to epoch milliseconds. Refuses 30 February, 24:00:00, leap seconds and any other form. */
export const parse = (text: string): Result.Result<number, BeijingTimeError> => {
  const local = text.charAt(10) === " " ? Civil.read(text) : undefined
  if (local !== undefined) return Result.succeed(local - offset)
  const message = `${JSON.stringify(text.slice(0, 40))} is not a time such as "2026-01-31 08:00:00"`
  return Result.fail(new BeijingTimeError({ message }))
}
