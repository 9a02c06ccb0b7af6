/**
 * Calls as text: CSV for spreadsheets, JSON for programs. Amounts are exact decimals in major units in both.
 *
 * A spreadsheet takes a field that begins with `=`, `+`, `-` or `@` for a formula, and payers choose their own names. Such a
 * field gets an apostrophe before it, which spreadsheets do not show.
 */
import * as Money from "@paylayer/core/Money"
import * as DateTime from "effect/DateTime"
import type { Call } from "./Usage.ts"

type Field = string | number | bigint | undefined

/** What is exported of a call, in this order. */
const fields: ReadonlyArray<readonly [name: string, of: (call: Call) => Field]> = [
  ["charge", ({ id }) => id],
  ["time", ({ atMillis }) => DateTime.formatIso(DateTime.makeUnsafe(atMillis))],
  ["tool", ({ tool }) => tool],
  ["developer", ({ developer }) => developer],
  ["protocol", ({ protocol }) => protocol],
  ["payer", ({ payer }) => payer],
  ["agent", ({ agent }) => agent],
  ["principal", ({ principal }) => principal],
  ["outcome", ({ outcome }) => outcome],
  ["code", ({ code }) => code],
  ["currency", ({ currency }) => currency],
  ["taken", ({ currency, minor }) => Money.decimalString({ currency, minor })],
  ["returned", ({ currency, returned }) => Money.decimalString({ currency, minor: returned })],
  ["units", ({ units }) => units],
  ["latency_ms", ({ latencyMillis }) => latencyMillis]
]

/** What spreadsheets take for the beginning of a formula, full-width forms and what hides before it included. */
const formula = /^[\s\p{Cc}\u200b\ufeff]*[=+\-@＝＋－＠]|^[\t\r\n]/u

/** What most fields are: nothing in it means anything to anybody. */
const plain = /^[A-Za-z0-9][A-Za-z0-9_.:/-]*$/

/** One field of a CSV file (RFC 4180). */
export const csvField = (value: Field): string => {
  if (value === undefined) return ""
  if (typeof value === "string" && plain.test(value)) return value
  const text = typeof value === "string" && formula.test(value) ? `'${value}` : String(value)
  return /[",\r\n\t']|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/** One line of a CSV file, its end included. */
export const csvLine = (values: ReadonlyArray<Field>): string => `${values.map(csvField).join(",")}\r\n`

export const csvHeader: string = csvLine(fields.map(([name]) => name))

export const csv = (call: Call): string => csvLine(fields.map(([, of]) => of(call)))

/** One object; a number beyond what JSON readers keep is text. */
export const json = (call: Call): string =>
  JSON.stringify(
    Object.fromEntries(
      fields.map(([name, of]) => {
        const value = of(call)
        return [name, typeof value === "bigint" ? String(value) : value]
      })
    )
  )
