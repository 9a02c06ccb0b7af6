// Writes `conformance/schema/report-1.0.json` from the schema of reports; format it afterwards. A test says whether it is fresh.
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { reportSchema } from "../conformance/src/report/ReportSchema.ts"
import { root } from "./compiler.ts"

const file = join(root, "conformance/schema/report-1.0.json")

/** The text of the file. */
export const text = (): string => `${JSON.stringify(reportSchema(), null, 2)}\n`

if (import.meta.main) writeFileSync(file, text())
