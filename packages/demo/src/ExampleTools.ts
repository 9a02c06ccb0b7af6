/**
 * Two tools as a developer would have them, on a port of this machine: they know nothing of payment. The gateway sells them.
 *
 * `POST /market-research` costs the same each time; `POST /keywords` is paid by the words that it was given.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Context from "effect/Context"
import * as Http from "node:http"
import * as MarketResearch from "./MarketResearch.ts"

/** Where they are. */
export class ExampleTools extends Context.Service<ExampleTools, { readonly url: string }>()(
  "@paylayer/demo/ExampleTools"
) {}

const Text = Schema.Struct({ text: Schema.NonEmptyString })

/** The five most frequent words of four letters and more. */
const frequent = (words: ReadonlyArray<string>): ReadonlyArray<string> => {
  const counts = new Map<string, number>()
  for (const word of words) if (word.length > 3) counts.set(word, (counts.get(word) ?? 0) + 1)
  return [...counts]
    .toSorted(([a, one], [b, other]) => other - one || a.localeCompare(b))
    .slice(0, 5)
    .map(([word]) => word)
}

/** Answers `{ "text": … }` with its keywords, and how many words there were. */
const keywords = HttpServerRequest.schemaBodyJson(Text).pipe(
  Effect.map(({ text }) => {
    const words = text.toLowerCase().match(/\p{L}+/gu) ?? []
    return HttpServerResponse.jsonUnsafe({ keywords: frequent(words), words: words.length })
  }),
  Effect.catchTag(["SchemaError", "HttpServerError"], () =>
    Effect.succeed(HttpServerResponse.jsonUnsafe({ error: 'ask with {"text": "…"}' }, { status: 400 }))
  )
)

const routes = Layer.mergeAll(
  HttpRouter.add("POST", "/market-research", MarketResearch.report),
  HttpRouter.add("POST", "/keywords", keywords)
)

export const layer = Layer.effect(
  ExampleTools,
  Effect.map(HttpServer.HttpServer, ({ address }) => ({
    url: `http://127.0.0.1:${"port" in address ? address.port : 0}`
  }))
).pipe(
  Layer.provideMerge(HttpRouter.serve(routes, { disableLogger: true, disableListenLog: true })),
  Layer.provide(
    NodeHttpServer.layer(() => Http.createServer(), { host: "127.0.0.1", port: 0, gracefulShutdownTimeout: 200 })
  )
)
