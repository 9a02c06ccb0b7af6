/** `doctor`: looks at everything that a host needs, and says what to do. */
import * as LedgerFlag from "@paylayer/ledger-cli/LedgerFlag"
import { paint, table, visible } from "@paylayer/ledger-cli/Text"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Finding } from "./Finding.ts"
import { Unwell } from "./Ending.ts"
import { checkAlipay } from "./internal/checkAlipay.ts"
import { checkConfig } from "./internal/checkConfig.ts"
import { checkLedger } from "./internal/checkLedger.ts"
import { checkNode, checkPort } from "./internal/checkMachine.ts"

const Port = Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 65_535 }))

const marks = { ok: "ok", warning: "warning", failed: "FAILED", skipped: "skipped" } as const

const lines = Effect.fnUntraced(function* (findings: ReadonlyArray<Finding>) {
  const { dim, green, red, yellow } = yield* paint
  const colours = { ok: green, warning: yellow, failed: red, skipped: dim }
  const rows = findings.map(({ check, said, verdict }) => [marks[verdict], check, said])
  const [, ...shown] = table([{ name: "" }, { name: "" }, { name: "" }], rows, (text, _, row) => {
    const { verdict } = findings[row]!
    return text.trim() === marks[verdict] ? colours[verdict](text) : text
  })
  return shown.flatMap((line, index) => {
    const { advice } = findings[index]!
    return advice === undefined ? [line] : [line, dim(`         → ${visible(advice)}`)]
  })
})

export const doctor = Command.make(
  "doctor",
  {
    ledger: LedgerFlag.ledger,
    config: Flag.String("config").pipe(
      Flag.withMetavar("FILE"),
      Flag.withDescription("The configuration of a gateway, which is read as serve reads it"),
      Flag.between(0, 1)
    ),
    host: Flag.String("host").pipe(
      Flag.withDescription("The address whose ports are tried"),
      Flag.withDefault("127.0.0.1")
    ),
    ports: Flag.Int("port").pipe(
      Flag.withDescription("A port that must be free; may be repeated"),
      Flag.withSchema(Port),
      Flag.between(0, 16)
    ),
    json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON object"), Flag.withDefault(false))
  },
  Effect.fnUntraced(function* ({ config, host, json, ledger, ports }) {
    const found = yield* Effect.all(
      [
        Effect.succeed([checkNode(process.version)]),
        Effect.map(checkLedger(ledger), (finding) => [finding]),
        checkAlipay,
        Effect.map(Effect.forEach(config, checkConfig), (each) => each.flat()),
        Effect.forEach(ports, (port) => checkPort(host, port), { concurrency: "unbounded" })
      ],
      { concurrency: "unbounded" }
    )
    const findings = found.flat()
    const isWell = findings.every(({ verdict }) => verdict !== "failed")
    if (json) yield* Console.log(JSON.stringify({ ok: isWell, findings }, undefined, 2))
    else for (const line of yield* lines(findings)) yield* Console.log(line)
    if (!isWell) return yield* new Unwell()
  })
).pipe(
  Command.withDescription(
    "Check keys, clock, Alipay's gateway, the ledger, a gateway's configuration and ports, and say what to do; 1 if any failed"
  ),
  Command.withExamples([
    { command: "paylayer doctor --ledger sqlite:ledger.db --port 8700", description: "Before a host is started" }
  ])
)
