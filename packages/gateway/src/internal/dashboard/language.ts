/**
 * How amounts, counts and moments are written in a language.
 */
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import { type Language, numberFormat, tag } from "@paylayer/pages/Language"
import * as DateTime from "effect/DateTime"

/** The decimal text of minor units, which may be below zero where a book says so. */
const decimal = (currency: string, minor: bigint): string =>
  Currency.is(currency)
    ? (minor < 0n ? "-" : "") + Money.decimalString({ currency, minor: minor < 0n ? -minor : minor })
    : String(minor)

/** `1,234.50`: an amount beside which the currency stands already. */
export const amount = (language: Language, currency: string, minor: bigint): string => {
  const text = decimal(currency, minor)
  const digits = text.split(".")[1]?.length ?? 0
  return numberFormat(language, { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(
    text as Intl.StringNumericLiteral
  )
}

/** `12,345`. */
export const count = (language: Language, value: bigint | number): string => numberFormat(language).format(value)

const formats = new Map<string, Intl.DateTimeFormat>()

const format = (language: Language, zone: DateTime.TimeZone, options: Intl.DateTimeFormatOptions) => {
  const timeZone = DateTime.zoneToString(zone)
  const key = JSON.stringify([language, timeZone, options])
  const known = formats.get(key)
  if (known !== undefined) return known
  const made = new Intl.DateTimeFormat(tag(language), { ...options, timeZone, hourCycle: "h23" })
  formats.set(key, made)
  return made
}

/** `28 Nov 2026, 14:03:07`, in the operator's zone. */
export const time = (language: Language, zone: DateTime.TimeZone, atMillis: number): string =>
  format(language, zone, { dateStyle: "medium", timeStyle: "medium" }).format(atMillis)

/** `28 Nov 2026, 14:03:07.042`. */
export const exactTime = (language: Language, zone: DateTime.TimeZone, atMillis: number): string =>
  format(language, zone, {
    day: "numeric",
    month: "short",
    year: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3
  }).format(atMillis)

/** `14:03:07.042`, for steps that follow each other closely. */
export const clock = (language: Language, zone: DateTime.TimeZone, atMillis: number): string =>
  format(language, zone, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3
  }).format(atMillis)

const millisOf = (day: string) => DateTime.makeUnsafe(`${day}T00:00:00Z`).epochMilliseconds

/** `28 Nov`, of a day such as `2026-11-28`. */
export const shortDay = (language: Language, day: string): string =>
  format(language, DateTime.zoneMakeOffset(0), { day: "numeric", month: "short" }).format(millisOf(day))

/** `November 2026`, of a month such as `2026-11`. */
export const month = (language: Language, name: string): string =>
  format(language, DateTime.zoneMakeOffset(0), { month: "long", year: "numeric" }).format(millisOf(`${name}-01`))

/** `28 November 2026`. */
export const longDay = (language: Language, day: string): string =>
  format(language, DateTime.zoneMakeOffset(0), { dateStyle: "long" }).format(millisOf(day))

const unit = (language: Language, name: "millisecond" | "second" | "minute" | "hour" | "day", value: number): string =>
  numberFormat(language, {
    style: "unit",
    unit: name,
    unitDisplay: name === "millisecond" || name === "second" ? "narrow" : "short",
    maximumFractionDigits: name === "second" ? 1 : 0
  }).format(value)

/** `42ms`, `1.3s`, `12 mins`: about how long. */
export const span = (language: Language, millis: number): string => {
  if (millis < 1_000) return unit(language, "millisecond", millis)
  if (millis < 60_000) return unit(language, "second", millis / 1_000)
  if (millis < 3_600_000) return unit(language, "minute", Math.round(millis / 60_000))
  if (millis < 172_800_000) return unit(language, "hour", Math.round(millis / 3_600_000))
  return unit(language, "day", Math.round(millis / 86_400_000))
}

/** `1.2K` and `1.2万`: about how much, for a scale. */
export const compact = (language: Language, currency: string, minor: bigint): string =>
  numberFormat(language, { notation: "compact", maximumSignificantDigits: 3 }).format(
    decimal(currency, minor) as Intl.StringNumericLiteral
  )

/** `12.3%`, of thousandths. */
export const percent = (language: Language, thousandths: bigint): string =>
  numberFormat(language, { style: "percent", maximumFractionDigits: 1 }).format(Number(thousandths) / 1_000)

/** The price of a unit, in millionths of a minor unit: `¥0.00001`. */
export const micro = (language: Language, currency: string, value: bigint): string => {
  const [major = "0", fraction = ""] = decimal(currency, value).split(".")
  // Six digits further to the right.
  const digits = major.padStart(7, "0")
  const exact = `${digits.slice(0, -6)}.${digits.slice(-6)}${fraction}`
  const text = numberFormat(language, {
    style: "currency",
    currency,
    currencyDisplay: "narrowSymbol",
    maximumFractionDigits: 12
  }).format(exact as Intl.StringNumericLiteral)
  return currency === "CNY" ? text : `${text} ${currency}`
}

const aMonday = 1_795_996_800_000
const weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]

/** `Monday`. */
export const weekday = (language: Language, name: string): string =>
  format(language, DateTime.zoneMakeOffset(0), { weekday: "long" }).format(
    aMonday + weekdays.indexOf(name) * 86_400_000
  )
