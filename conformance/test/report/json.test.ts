// JSON reports: read back as they were, described by a schema that is fresh.
import * as Report from "@paylayer/conformance/Report"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { readFileSync } from "node:fs"
import { text } from "../../../scripts/report-schema.ts"
import { hostileReport, mixed, report } from "./samples.ts"

type Json = null | boolean | number | string | ReadonlyArray<Json> | { readonly [name: string]: Json }
type Rule = { readonly [keyword: string]: unknown }

/** The part of JSON Schema that the schema of reports uses; a keyword beyond it is an error. */
const problems = (value: Json, rule: Rule, root: Rule, at = ""): ReadonlyArray<string> => {
  const found: Array<string> = []
  const wrong = (what: string) => found.push(`${at || "/"}: ${what}`)
  const typeOf = Array.isArray(value) ? "array" : value === null ? "null" : typeof value
  for (const [keyword, wanted] of Object.entries(rule)) {
    switch (keyword) {
      case "$ref": {
        const target = (wanted as string).replace("#/$defs/", "")
        found.push(...problems(value, (root["$defs"] as Record<string, Rule>)[target]!, root, at))
        break
      }
      case "type":
        if (wanted === "integer" ? !Number.isInteger(value) : wanted !== typeOf) wrong(`is no ${String(wanted)}`)
        break
      case "enum":
        if (!(wanted as ReadonlyArray<Json>).includes(value)) wrong(`is none of ${String(wanted)}`)
        break
      case "const":
        if (wanted !== value) wrong(`is not ${String(wanted)}`)
        break
      case "required":
        for (const name of wanted as ReadonlyArray<string>)
          if (typeOf === "object" && !(name in (value as object))) wrong(`has no ${name}`)
        break
      case "properties":
        for (const [name, inner] of Object.entries(wanted as Record<string, Rule>)) {
          const member = (value as { readonly [name: string]: Json })[name]
          if (member !== undefined) found.push(...problems(member, inner, root, `${at}/${name}`))
        }
        break
      case "items":
        if (Array.isArray(value))
          value.forEach((item, i) => found.push(...problems(item, wanted as Rule, root, `${at}/${i}`)))
        break
      case "anyOf":
        if (!(wanted as ReadonlyArray<Rule>).some((each) => problems(value, each, root, at).length === 0))
          wrong("fits none")
        break
      case "allOf":
        for (const each of wanted as ReadonlyArray<Rule>) found.push(...problems(value, each, root, at))
        break
      case "minItems":
        if (Array.isArray(value) && value.length < (wanted as number)) wrong("has too few items")
        break
      case "minimum":
        if (typeof value === "number" && value < (wanted as number)) wrong(`is below ${String(wanted)}`)
        break
      case "maximum":
        if (typeof value === "number" && value > (wanted as number)) wrong(`is above ${String(wanted)}`)
        break
      case "minLength":
        if (typeof value === "string" && value.length < (wanted as number)) wrong("is too short")
        break
      case "pattern":
        if (typeof value === "string" && !new RegExp(wanted as string, "u").test(value))
          wrong(`is not ${String(wanted)}`)
        break
      case "additionalProperties":
        if (wanted === true) break
        if (typeof wanted === "object" && wanted !== null)
          for (const [name, member] of Object.entries(value as { readonly [name: string]: Json }))
            found.push(...problems(member, wanted as Rule, root, `${at}/${name}`))
        break
      case "prefixItems":
      case "$schema":
      case "$id":
      case "$defs":
      case "title":
      case "description":
        break
      default:
        throw new Error(`the schema uses ${keyword}, which this test does not know`)
    }
  }
  return found
}

const file = readFileSync(new URL("../../schema/report-1.0.json", import.meta.url), "utf8")
const schema = JSON.parse(file) as Rule
const encode = (value: Report.Report): Json => JSON.parse(Schema.encodeSync(Report.Json)(value))

describe("JSON reports", () => {
  it("have a schema that is fresh: run node scripts/report-schema.ts", () => {
    assert.deepStrictEqual(schema, JSON.parse(text()))
  })

  it("fit the schema", () => {
    for (const each of [report(), mixed, hostileReport])
      assert.deepStrictEqual(problems(encode(each), schema, schema), [])
  })

  it("do not fit it when something is missing or of another kind", () => {
    const { laws: _, ...without } = encode(mixed) as { readonly [name: string]: Json }
    assert.include(problems(without, schema, schema), "/: has no laws")
    assert.isNotEmpty(problems({ ...without, laws: [{ id: 1 }] }, schema, schema))
  })

  it("are read back as they were", () => {
    for (const each of [report(), mixed])
      assert.deepStrictEqual(Schema.decodeUnknownSync(Report.Json)(Schema.encodeSync(Report.Json)(each)), each)
  })
})
