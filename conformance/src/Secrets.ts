/**
 * Looking for secrets where they must not be: in every way a value is printed, plain and encoded.
 */
import * as Cause from "effect/Cause"
import { inspect } from "node:util"

/** The shortest text that counts as a secret. */
const shortest = 6

const encodings = (secret: string): ReadonlyArray<string> => {
  const bytes = Buffer.from(secret)
  return [
    secret,
    bytes.toString("base64").replace(/=+$/, ""),
    bytes.toString("base64url"),
    bytes.toString("hex"),
    encodeURIComponent(secret)
  ]
}

/** A case asks for the same secrets in hundreds of texts, and more of them come up as it goes on. */
const known = new WeakMap<ReadonlyArray<string>, { readonly secrets: number; readonly forms: ReadonlySet<string> }>()

const formsOf = (secrets: ReadonlyArray<string>): ReadonlySet<string> => {
  const before = known.get(secrets)
  if (before?.secrets === secrets.length) return before.forms
  const forms = new Set(secrets.filter(({ length }) => length >= shortest).flatMap(encodings))
  known.set(secrets, { secrets: secrets.length, forms })
  return forms
}

/** Whether a text shows one of the secrets, plain, in Base64, in hexadecimal or percent-encoded. A list of them only grows. */
export const isIn = (text: string, secrets: ReadonlyArray<string>): boolean => {
  for (const form of formsOf(secrets)) if (text.includes(form)) return true
  return false
}

const json = (value: unknown): string => {
  const seen = new Set<unknown>()
  return (
    JSON.stringify(value, (_key, inner: unknown) => {
      if (typeof inner === "bigint") return String(inner)
      if (typeof inner !== "object" || inner === null) return inner
      if (seen.has(inner)) return "(again)"
      seen.add(inner)
      return inner
    }) ?? ""
  )
}

/** In which way of printing a value shows a secret, if in any. */
export const seenIn = (value: unknown, secrets: ReadonlyArray<string>): string | undefined => {
  const forms: ReadonlyArray<readonly [where: string, text: () => string]> = [
    ["the text", () => String(value)],
    ["the message", () => (value instanceof Error ? value.message : "")],
    ["the JSON", () => json(value)],
    ["the inspection", () => inspect(value, { depth: 12, showHidden: true })],
    [
      "the cause",
      () => (value instanceof Error && value.cause !== undefined ? inspect(value.cause, { depth: 12 }) : "")
    ],
    ["the stack", () => (value instanceof Error ? (value.stack ?? "") : "")],
    ["the printed cause", () => Cause.pretty(Cause.fail(value))]
  ]
  return forms.find(([, text]) => isIn(text(), secrets))?.[0]
}
