// One server of `pnpm bench:gateway`, in a process of its own: `gatewayServer.ts <which> [port of the tool]` tells its port, and then its
// CPU time whenever it is asked.
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import { serve } from "@paylayer/gateway/Gateway"
import * as GatewayConfig from "@paylayer/gateway/GatewayConfig"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import * as Effect from "effect/Effect"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { once } from "node:events"
import { mkdtempSync, rmSync } from "node:fs"
import { Agent, createServer, request as httpRequest, type Server } from "node:http"
import type { AddressInfo } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { text } from "node:stream/consumers"
import * as MockPay from "./MockPay.ts"

const [which = "", tool = ""] = process.argv.slice(2)

const listening = async (server: Server): Promise<number> => {
  await once(server.listen(0, "127.0.0.1"), "listening")
  return (server.address() as AddressInfo).port
}

/** What is behind the proxies: reads the body, answers a little JSON. */
const upstream = () =>
  listening(
    createServer(async (request, response) => {
      const asked = JSON.parse(await text(request))
      response.setHeader("content-type", "application/json")
      response.end(JSON.stringify({ asked, trend: "growing" }))
    })
  )

/** A reverse proxy as one writes it with node:http: connections kept open, bodies piped. */
const plain = () => {
  const agent = new Agent({ keepAlive: true, maxSockets: 256 })
  return listening(
    createServer((request, response) => {
      const forwarded = httpRequest(
        {
          host: "127.0.0.1",
          port: Number(tool),
          path: request.url,
          method: request.method,
          headers: { ...request.headers, host: `127.0.0.1:${tool}` },
          agent
        },
        (answer) => {
          response.writeHead(answer.statusCode ?? 502, answer.headers)
          answer.pipe(response)
        }
      )
      forwarded.on("error", () => response.writeHead(502).end())
      request.pipe(forwarded)
    })
  )
}

const gateway = async (price: "free" | { readonly CNY: string }, ledger: Layer.Layer<never, unknown> | object) => {
  const config = await Effect.runPromise(
    GatewayConfig.read({
      listen: { port: 0 },
      developers: [{ id: "acme", name: "ACME" }],
      tools: [
        {
          slug: "tool",
          developer: "acme",
          upstream: { url: `http://127.0.0.1:${tool}`, allowPrivate: true, concurrency: 256 },
          price
        }
      ]
    })
  )
  const server = serve(config, [MockPay.MockPay]).pipe(
    Layer.provide([MockPay.MockPay.layer, ledger as typeof LedgerMemory.layer])
  )
  const { address } = await ManagedRuntime.make(server).runPromise(HttpServer.HttpServer)
  return "port" in address ? address.port : 0
}

const servers: Readonly<Record<string, () => Promise<number>>> = {
  upstream,
  plain,
  free: () => gateway("free", LedgerMemory.layerSilent),
  paid: () => {
    const directory = mkdtempSync(join(tmpdir(), "bench-gateway-"))
    process.on("exit", () => rmSync(directory, { recursive: true, force: true }))
    return gateway({ CNY: "1.10" }, SqliteLedger.layer({ filename: join(directory, "ledger.sqlite") }))
  },
  "paid-memory": () => gateway({ CNY: "1.10" }, LedgerMemory.layerSilent)
}

const port = await servers[which]!()
process.on("message", () => {
  const { system, user } = process.cpuUsage()
  process.send?.((system + user) / 1e6)
})
process.on("disconnect", () => process.exit())
process.send?.(port)
