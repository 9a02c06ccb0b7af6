/** Defects in how a credential is read, and in how an authorization is written down. */
import * as Digest from "@paylayer/core/Digest"
import type { Mandate } from "@paylayer/core/Mandate"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as Mutant from "../Mutant.ts"
import * as Reference from "../reference/Reference.ts"
import * as Rereading from "./Rereading.ts"

const ledgerForgets = Mutant.make({
  name: "ledger-forgets-terms",
  defect: "writes down whose mandate it is, and nothing of its terms",
  killedBy: ["VAL-01"],
  change: (plugin) => ({
    ...plugin,
    authorization: Schema.toCodecJson(
      Schema.Struct({ mandate: Schema.Struct({ id: Schema.String, payer: Schema.String }) })
    )
  })
})

const budgetInMinorUnits = Rereading.remade(
  "budget-times-hundred",
  "takes the budget for an amount in major units when it is in minor ones",
  ["VAL-01"],
  ({ budget, ...mandate }) => ({
    ...mandate,
    ...(budget === undefined
      ? {}
      : {
          budget: budget.map(({ currency, minor }) =>
            Money.of(currency, minor < 1_000_000_000_000n ? minor * 100n : minor)
          )
        })
  })
)

const otherZone = Rereading.remade(
  "window-in-another-zone",
  "reads the end of the window as Beijing time when it is UTC",
  ["VAL-01"],
  ({ expiresAt, ...mandate }) => ({
    ...mandate,
    ...(expiresAt === undefined ? {} : { expiresAt: DateTime.add(expiresAt, { hours: 8 }) })
  })
)

const mark = "#"

const spellingMakesMandate = Mutant.make({
  name: "spelling-makes-mandate",
  defect: "names a mandate by the text of its credential, and reads padded and unpadded texts alike",
  killedBy: ["VAL-02"],
  change: (plugin) => {
    const { validate, verify } = Rereading.steps(plugin)
    return {
      ...plugin,
      validate: (credential, charge) => {
        const text = Redacted.value(credential.secret) as string
        return Effect.map(validate(Rereading.coded(credential, text.replace(/[=\s]/g, "")), charge), (mandate) => ({
          ...mandate,
          id: `${mandate.id}${mark}${Digest.sha256(text)}`
        }))
      },
      verify: (mandate: Mandate, charge) => verify({ ...mandate, id: mandate.id.split(mark)[0] ?? "" }, charge)
    }
  }
})

const otherTextEachTime = Mutant.make({
  name: "writes-differently-each-time",
  defect: "puts the number of the attempt into what it writes to the ledger",
  killedBy: ["VAL-02"],
  change: (plugin) => {
    let attempts = 0
    const Numbered = Schema.Struct({ attempt: Schema.Int, value: Schema.Json })
    return {
      ...plugin,
      authorization: Schema.toCodecJson(
        Numbered.pipe(
          Schema.decodeTo(
            plugin.authorization,
            SchemaTransformation.transform({
              decode: ({ value }) => value,
              encode: (value) => ({ attempt: attempts++, value })
            })
          )
        )
      )
    }
  }
})

const scalar = ["v", "id", "payer", "until"]

const unwrapsLists = Rereading.ofText("unwraps-lists", "takes a list of one text for the text", ["VAL-04"], (text) =>
  Rereading.members(text, (all) =>
    Object.fromEntries(
      Object.entries(all).map(([name, value]) => [
        name,
        scalar.includes(name) && Array.isArray(value) && value.length === 1 ? value[0] : value
      ])
    )
  )
)

const numbersAsText = Rereading.ofText(
  "numbers-as-text",
  "turns a number into text where it wants text",
  ["VAL-04"],
  (text) =>
    Rereading.members(text, (all) =>
      Object.fromEntries(
        Object.entries(all).map(([name, value]) => [
          name,
          name !== "v" && scalar.includes(name) && typeof value === "number" ? String(value) : value
        ])
      )
    )
)

const nullIsNoEnd = Rereading.ofText(
  "null-is-no-end",
  "reads an end of the window that is null as no end",
  ["VAL-04"],
  (text) =>
    Rereading.members(text, (all) => (all["until"] === null ? { ...all, until: "2099-01-01T00:00:00.000Z" } : all))
)

const known = [...scalar, "currencies", "limit", "least", "budget", "uses", "from", "merchants", "categories"]

const ignoresUnknown = Rereading.ofText(
  "ignores-unknown-fields",
  "passes over fields that it does not know, though it says that it refuses them",
  ["VAL-05"],
  (text) =>
    Rereading.members(text, (all) => Object.fromEntries(Object.entries(all).filter(([name]) => known.includes(name))))
)

const namesInAnyCase = Rereading.ofText(
  "field-names-in-any-case",
  "reads the names of fields without case and without the white space around them",
  ["VAL-05"],
  (text) =>
    Rereading.members(text, (all) =>
      Object.fromEntries(Object.entries(all).map(([name, value]) => [name.trim().toLowerCase(), value]))
    )
)

const ticketFields = ["number", "payer", "merchant", "binding", "currency", "minor", "until"]

const refusesUnknown = Mutant.make({
  name: "refuses-unknown-fields",
  defect: "refuses a ticket with fields that it does not know, though it says that it ignores them",
  killedBy: ["VAL-05"],
  of: Reference.ticket,
  change: (plugin) => ({
    ...plugin,
    validate: (credential, charge) =>
      Effect.flatMap(Rereading.steps(plugin).validate(credential, charge), (mandate) => {
        const [body = ""] = (Redacted.value(credential.secret) as string).split("~")
        const names = Object.keys(JSON.parse(Buffer.from(body, "base64url").toString()) as object)
        return names.every((name) => ticketFields.includes(name))
          ? Effect.succeed(mandate)
          : PaymentError.fail(new PaymentError.CredentialMalformed({ detail: "the ticket has unknown fields" }))
      })
  })
})

const lastDuplicateWins = Rereading.ofText(
  "last-duplicate-wins",
  "reads JSON with a parser that takes the last of two fields of one name",
  ["VAL-06"],
  (text) => {
    try {
      return JSON.stringify(JSON.parse(text))
    } catch {
      return text
    }
  }
)

const stripsMark = Rereading.ofText("strips-byte-order-mark", "passes over a byte order mark", ["VAL-06"], (text) =>
  text.replaceAll("\ufeff", "")
)

const replacesBytes = Rereading.ofBytes(
  "replaces-bad-bytes",
  "reads bytes that are no UTF-8 as replacement characters",
  ["VAL-06"],
  (payload) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(payload)
)

const overflows = Mutant.make({
  name: "overflows-on-depth",
  defect: "reads JSON by recursion, however deep it is",
  killedBy: ["VAL-06"],
  change: (plugin) => ({
    ...plugin,
    validate: (credential, charge) => {
      const [payload = ""] = (Redacted.value(credential.secret) as string).split(".")
      return Buffer.from(payload, "base64url").toString().includes("[".repeat(500))
        ? Effect.die(new RangeError("Maximum call stack size exceeded"))
        : plugin.validate(credential, charge)
    }
  })
})

export const mutants: ReadonlyArray<Mutant.Mutant> = [
  ledgerForgets,
  budgetInMinorUnits,
  otherZone,
  spellingMakesMandate,
  otherTextEachTime,
  unwrapsLists,
  numbersAsText,
  nullIsNoEnd,
  ignoresUnknown,
  namesInAnyCase,
  refusesUnknown,
  lastDuplicateWins,
  stripsMark,
  replacesBytes,
  overflows
]
