// The example of every HTTP host, run: unpaid it is 402, paid with a token of the sandbox it answers with a receipt.
import { mkdtempSync, rmSync } from "node:fs"
import type { RequestListener } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { Paywall } from "@paylayer/core/Paywall"
import { init, type Paid } from "@paylayer/init/Init"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import { listening } from "../../packages/node/test/hosts.ts"
import * as EffectExample from "./effect.ts"
import * as ExpressExample from "./express.ts"
import * as FetchExample from "./fetch.ts"
import * as HonoExample from "./hono.ts"
import * as HttpApiExample from "./httpapi.ts"
import * as NextExample from "./next.ts"
import * as NodeExample from "./node.ts"

type Asked = (request: Request) => Promise<Response>

const folder = mkdtempSync(join(tmpdir(), "paylayer-examples-"))
const closing: Array<() => unknown> = []
let paid: Paid

beforeAll(async () => {
  paid = await init({
    tool: "market-research",
    pricing: { CNY: "1.10", USD: "0.15" },
    sandbox: true,
    env: {},
    ledger: join(folder, "ledger.sqlite")
  })
})
afterAll(async () => {
  for (const close of closing) await close()
  await paid.close()
  rmSync(folder, { recursive: true })
})

const listened = async (listener: RequestListener): Promise<Asked> => {
  const { close, fetch } = await listening(listener)
  closing.push(close)
  return fetch
}

/** The paywall of `init`, for the hosts that are Effect's own. */
const paywall = () =>
  Layer.effect(
    Paywall,
    Effect.promise(() => paid.runtime.runPromise(Paywall))
  )

const routed = ({ dispose, handler }: { readonly dispose: () => Promise<void>; readonly handler: Asked }): Asked => {
  closing.push(dispose)
  return handler
}

const examples: Readonly<Record<string, () => Promise<Asked> | Asked>> = {
  effect: () => routed(HttpRouter.toWebHandler(EffectExample.routes(paywall()), { disableLogger: true })),
  httpapi: () => {
    const routes = HttpApiExample.routes(paywall()).pipe(Layer.provide(HttpServer.layerServices))
    return routed(HttpRouter.toWebHandler(routes, { disableLogger: true }))
  },
  fetch: () => FetchExample.fetch(paid),
  hono: () => {
    const app = HonoExample.app(paid)
    return async (request) => app.fetch(request)
  },
  next: () => (request) => NextExample.route(paid)(request, { params: Promise.resolve({ market: "tea" }) }),
  express: () => listened(ExpressExample.app(paid)),
  node: () => listened((request, response) => void NodeExample.server(paid).emit("request", request, response))
}

const ask = (token?: string) =>
  new Request("http://localhost/report", {
    method: "POST",
    headers: { "content-type": "application/json", ...(token === undefined ? {} : { "x-alipay-agent-token": token }) },
    body: JSON.stringify({ market: "tea" })
  })

describe("an example", () => {
  for (const [name, serve] of Object.entries(examples)) {
    it(`sells: ${name}`, async () => {
      const asked = await serve()
      const unpaid = await asked(ask())
      assert.deepStrictEqual([unpaid.status, unpaid.headers.get("content-type")], [402, "application/problem+json"])
      const answered = await asked(ask(await paid.sandbox?.token()))
      assert.strictEqual(answered.status, 200)
      assert.isNotNull(answered.headers.get("payment-receipt"))
      assert.deepInclude(await answered.json(), { asked: { market: "tea" } })
    })
  }
})
