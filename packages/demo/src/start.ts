/**
 * `pnpm start`: keeps the sandbox of the Open Platform (`SANDBOX_PORT`, 8800) and the paid API (`PORT`, 8700) running, and prints a
 * `curl` line with a fresh token.
 * The ledger is the SQLite file `LEDGER_FILE` (paylayer.sqlite): what was charged is known again after a restart.
 *
 * With any of `ALIPAY_APP_ID`, `ALIPAY_PRIVATE_KEY` and `ALIPAY_PUBLIC_KEY` set it starts no sandbox: the API then takes tokens that Alipay verifies, or does not start at all.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import * as SandboxConfig from "@paylayer/alipay-sandbox/SandboxConfig"
import { SandboxServer } from "@paylayer/alipay-sandbox/SandboxServer"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import { Paywall } from "@paylayer/core/Paywall"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as PaidApi from "./PaidApi.ts"

const PortNumber = Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 }))

/** A port from the environment; 0 is any free one. */
const port = (name: string, otherwise: number) =>
  Config.schema(Schema.NumberFromString.pipe(Schema.decodeTo(PortNumber)), name).pipe(Config.withDefault(otherwise))

const url = Effect.map(
  HttpServer.HttpServer,
  ({ address }) => `http://127.0.0.1:${"port" in address ? address.port : 0}${PaidApi.path}`
)

const ledgerFile = Config.String("LEDGER_FILE").pipe(Config.withDefault("paylayer.sqlite"))

const ledger = Layer.unwrap(Effect.map(ledgerFile, (filename) => SqliteLedger.layer({ filename })))

const curl = (api: string, token: string) => `curl -i ${api} \\
  -H 'x-alipay-agent-token: ${token}' \\
  -H 'content-type: application/json' \\
  -d '{"market":"consumer-electronics","region":"asia-pacific"}'`

const announceSandbox = Effect.gen(function* () {
  const api = yield* url
  const { url: platform } = yield* SandboxServer
  const file = yield* ledgerFile
  const { token } = yield* AlipaySandbox.use((platform) =>
    platform.issue({ validity_end_time: "2099-01-01T00:00:00Z" })
  ).pipe(Effect.orDie)
  yield* Console.log(`
The paid API is at ${api}
The Open Platform's sandbox is at ${platform} (tokens, movements, faults: ${platform}/sandbox)
The wallet, where a principal answers agents, suspends and revokes, is at ${platform}/wallet
The ledger is the file ${file}

Paste this; each call costs CNY 1.10 of a budget of 10000:

${curl(api, Redacted.value(token))}

Without the token it answers 402 and says how it can be paid for. Ctrl-C stops both.
`)
})

const announceLive = Effect.gen(function* () {
  yield* Console.log(`
The paid API is at ${yield* url}
The ledger is the file ${yield* ledgerFile}
Agent tokens are verified and charged with Alipay. Ctrl-C stops it.
`)
})

const paywall = Paywall.layer([AlipayTrust])

const sandbox = (apiPort: number, sandboxPort: number) =>
  Layer.effectDiscard(announceSandbox).pipe(
    Layer.provide(PaidApi.layer(apiPort, paywall)),
    Layer.provide(AlipayTrust.layer.pipe(Layer.provide(OpenPlatform.layer), Layer.provide(SandboxConfig.layerServer))),
    Layer.provide(SandboxServer.layer({ port: sandboxPort })),
    Layer.provide(AlipaySandbox.layer)
  )

const live = (apiPort: number) =>
  Layer.effectDiscard(announceLive).pipe(
    Layer.provide(PaidApi.layer(apiPort, paywall)),
    Layer.provide(AlipayTrust.layerConfig)
  )

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
    const apiPort = yield* port("PORT", 8700)
    if (yield* hasCredentials) return live(apiPort)
    return sandbox(apiPort, yield* port("SANDBOX_PORT", 8800))
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
  Layer.provide([NodeHttpClient.layerUndici, NodeFileSystem.layer, ledger]),
  Layer.launch,
  Effect.catch(failed),
  NodeRuntime.runMain
)
