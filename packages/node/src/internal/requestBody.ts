/**
 * The body of a Node request, read before the handler runs and given back to it.
 *
 * A body that nobody has read is read and put back in front of the stream, so that the handler reads it in whichever way it
 * likes. One that a parser has read already (`express.json()`) is taken from where the parser left it.
 */
import * as HostAdapter from "@paylayer/http/HostAdapter"
import type * as ByteSize from "effect/ByteSize"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type { IncomingMessage } from "node:http"

/** A parser has read the body and left nothing to bind the payment to. */
export class BodyLost extends Error {
  override readonly name = "BodyLost"
  constructor() {
    super(
      "the body was read before the paid handler and is neither in req.body nor in req.rawBody, so it cannot be told what is " +
        "paid for: read it in the handler, or keep it with express.json(), express.text() or express.raw()"
    )
  }
}

/** HTTP/1.1 announces a body by one of two headers (RFC 9112, 6.3). */
const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0

/** What a parser made of the body: its bytes where it kept them, else JSON of what the handler will see. */
const parsed = (request: IncomingMessage): Uint8Array | undefined => {
  const { body, rawBody } = request as { readonly body?: unknown; readonly rawBody?: unknown }
  if (Predicate.isUint8Array(rawBody)) return rawBody
  if (Predicate.isUint8Array(body)) return body
  if (typeof body === "string") return new TextEncoder().encode(body)
  return body === undefined ? undefined : new TextEncoder().encode(JSON.stringify(body))
}

/**
 * Reads to the end and puts everything back: what comes after the last byte is only told when the stream is found empty on
 * the next turn, and by then it is not.
 */
const readAndUnread = (request: IncomingMessage, most: number) =>
  Effect.callback<Uint8Array, "too large" | "broken">((resume) => {
    const chunks: Array<Uint8Array> = []
    let size = 0
    const done = (result: Effect.Effect<Uint8Array, "too large" | "broken">) => {
      request.off("readable", onReadable)
      request.off("error", onBroken)
      request.off("close", onBroken)
      resume(result)
    }
    const onBroken = () => done(Effect.fail("broken"))
    const onReadable = () => {
      for (let chunk: Buffer | null; (chunk = request.read() as Buffer | null) !== null;) {
        chunks.push(chunk)
        size += chunk.length
        if (size > most) return done(Effect.fail("too large"))
      }
      if (!request.complete) return
      const bytes = Buffer.concat(chunks, size)
      if (size > 0) request.unshift(bytes)
      done(Effect.succeed(bytes))
    }
    request.on("readable", onReadable).on("error", onBroken).on("close", onBroken)
    return Effect.sync(() => done(Effect.interrupt))
  })

/** The body, up to a bound. What is announced as larger is not read at all. */
export const requestBody = (request: IncomingMessage, limit: ByteSize.ByteSize): HostAdapter.Incoming["body"] =>
  Effect.suspend(() => {
    if (!hasBody(request)) return Effect.succeed(new Uint8Array())
    const refused = () => HostAdapter.tooLarge(`the body is larger than ${limit} bytes`)
    const most = Number(limit)
    if (Number(request.headers["content-length"] ?? 0) > most) return Effect.fail(refused())
    if (request.readableDidRead) {
      const bytes = parsed(request)
      if (bytes === undefined) return Effect.die(new BodyLost())
      return bytes.length > most ? Effect.fail(refused()) : Effect.succeed(bytes)
    }
    return readAndUnread(request, most).pipe(
      Effect.mapError((why) => (why === "too large" ? refused() : new HostAdapter.Unreadable()))
    )
  })
