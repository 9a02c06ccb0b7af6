/**
 * Which language a page is in, and how amounts, times and lists are written in it.
 */
import * as Money from "@paylayer/core/Money"
import type * as DateTime from "effect/DateTime"
import * as Categories from "./categories.ts"

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

/** `¥15.00`, exactly: no digit passes through a float. */
export const money = (language: Language, amount: Money.Money): string =>
  new Intl.NumberFormat(tag(language), {
    style: "currency",
    currency: amount.currency,
    currencyDisplay: "narrowSymbol"
  }).format(Money.decimalString(amount) as Intl.StringNumericLiteral) +
  (amount.currency === "CNY" ? "" : ` ${amount.currency}`)

/** In Beijing's time, which the pages name beside it. */
export const time = (language: Language, at: DateTime.Utc): string =>
  new Intl.DateTimeFormat(tag(language), {
    dateStyle: "long",
    timeStyle: "short",
    hourCycle: "h23",
    timeZone: "Asia/Shanghai"
  }).format(at.epochMilliseconds)

/** A category by its name and number. */
export const category = (language: Language, code: string): string => {
  const name = Object.hasOwn(Categories.names, code) ? Categories.names[code]?.[language] : undefined
  return name === undefined ? code : language === "zh" ? `${name}（${code}）` : `${name} (${code})`
}

const methods: { readonly [name: string]: { readonly [language in Language]: string } } = {
  BALANCE: { en: "Balance", zh: "余额" },
  CREDIT: { en: "Credit (Huabei)", zh: "花呗" },
  HUABEI_INSTALLMENTS: { en: "Huabei instalments", zh: "花呗分期" }
}

/** A payment preference by its name. */
export const method = (language: Language, name: string): string =>
  Object.hasOwn(methods, name) ? methods[name]![language] : name

/** `a, b or c`. */
export const either = (language: Language, names: ReadonlyArray<string>): string =>
  new Intl.ListFormat(tag(language), { type: "disjunction" }).format(names)
