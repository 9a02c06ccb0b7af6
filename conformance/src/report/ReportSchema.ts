/**
 * The JSON Schema of JSON reports, as it is published under `schema/report-1.0.json`.
 */
import * as Schema from "effect/Schema"
import { Report } from "../Report.ts"

/** JSON Schema 2020-12. */
export const reportSchema = (): Schema.JsonObject => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(Schema.toCodecJson(Report))
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "urn:paylayer:conformance:report:1.0",
    title: "Conformance report of a payment protocol",
    ...(schema as Schema.JsonObject),
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions as unknown as Schema.JsonObject })
  }
}
