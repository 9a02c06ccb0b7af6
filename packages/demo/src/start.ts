/**
 * `pnpm start`: keeps a gateway (`PORT`, 8700) running that sells two example tools, with its dashboard, and the sandbox of the Open
 * Platform (`SANDBOX_PORT`, 8800). Prints the addresses, and a `curl` line with a fresh token.
 *
 * Ledger and books are in the SQLite file `LEDGER_FILE` (paylayer.sqlite): what was charged is known again after a restart. Operators
 * sign in with `OPERATOR_TOKEN`, or with one that is made and printed.
 *
 * With any of `ALIPAY_APP_ID`, `ALIPAY_PRIVATE_KEY` and `ALIPAY_PUBLIC_KEY` set it starts no sandbox: the gateway then takes tokens that Alipay
 * verifies, or does not start at all.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { AlipayConfig } from "@paylayer/alipay/AlipayConfig"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import { SandboxServer } from "@paylayer/alipay-sandbox/SandboxServer"
import { Ledger } from "@paylayer/core/Ledger"
import * as AlipayRail from "@paylayer/gateway/AlipayRail"
import * as Operation from "@paylayer/gateway/Operation"
import * as SqliteClient from "@paylayer/ledger-sqlite/SqliteClient"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as ExampleGateway from "./ExampleGateway.ts"
import * as ExampleTools from "./ExampleTools.ts"
import * as Providers from "./Providers.ts"

const PortNumber = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 }))

/** A port from the environment; 0 is any free one. */
const port = (name: string, otherwise: number) =>
  Config.schema(Schema.NumberFromString.pipe(Schema.decodeTo(PortNumber)), name).pipe(Config.withDefault(otherwise))

const base = Effect.map(
  HttpServer.HttpServer,
  ({ address }) => `http://127.0.0.1:${"port" in address ? address.port : 0}`
)

const ledgerFile = Config.String("LEDGER_FILE").pipe(Config.withDefault("paylayer.sqlite"))

const database = Layer.unwrap(
  Effect.map(ledgerFile, (filename) =>
    Layer.provideMerge(SqliteClient.layer({ filename, busyTimeout: "5 millis" }), SqliteLedger.layer({ filename }))
  )
)

const operatorToken = Effect.gen(function* () {
  const given = yield* Config.option(Config.Redacted("OPERATOR_TOKEN"))
  return Option.getOrElse(given, () => Redacted.make(SecureRandom.uuidV4Unsafe()))
})

const curl = (url: string, token: string, body: string) => `curl -i ${url} \\
  -H 'x-alipay-agent-token: ${token}' \\
  -H 'content-type: application/json' \\
  -d '${body}'`

const gatewayLines = Effect.fnUntraced(function* (operator: Redacted.Redacted) {
  const gateway = yield* base
  return `The gateway sells ${gateway}${ExampleGateway.path} and ${gateway}${ExampleGateway.meteredPath}
The dashboard is at ${gateway}/dashboard; its operator token is ${Redacted.value(operator)}
Ledger and books are in the file ${yield* ledgerFile}`
})

const announceSandbox = Effect.fnUntraced(function* (operator: Redacted.Redacted) {
  const gateway = yield* base
  const { url: platform } = yield* SandboxServer
  const { token } = yield* AlipaySandbox.use((platform) =>
    platform.issue({ validity_end_time: "2099-01-01T00:00:00Z" })
  ).pipe(Effect.orDie)
  const text = Redacted.value(token)
  yield* Console.log(`
${yield* gatewayLines(operator)}
The Open Platform's sandbox is at ${platform} (tokens, movements, faults: ${platform}/sandbox)
The wallet, where a principal answers agents, suspends and revokes, is at ${platform}/wallet

Paste this; each call costs CNY 1.10 of a budget of 10000:

${curl(gateway + ExampleGateway.path, text, '{"market":"consumer-electronics","region":"asia-pacific"}')}

Without the token it answers 402 and says how it can be paid for. The other tool is paid by the word, CNY 0.0004 each:

${curl(gateway + ExampleGateway.meteredPath, text, '{"text":"agents pay for tools and tools pay developers"}')}

Ctrl-C stops both.
`)
})

const announceLive = Effect.fnUntraced(function* (operator: Redacted.Redacted) {
  yield* Console.log(`
${yield* gatewayLines(operator)}
Agent tokens are verified and charged with Alipay. Ctrl-C stops it.
`)
})

const protocols = [AlipayTrust] as const

const sandbox = (gatewayPort: number, sandboxPort: number, operator: Redacted.Redacted) =>
  Layer.effectDiscard(announceSandbox(operator)).pipe(
    Layer.provide(
      Layer.unwrap(
        Effect.map(ExampleGateway.config(gatewayPort), (config) =>
          Operation.serve(config, protocols, { operatorToken: operator, rails: Providers.rails })
        )
      )
    ),
    Layer.provide(AlipayTrust.layer),
    Layer.provide([Providers.alipay, Providers.payouts]),
    Layer.provide(Providers.alipaySandbox(sandboxPort))
  )

const live = (gatewayPort: number, operator: Redacted.Redacted) => {
  const rails = Effect.flatMap(Ledger, (ledger) => Effect.map(AlipayRail.make(ledger), (rail) => [rail]))
  return Layer.effectDiscard(announceLive(operator)).pipe(
    Layer.provide(
      Layer.unwrap(
        Effect.map(ExampleGateway.config(gatewayPort), (config) =>
          Operation.serve(config, protocols, { operatorToken: operator, rails })
        )
      )
    ),
    Layer.provide(
      AlipayTrust.layer.pipe(Layer.provideMerge(OpenPlatform.layer), Layer.provideMerge(AlipayConfig.layer))
    )
  )
}

const credentials = ["ALIPAY_APP_ID", "ALIPAY_PRIVATE_KEY", "ALIPAY_PUBLIC_KEY"].flatMap((name) => [
  name,
  `${name}_FILE`
])

/** Half a set of credentials is a mistake to report, not a reason to start the sandbox. */
const hasCredentials = Effect.forEach(credentials, (name) => Config.option(Config.String(name))).pipe(
  Effect.map((values) => values.some(Option.isSome))
)

const started = Layer.unwrap(
  Effect.gen(function* () {
    const gatewayPort = yield* port("PORT", 8700)
    const operator = yield* operatorToken
    if (yield* hasCredentials) return live(gatewayPort, operator)
    return sandbox(gatewayPort, yield* port("SANDBOX_PORT", 8800), operator)
  })
)

/** What went wrong, for somebody who wants to start it and not to read a stack. */
const explain = (error: { readonly _tag: string; readonly message: string; readonly cause?: unknown }): string => {
  const { cause } = error
  return error._tag === "ServeError" && cause instanceof Error
    ? `${cause.message}. Set PORT and SANDBOX_PORT to ports that are free, or to 0 for any.`
    : error.message
}

const failed = Effect.fnUntraced(function* (error: Parameters<typeof explain>[0]) {
  yield* Console.error(`\nNot started: ${explain(error)}\n`)
  yield* Effect.sync(() => {
    process.exitCode = 1
  })
})

started.pipe(
  Layer.provide(ExampleTools.layer),
  Layer.provide([NodeHttpClient.layerUndici, NodeFileSystem.layer, database]),
  Layer.launch,
  Effect.catch(failed),
  NodeRuntime.runMain
)
