/**
 * `pnpm demo`: a sandbox of the Open Platform, a gateway that sells a tool, an agent that buys, and a payout to the tool's
 * developer. Ends by itself; exit code 0 when every step went as it must and the books are equal.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { AlipayA402 } from "@paylayer/alipay/AlipayA402"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import * as SandboxConfig from "@paylayer/alipay-sandbox/SandboxConfig"
import { SandboxServer } from "@paylayer/alipay-sandbox/SandboxServer"
import * as Operation from "@paylayer/gateway/Operation"
import * as SqliteClient from "@paylayer/ledger-sqlite/SqliteClient"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as References from "effect/References"
import * as ConsentStory from "./ConsentStory.ts"
import * as ExampleGateway from "./ExampleGateway.ts"
import * as ExampleTools from "./ExampleTools.ts"
import * as Providers from "./Providers.ts"
import * as Settlement from "./Settlement.ts"
import * as Story from "./Story.ts"
import * as Table from "./Table.ts"
import * as Totals from "./Totals.ts"

/** Something did not go as it must. */
class DemoFailed extends Data.TaggedError("DemoFailed") {}

const demo = Effect.gen(function* () {
  const { address } = yield* HttpServer.HttpServer
  const api = `http://127.0.0.1:${"port" in address ? address.port : 0}`
  const { url } = yield* SandboxServer
  yield* Console.log(
    `\nThe Open Platform's sandbox is at ${url}, the gateway sells ${api}${ExampleGateway.path}.\nAn agent …\n`
  )
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
  const { addsUp, lines, transfers } = yield* Settlement.settle
  yield* Console.log(`\nThe developer is paid out over Stripe Connect:\n${lines.join("\n")}`)
  yield* Console.log(`${transfers} payouts, booked twice over: ${addsUp ? "they add up" : "THEY DO NOT ADD UP"}`)
  if (failed.length === 0 && equal && addsUp) return
  const wrong = [...failed, ...(equal ? [] : ["the books"]), ...(addsUp ? [] : ["the payouts"])]
  yield* Console.error(`\nNot as it must be: ${wrong.join(", ")}`)
  return yield* new DemoFailed()
})

const alipay = Layer.mergeAll(AlipayTrust.layer, AlipayA402.layer).pipe(
  Layer.provideMerge(Providers.alipay),
  Layer.provide(SandboxConfig.layerA402)
)

const gateway = Layer.unwrap(
  Effect.map(ExampleGateway.config(0), (config) =>
    Operation.serve(config, [AlipayTrust, AlipayA402], { rails: Providers.rails })
  )
)

/** Ledger and books in a file of its own, which is gone after the story. */
const ledger = FileSystem.FileSystem.use((files) => files.makeTempDirectoryScoped({ prefix: "paylayer-demo-" })).pipe(
  Effect.map((folder) => {
    const filename = `${folder}/ledger.sqlite`
    return Layer.provideMerge(
      SqliteClient.layer({ filename, busyTimeout: "5 millis" }),
      SqliteLedger.layer({ filename })
    )
  }),
  Layer.unwrap,
  Layer.provide(NodeFileSystem.layer)
)

demo.pipe(
  Effect.provide(
    gateway.pipe(
      Layer.provide(alipay),
      Layer.provideMerge(Providers.payouts),
      Layer.provide(ExampleTools.layer),
      Layer.provideMerge(Layer.mergeAll(Providers.alipaySandbox(0), NodeHttpClient.layerUndici, ledger))
    )
  ),
  // The story is told by the table; what the operator would read in the log is left out.
  Effect.provideService(References.MinimumLogLevel, "None"),
  NodeRuntime.runMain
)
