/**
 * Moments, as they are asked for and shown: ISO 8601, in UTC where nothing else is said.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Ending, misused } from "./Ending.ts"
import { visible } from "./Text.ts"

const form = /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,3})?)?(?:Z|[+-]\d{2}:\d{2}))?$/

/** Epoch milliseconds of `2026-11-21` (its beginning in UTC) or `2026-11-21T08:00:00+08:00`. */
export const read = (flag: string, text: string): Effect.Effect<number, Ending> => {
  const moment = form.test(text) ? Option.getOrUndefined(DateTime.make(text)) : undefined
  return moment !== undefined
    ? Effect.succeed(moment.epochMilliseconds)
    : Effect.fail(
        misused(`${flag}: "${visible(text.slice(0, 40))}" is no moment; write 2026-11-21 or 2026-11-21T08:00:00+08:00`)
      )
}

/** `2026-11-21 12:00:00`, in UTC. */
export const short = (atMillis: number): string => iso(atMillis).slice(0, 19).replace("T", " ")

/** `2026-11-21T12:00:00.000Z`. */
export const iso = (atMillis: number): string => DateTime.formatIso(DateTime.makeUnsafe(atMillis))
