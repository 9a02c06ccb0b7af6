/**
 * The sandbox as a command: `sandbox --port 8800`.
 */
import { onThisThread, SignatureEngine } from "@paylayer/alipay/SignatureEngine"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { AlipaySandbox } from "./AlipaySandbox.ts"
import { startMessage } from "./internal/startMessage.ts"
import { SandboxServer } from "./SandboxServer.ts"

const port = Flag.Int("port").pipe(
  Flag.withDescription("The port on 127.0.0.1; 0 for a free one"),
  Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: 65_535 }))),
  Flag.withDefault(0)
)

const announce = Layer.effectDiscard(Effect.flatMap(SandboxServer, (address) => Console.log(startMessage(address))))

// A process that does little but sign is not helped by other threads: their wake-ups cost a tenth of its throughput.
const onOneThread = Layer.succeed(SignatureEngine, onThisThread)

/** Runs until it is stopped. */
export const sandbox = Command.make("sandbox", { port }, ({ port }) =>
  announce.pipe(
    Layer.provide(SandboxServer.layer({ port })),
    Layer.provide(AlipaySandbox.layer),
    Layer.provide(onOneThread),
    Layer.launch
  )
).pipe(Command.withDescription("Alipay's Open Platform on your own machine"))
