// The hosts of this package, each as a real server on loopback.
import * as ExpressHandler from "@paylayer/node/ExpressHandler"
import * as NodeHandler from "@paylayer/node/NodeHandler"
import * as ManagedRuntime from "effect/ManagedRuntime"
import express from "express"
import { createServer, type RequestListener, type ServerResponse } from "node:http"
import { Readable } from "node:stream"
import { text } from "node:stream/consumers"
import type { ReadableStream } from "node:stream/web"
import { type HttpHost, type Setup, stage } from "../../http/test/httpHost.ts"

/** A server on a free port of this machine, and how it is asked. */
export const listening = async (listener: RequestListener) => {
  const server = createServer(listener)
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const { port } = server.address() as { readonly port: number }
  return {
    port,
    fetch: (request: Request) => {
      const { pathname, search } = new URL(request.url)
      return fetch(new Request(`http://127.0.0.1:${port}${pathname}${search}`, request))
    },
    close: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      })
  }
}

/** Writes a fetch response the way plain Node does. */
const write = (response: ServerResponse, made: Response): void => {
  response.writeHead(made.status, Object.fromEntries(made.headers))
  if (made.body === null) response.end()
  else Readable.fromWeb(made.body as ReadableStream).pipe(response)
}

const serving = (name: string, listener: (stage: ReturnType<typeof stageOf>) => RequestListener): HttpHost => ({
  name,
  skips: {
    "a body beyond the bound is 413, whatever its length was said to be":
      "a server takes the announced length for the length; NodeHandler.test.ts asks it with what can be sent"
  },
  serve: async (setup = {}) => {
    const staged = stageOf(setup)
    const { close, fetch } = await listening(listener(staged))
    const dispose = async () => {
      await close()
      await staged.runtime.dispose()
    }
    return { provider: staged.provider, runs: staged.runs, fetch, dispose }
  }
})

const stageOf = (setup: Setup) => {
  const { services, ...rest } = stage(setup)
  return { ...rest, runtime: ManagedRuntime.make(services) }
}

export const node = serving("NodeHandler", ({ handle, options, runtime }) => {
  const paid = NodeHandler.make(
    runtime,
    options
  )(async (request, response) => {
    write(response, await handle(await text(request)))
  })
  return (request, response) => {
    const path = /^\/[ab](?=$|\?)/.exec(request.url ?? "")
    if (path !== null) return paid(request, response)
    response.statusCode = 404
    response.end()
  }
})

export const expressApp = serving("Express", ({ handle, options, runtime }) => {
  const paid = ExpressHandler.make(runtime, options)
  const app = express()
  app.use(express.text({ type: () => true, limit: "2mb" }))
  app.all(
    ["/a", "/b"],
    paid(async (req: express.Request, res: express.Response) => {
      const made = await handle(typeof req.body === "string" ? req.body : "")
      res.status(made.status).set(Object.fromEntries(made.headers))
      if (made.headers.get("content-type") === "text/event-stream")
        Readable.fromWeb(made.body as ReadableStream).pipe(res)
      else res.send(Buffer.from(await made.arrayBuffer()))
    })
  )
  const failed: express.ErrorRequestHandler = (_error, _req, res, _next) => {
    res.status(500).send("failed")
  }
  app.use(failed)
  return app
})

export const hosts = [node, expressApp]
