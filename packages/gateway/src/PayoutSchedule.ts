/**
 * When payouts fall due: on certain days, from the first moment of the day in a time zone. A gateway that was down on that day makes
 * up for it, once: of the days that were missed, the newest counts.
 *
 * @example
 * PayoutSchedule.due({ monthly: 31 }, now, DateTime.zoneMakeNamedUnsafe("Asia/Shanghai"))   // on 2 December: "2026-11-30"
 */
import * as DateTime from "effect/DateTime"
import type { Schedule } from "./Developer.ts"

const weekdays = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"] as const

/** Whether money falls due on that day. */
const isDueOn = (schedule: Exclude<Schedule, "manual">, day: DateTime.DateTime): boolean => {
  if (schedule === "daily") return true
  const parts = DateTime.toParts(day)
  if ("weekly" in schedule) return weekdays[parts.weekDay] === schedule.weekly
  const last = DateTime.toParts(DateTime.endOf(day, "month")).day
  return parts.day === Math.min(schedule.monthly, last)
}

/** The newest day, today or before, on which money fell due: `"2026-11-30"`. Nothing for `manual`. */
export const due = (
  schedule: Schedule,
  nowMillis: number,
  zone: DateTime.TimeZone = DateTime.zoneMakeOffset(0)
): string | undefined => {
  if (schedule === "manual") return undefined
  let day = DateTime.startOf(DateTime.setZone(DateTime.makeUnsafe(nowMillis), zone), "day")
  while (!isDueOn(schedule, day)) day = DateTime.subtract(day, { days: 1 })
  return DateTime.formatIsoDate(day)
}
