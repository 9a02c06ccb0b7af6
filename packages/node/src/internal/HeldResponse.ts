/**
 * A `ServerResponse` that sends nothing until it is released: what the handler writes is held, in whichever way it writes
 * (`res.end`, `res.write`, a pipe, and everything that Express builds on them).
 *
 * The held methods are put over the response's own, whatever middleware did to those before, and are taken off again when
 * the money is settled; so a middleware that compresses or counts still sees what is really sent.
 */
import { largestKept } from "@paylayer/http/HostAdapter"
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { OutgoingHttpHeaders, ServerResponse } from "node:http"

type Written = (error?: Error | null) => void
type Chunk = string | Uint8Array

/** A body that ends within a few turns of the event loop is whole; any other is a stream. */
const moment = "50 millis"

const held = ["writeHead", "write", "end", "flushHeaders", "writeEarlyHints"] as const
const fixed = ["setHeader", "setHeaders", "appendHeader", "removeHeader"] as const

/** As Node says it when headers change too late. */
class HeadersSent extends Error {
  readonly code = "ERR_HTTP_HEADERS_SENT"
  constructor() {
    super("Cannot change headers after the handler has sent its answer")
  }
}

const bytesOf = (chunk: Chunk, encoding: unknown): Uint8Array =>
  typeof chunk === "string"
    ? Buffer.from(chunk, typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8")
    : chunk

/** The callback, wherever it was put. */
const callbackOf = (...values: ReadonlyArray<unknown>): Written | undefined =>
  values.find((value): value is Written => typeof value === "function")

const beingHeld = new WeakSet<ServerResponse>()

export class HeldResponse {
  /** Whether a handler of a sale has it already. */
  static isHeld(response: ServerResponse): boolean {
    return beingHeld.has(response)
  }

  private readonly response: ServerResponse
  /** What was there before the handler: the status, and what middleware had set. */
  private readonly before: { readonly status: number; readonly headers: OutgoingHttpHeaders }
  private readonly own = new Map<string, PropertyDescriptor | undefined>()
  private chunks: Array<Uint8Array> = []
  private written: Array<Written> = []
  private size = 0
  /** Nothing of the handler is wanted any more. */
  private dropping = false
  /** The client is gone. What is whole may still be kept for a repetition; a stream has nobody to go to. */
  private left = false
  private streaming = false
  private ended = false
  private flushed = false
  private waiting = false
  private noticed = () => {}

  constructor(response: ServerResponse) {
    this.response = response
    this.before = { status: response.statusCode, headers: { ...response.getHeaders() } }
    this.hold()
  }

  /** The handler has begun to answer; its headers are what they are. */
  private get begun(): boolean {
    return this.ended || this.flushed || this.size > 0
  }

  private put(name: string, descriptor: PropertyDescriptor): void {
    this.own.set(name, Object.getOwnPropertyDescriptor(this.response, name))
    Object.defineProperty(this.response, name, { configurable: true, ...descriptor })
  }

  private hold(): void {
    beingHeld.add(this.response)
    for (const name of held) this.put(name, { value: this[name].bind(this), writable: true })
    for (const name of fixed) {
      const change = (this.response[name] as (...values: ReadonlyArray<unknown>) => unknown).bind(this.response)
      this.put(name, {
        writable: true,
        value: (...values: ReadonlyArray<unknown>) => {
          if (this.begun) throw new HeadersSent()
          return change(...values)
        }
      })
    }
    this.put("headersSent", { get: () => this.begun })
    this.put("writableEnded", { get: () => this.ended })
    this.put("finished", { get: () => this.ended })
  }

  /** Takes the held methods off. */
  private letGo(): void {
    for (const [name, descriptor] of this.own) {
      if (descriptor === undefined) delete (this.response as unknown as Record<string, unknown>)[name]
      else Object.defineProperty(this.response, name, descriptor)
    }
    this.own.clear()
  }

  private writeHead(status: number, ...rest: ReadonlyArray<unknown>): ServerResponse {
    if (this.begun) throw new HeadersSent()
    const [reason, headers] = typeof rest[0] === "string" ? rest : [undefined, rest[0]]
    this.response.statusCode = status
    if (typeof reason === "string") this.response.statusMessage = reason
    for (const [name, value] of pairsOf(headers ?? rest[1])) this.response.setHeader(name, value)
    return this.response
  }

  /** On the next turn, so that nothing is released while the handler is still in the middle of a write. */
  private notice(): void {
    process.nextTick(() => this.noticed())
  }

  private write(chunk: Chunk, encoding?: unknown, callback?: unknown): boolean {
    const done = callbackOf(encoding, callback)
    if (this.dropping || this.ended) {
      if (done !== undefined) process.nextTick(done)
      return true
    }
    const bytes = bytesOf(chunk, encoding)
    this.chunks.push(bytes)
    this.size += bytes.length
    if (done !== undefined) this.written.push(done)
    this.notice()
    const more = this.size <= largestKept
    if (!more) this.waiting = true
    return more
  }

  private end(chunk?: unknown, encoding?: unknown, callback?: unknown): ServerResponse {
    const done = callbackOf(chunk, encoding, callback)
    if (!this.ended && !this.dropping && (typeof chunk === "string" || chunk instanceof Uint8Array))
      this.write(chunk, typeof encoding === "string" ? encoding : undefined)
    if (done !== undefined) this.written.push(done)
    this.ended = true
    this.notice()
    return this.response
  }

  private flushHeaders(): void {
    this.flushed = true
    this.notice()
  }

  private writeEarlyHints(_hints: unknown, callback?: unknown): void {
    callbackOf(callback)?.()
  }

  private readonly until = (holds: () => boolean): Effect.Effect<void> =>
    Effect.callback<void>((resume) => {
      const look = () => {
        if (!holds()) return
        this.noticed = () => {}
        resume(Effect.void)
      }
      this.noticed = look
      look()
    })

  private get isStream(): boolean {
    const type = this.response.getHeader("content-type")
    return this.flushed || this.size > largestKept || (typeof type === "string" && type.startsWith("text/event-stream"))
  }

  /** The handler's answer, when it is whole or is known to be a stream. */
  readonly made: Effect.Effect<HttpServerResponse.HttpServerResponse> = Effect.suspend(() =>
    this.until(() => this.begun).pipe(
      Effect.andThen(
        Effect.suspend(() =>
          this.ended || this.isStream
            ? Effect.void
            : this.until(() => this.ended || this.isStream).pipe(
                Effect.timeoutOrElse({ duration: moment, orElse: () => Effect.void })
              )
        )
      ),
      Effect.map(() => this.answer())
    )
  )

  private answer(): HttpServerResponse.HttpServerResponse {
    const { statusCode: status } = this.response
    const headers: Record<string, string> = {}
    for (const [name, value] of Object.entries(this.response.getHeaders())) {
      // Cookies stay where they are, as several lines; the length is that of what is sent.
      if (value !== undefined && name !== "set-cookie" && name !== "content-length") headers[name] = String(value)
    }
    const head = HttpServerResponse.empty({ status, headers })
    this.streaming = !this.ended
    if (this.streaming) {
      if (this.left) this.drop()
      return HttpServerResponse.setBody(head, HttpBody.raw(this))
    }
    return this.size === 0
      ? head
      : HttpServerResponse.setBody(
          head,
          HttpBody.uint8Array(Buffer.concat(this.chunks, this.size), headers["content-type"])
        )
  }

  /** Sends what the handler wrote, with these headers besides its own, and lets it write on. */
  release(headers: Readonly<Record<string, string>>): void {
    const { response } = this
    this.letGo()
    for (const [name, value] of Object.entries(headers)) {
      // What describes the body is as the handler left it.
      const isBodys = name === "content-type" || name === "content-length"
      if (!isBodys && String(response.getHeader(name) ?? "") !== value) response.setHeader(name, value)
    }
    const { chunks, ended, size, waiting, written } = this
    this.chunks = []
    this.written = []
    const all = () => {
      for (const done of written) done()
    }
    if (!ended) {
      response.flushHeaders()
      let more = true
      for (const chunk of chunks) more = response.write(chunk)
      if (waiting && more) response.emit("drain")
      return all()
    }
    if (response.hasHeader("content-length") && size > 0) response.setHeader("content-length", size)
    if (size === 0) response.end(all)
    else response.end(Buffer.concat(chunks, size), all)
  }

  private drop(): void {
    this.dropping = true
    this.chunks = []
  }

  /** The client went away. The handler may end, as the paywall decides. */
  leave(): void {
    this.left = true
    if (this.streaming) this.drop()
  }

  /** Forgets what the handler did to the response, and swallows what it still writes. Gives the response as it was. */
  discard(): ServerResponse {
    const { before, response, written } = this
    this.letGo()
    this.drop()
    this.written = []
    if (response.headersSent) return response
    for (const name of response.getHeaderNames()) response.removeHeader(name)
    for (const [name, value] of Object.entries(before.headers)) if (value !== undefined) response.setHeader(name, value)
    response.statusCode = before.status
    for (const done of written) process.nextTick(done)
    return response
  }

  /** After `discard` and the real answer: a handler that still writes is not told that it is too late. */
  swallow(): void {
    this.put("write", { value: this.write.bind(this), writable: true })
    this.put("end", { value: this.end.bind(this), writable: true })
  }
}

/** The headers of `writeHead`: an object, a flat list or a list of pairs. */
const pairsOf = (headers: unknown): ReadonlyArray<readonly [string, string | ReadonlyArray<string>]> => {
  if (headers === undefined || headers === null) return []
  if (!Array.isArray(headers)) return Object.entries(headers as Record<string, string>)
  if (Array.isArray(headers[0])) return headers as ReadonlyArray<readonly [string, string]>
  return Array.from(
    { length: headers.length >> 1 },
    (_, index) => [headers[index * 2], headers[index * 2 + 1]] as const
  )
}
