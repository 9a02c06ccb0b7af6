// Writes `packages/gateway/schema/gateway-1.0.json` from the schema of configurations; format it afterwards. A test says whether it
// is fresh.
import { mkdirSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { jsonSchema } from "../packages/gateway/src/GatewayConfig.ts"
import { root } from "./compiler.ts"

const file = join(root, "packages/gateway/schema/gateway-1.0.json")

/** The text of the file. */
export const text = (): string => `${JSON.stringify(jsonSchema(), null, 2)}\n`

if (import.meta.main) {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text())
}
