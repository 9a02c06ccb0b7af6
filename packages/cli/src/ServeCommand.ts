/** `serve`: the gateway of a configuration file, until it is told to end. */
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import * as ConfigFile from "@paylayer/gateway/ConfigFile"
import * as Operation from "@paylayer/gateway/Operation"
import { StripeConfig } from "@paylayer/gateway/StripeConfig"
import * as StripeWebhook from "@paylayer/gateway/StripeWebhook"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Database from "./Database.ts"
import { Misused } from "./Ending.ts"
import * as Behind from "./internal/behind.ts"
import { secret } from "./internal/secret.ts"

const announce = Effect.fnUntraced(function* (host: string) {
  const { address } = yield* HttpServer.HttpServer
  const url = "port" in address ? `http://${host}:${address.port}` : ""
  yield* Console.log(JSON.stringify({ listening: url, proxy: `${url}/api/proxy/`, dashboard: `${url}/dashboard` }))
})

export const serve = Command.make(
  "serve",
  {
    config: Behind.configFile,
    publicUrl: Flag.String("public-url").pipe(
      Flag.withDescription("Where browsers find the gateway, behind a proxy: https://gateway.example"),
      Flag.optional
    ),
    ledger: Database.flag
  },
  Effect.fnUntraced(function* ({ config: file, ledger, publicUrl }) {
    const database = yield* Database.choose(ledger)
    const config = yield* Behind.load(file)
    if (Option.isSome(publicUrl) && !URL.canParse(publicUrl.value)) {
      return yield* new Misused({ sentence: "--public-url is no address; write https://gateway.example" })
    }
    const operatorToken = Option.getOrUndefined(yield* secret("PAYLAYER_OPERATOR_TOKEN"))
    const hears = Option.isSome(yield* secret("STRIPE_WEBHOOK_SECRET"))
    const following = Layer.effectDiscard(Effect.forkScoped(ConfigFile.follow(file, { protocols: Behind.protocols })))
    const serving = Layer.merge(Layer.effectDiscard(announce(config.listen.host)), following).pipe(
      Layer.provide(
        Operation.serve(config, [AlipayTrust], {
          rails: Behind.rails,
          statements: Behind.statements,
          ...(hears && { routes: Layer.provide(StripeWebhook.layer("/webhooks/stripe"), StripeConfig.layer) }),
          ...(operatorToken !== undefined && { operatorToken }),
          ...(Option.isSome(publicUrl) && { publicUrl: new URL(publicUrl.value) })
        })
      ),
      Layer.provide(Layer.provideMerge(AlipayTrust.layer, Behind.alipay)),
      Layer.provide(database)
    )
    return yield* Layer.launch(serving)
  })
).pipe(
  Command.withDescription(
    "Serve the gateway of a configuration file: tools under /api/proxy, health under /health, the dashboard where PAYLAYER_OPERATOR_TOKEN is set"
  ),
  Command.withShortDescription("Serve a gateway: tools that are paid for, their books, the dashboard"),
  Command.withExamples([
    {
      command: "paylayer serve --config gateway.ts --ledger sqlite:paylayer.sqlite",
      description: "With the ALIPAY_… variables set, and PAYLAYER_OPERATOR_TOKEN for the dashboard"
    }
  ])
)
