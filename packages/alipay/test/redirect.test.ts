/** A signed form goes to the gateway and nowhere else, whatever the gateway's address answers. */
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Http from "node:http"
import type { AddressInfo } from "node:net"
import { AlipayConfig } from "../src/AlipayConfig.ts"
import { OpenPlatform } from "../src/OpenPlatform.ts"
import { config } from "./gateway.ts"

const server = (listener: Http.RequestListener) =>
  Effect.acquireRelease(
    Effect.callback<Http.Server>((resume) => {
      const server = Http.createServer(listener).listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => void server.close())
  ).pipe(Effect.map((server) => `http://127.0.0.1:${(server.address() as AddressInfo).port}`))

it.live("a redirect is not followed, and is no answer", () =>
  Effect.gen(function* () {
    const stolen: Array<string> = []
    const thief = yield* server((request, response) => {
      stolen.push(`${request.method} ${request.url}`)
      response.end("{}")
    })
    for (const status of [301, 302, 303, 307, 308]) {
      const gateway = yield* server((_, response) => {
        response.writeHead(status, { location: `${thief}/gateway.do` }).end()
      })
      const layer = OpenPlatform.layer.pipe(
        Layer.provide(FetchHttpClient.layer),
        Layer.provide(Layer.succeed(AlipayConfig, { ...config, gateway: `${gateway}/gateway.do` }))
      )
      const error = yield* OpenPlatform.use((platform) => platform.execute("alipay.trade.query", {})).pipe(
        Effect.flip,
        // What a host sets for its own requests changes nothing.
        Effect.provideService(FetchHttpClient.RequestInit, { redirect: "follow" }),
        Effect.provide(layer)
      )
      assert.deepStrictEqual([error.reason._tag, error.outcome], ["HttpStatus", "unknown"])
    }
    assert.deepStrictEqual(stolen, [])
  })
)
