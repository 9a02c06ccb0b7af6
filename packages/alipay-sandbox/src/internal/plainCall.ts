/**
 * A plain call of the gateway, answered straight from Node's request: a form of known length, posted to this machine. Routes, streams
 * and middleware would cost more than all else that such a call needs, but for its signature. The call itself is the same.
 *
 * What is not plain is not taken here. It goes the way of every other request, where it is refused or read with more care.
 */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Stream from "effect/Stream"
import type * as Http from "node:http"
import { AlipaySandbox } from "../AlipaySandbox.ts"
import * as Loopback from "./loopback.ts"
import * as RequestBody from "./requestBody.ts"

const path = "/gateway.do"

const isPlain = ({ headers, method, url = "" }: Http.IncomingMessage): boolean => {
  const { "content-length": length = "", host } = headers
  const bare = url.startsWith(path) && (url.length === path.length || url[path.length] === "?")
  return (
    bare &&
    method === "POST" &&
    /^\d{1,9}$/.test(length) &&
    Number(length) <= RequestBody.limit &&
    Loopback.isLoopback(host)
  )
}

/** Its text, once it is all there. Whoever hangs up before is not answered. */
const onText = (request: Http.IncomingMessage, then: (text: string) => void): void => {
  const chunks: Array<Buffer> = []
  request
    .on("data", (chunk: Buffer) => void chunks.push(chunk))
    .on("end", () => then((chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString()))
}

const write = (response: Http.ServerResponse, { body, headers, status }: HttpServerResponse): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (response.destroyed) return Effect.void
    response.writeHead(status, headers)
    if (body._tag !== "Stream") {
      response.end(body._tag === "Uint8Array" ? (body.text ?? body.body) : undefined)
      return Effect.void
    }
    return Effect.matchCause(
      Stream.runForEach(body.stream, (chunk) => Effect.sync(() => void response.write(chunk))),
      { onFailure: () => void response.destroy(), onSuccess: () => void response.end() }
    )
  })

/** Takes a request, or says that it is not plain. A call whose caller goes away is interrupted, and so are all when the scope ends. */
export const make = Effect.gen(function* () {
  const sandbox = yield* AlipaySandbox
  const scope = yield* Effect.scope
  const run = Effect.runForkWith(yield* Effect.context<never>())

  const call = (request: Http.IncomingMessage, response: Http.ServerResponse, form: string): void => {
    const query = request.url!.slice(path.length + 1)
    const answered = Effect.flatMap(sandbox.gateway(query, form, `http://${request.headers.host}`), (answer) =>
      write(response, answer)
    )
    const fiber = run(answered)
    // What a fault asks for cannot be said in HTTP, so it is done to the socket.
    fiber.addObserver((exit) => void (Exit.isFailure(exit) && request.socket.resetAndDestroy()))
    if (fiber.pollUnsafe() !== undefined) return
    Fiber.runIn(fiber, scope)
    response.on("close", () => void (response.writableEnded || fiber.interruptUnsafe()))
  }

  return (request: Http.IncomingMessage, response: Http.ServerResponse): boolean => {
    const plain = isPlain(request)
    if (plain) onText(request, (form) => call(request, response, form))
    return plain
  }
})
