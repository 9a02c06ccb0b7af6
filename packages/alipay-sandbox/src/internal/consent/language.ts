/**
 * How times, categories and lists are written in a language.
 */
import { type Language, tag } from "@paylayer/pages/Language"
import type * as DateTime from "effect/DateTime"
import * as Categories from "./categories.ts"

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
