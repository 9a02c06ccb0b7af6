/**
 * Which language a page is in, and how amounts are written in it.
 */
import * as Money from "@paylayer/core/Money"

export type Language = "en" | "zh"

const isLanguage = (text: string | undefined): text is Language => text === "en" || text === "zh"

/** RFC 9110: the first of the languages spoken here, by weight and then by place. */
const accepted = (header: string): Language | undefined =>
  header
    .slice(0, 200)
    .split(",")
    .map((range) => {
      const [tag = "", ...parameters] = range.trim().toLowerCase().split(";")
      const weight = parameters.map((text) => /^\s*q=([01](?:\.\d{0,3})?)\s*$/.exec(text)?.[1]).find(Boolean)
      return { language: tag.split("-")[0], weight: weight === undefined ? 1 : Number(weight) }
    })
    .filter(({ weight }) => weight > 0)
    .toSorted((one, other) => other.weight - one.weight)
    .map(({ language }) => language)
    .find(isLanguage)

/** The one that was asked for in the address, chosen before, or accepted by the browser. */
export const choose = (asked: string | undefined, before: string | undefined, header: string | undefined): Language =>
  [asked, before].find(isLanguage) ?? accepted(header ?? "") ?? "en"

/** As `<html lang>` wants it, and `Intl`. */
export const tag = (language: Language): string => (language === "zh" ? "zh-CN" : "en-GB")

const formats = new Map<string, Intl.NumberFormat>()

/** A format of numbers. It takes longer to make one than to use it, so it is kept. */
export const numberFormat = (language: Language, options: Intl.NumberFormatOptions = {}): Intl.NumberFormat => {
  const key = JSON.stringify([language, options])
  const known = formats.get(key)
  if (known !== undefined) return known
  const made = new Intl.NumberFormat(tag(language), options)
  formats.set(key, made)
  return made
}

/** `¥15.00`, exactly: no digit passes through a float. */
export const money = (language: Language, amount: Money.Money): string =>
  numberFormat(language, {
    style: "currency",
    currency: amount.currency,
    currencyDisplay: "narrowSymbol"
  }).format(Money.decimalString(amount) as Intl.StringNumericLiteral) +
  (amount.currency === "CNY" ? "" : ` ${amount.currency}`)
