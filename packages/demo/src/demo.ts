/**
 * `pnpm demo`: a sandbox of the Open Platform, a paid API, and an agent that buys. Ends by itself; exit code 0 when every step
 * went as it must and the books are equal.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { AlipayA402 } from "@paylayer/alipay/AlipayA402"
import { AlipayConfig } from "@paylayer/alipay/AlipayConfig"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import * as SandboxConfig from "@paylayer/alipay-sandbox/SandboxConfig"
import { SandboxServer } from "@paylayer/alipay-sandbox/SandboxServer"
import { Paywall } from "@paylayer/core/Paywall"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as ConsentStory from "./ConsentStory.ts"
import * as PaidApi from "./PaidApi.ts"
import * as Story from "./Story.ts"
import * as Table from "./Table.ts"
import * as Totals from "./Totals.ts"

/** Something did not go as it must. */
class DemoFailed extends Data.TaggedError("DemoFailed") {}

const demo = Effect.gen(function* () {
  const { address } = yield* HttpServer.HttpServer
  const api = `http://127.0.0.1:${"port" in address ? address.port : 0}`
  const { url } = yield* SandboxServer
  yield* Console.log(`\nThe Open Platform's sandbox is at ${url}, the paid API at ${api}${PaidApi.path}.\nAn agent …\n`)
  yield* Console.log(Table.heading)
  const failed: Array<string> = []
  const tell = (step: Story.Step) => {
    if (!Story.holds(step)) failed.push(step.title)
    return Console.log(Table.row(step))
  }
  for (const telling of Story.steps(api)) yield* tell(yield* telling)
  for (const step of yield* ConsentStory.steps(api)) yield* tell(step)
  const { moved, settled, equal } = yield* Totals.compare
  yield* Console.log(
    `\nThe provider moved ${moved}, the ledger settled ${settled}: ${equal ? "equal, to the fen" : "NOT EQUAL"}`
  )
  if (failed.length === 0 && equal) return
  yield* Console.error(`\nNot as it must be: ${[...failed, ...(equal ? [] : ["the books"])].join(", ")}`)
  return yield* new DemoFailed()
})

const sandbox = SandboxServer.layer().pipe(Layer.provideMerge(AlipaySandbox.layer))
/** An impatient merchant, so that a hanging provider does not hold the story up for long. */
const impatient = Layer.effect(
  AlipayConfig,
  Effect.map(AlipayConfig, (config) => ({ ...config, timeout: Duration.seconds(1) }))
).pipe(Layer.provide(SandboxConfig.layerServer))
const alipay = Layer.mergeAll(AlipayTrust.layer, AlipayA402.layer).pipe(
  Layer.provide(OpenPlatform.layer),
  Layer.provide(impatient),
  Layer.provide(SandboxConfig.layerA402)
)
const paywall = Paywall.layer([AlipayTrust, AlipayA402])

/** A ledger in a file of its own, which is gone after the story. */
const ledger = FileSystem.FileSystem.use((files) => files.makeTempDirectoryScoped({ prefix: "paylayer-demo-" })).pipe(
  Effect.map((folder) => SqliteLedger.layer({ filename: `${folder}/ledger.sqlite` })),
  Layer.unwrap,
  Layer.provide(NodeFileSystem.layer)
)

demo.pipe(
  Effect.provide(
    PaidApi.layer(0, paywall).pipe(
      Layer.provide(alipay),
      Layer.provideMerge(Layer.mergeAll(sandbox, NodeHttpClient.layerUndici, ledger))
    )
  ),
  // The story is told by the table; what the operator would read in the log is left out.
  Effect.provideService(References.MinimumLogLevel, "None"),
  NodeRuntime.runMain
)
