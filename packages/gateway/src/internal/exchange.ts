/**
 * One request to an upstream and its answer, as undici tells of it: held while it is small, handed on as a stream once it is
 * not, and within its bounds all the time.
 */
import * as Predicate from "effect/Predicate"
import type { IncomingHttpHeaders } from "node:http"
import { Readable } from "node:stream"
import { type Dispatcher, errors } from "undici"
import { UpstreamError } from "../UpstreamError.ts"

export interface Bounds {
  /** The most that is held: what is larger is a stream. Without it everything is held. */
  readonly hold: number | undefined
  /** The largest body. */
  readonly most: number
}

/** A head, and what is there of the body. */
export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array | Readable
}

const tooLarge = (most: number) =>
  new UpstreamError({ reason: "too-large", detail: `the tool's answer is larger than ${most} bytes` })

/** The bytes of a body, as far as the sender says. */
const announced = ({ "content-length": length }: IncomingHttpHeaders): number | undefined =>
  length !== undefined && /^[0-9]{1,15}$/.test(length) ? Number(length) : undefined

const redirects = new Set([300, 301, 302, 303, 305, 306, 307, 308])

const refusal = (status: number): UpstreamError | undefined => {
  if (redirects.has(status))
    return new UpstreamError({ reason: "redirected", detail: "the tool redirects, which the gateway does not follow" })
  if (status > 599) return new UpstreamError({ reason: "invalid", detail: "the tool's answer has no status of HTTP" })
  return status === 402 || status === 407
    ? new UpstreamError({ reason: "asked-payment", detail: "the tool asks to be paid itself" })
    : undefined
}

/** The part of an answer that comes after it was handed on. */
class Rest extends Readable {
  private readonly controller: Dispatcher.DispatchController

  constructor(controller: Dispatcher.DispatchController) {
    super({ highWaterMark: 256 * 1024 })
    this.controller = controller
  }

  override _read(): void {
    this.controller.resume()
  }

  override _destroy(error: Error | null, callback: (error?: Error | null) => void): void {
    this.controller.abort(error ?? new Error("nobody reads the answer any more"))
    callback(error)
  }
}

const codeOf = (error: unknown): string =>
  Predicate.hasProperty(error, "code") && Predicate.isString(error.code) ? error.code : ""

/** What an error of undici, of a socket or of TLS means for the caller. */
const reasonOf = (error: unknown, connected: boolean): UpstreamError => {
  if (error instanceof UpstreamError) return error
  const code = codeOf(error)
  const because = (reason: UpstreamError["reason"], detail: string) =>
    new UpstreamError({ reason, detail, cause: error })
  switch (code) {
    case "UND_ERR_CONNECT_TIMEOUT":
    case "ETIMEDOUT":
      return because("timeout", "the tool took no connection in time")
    case "UND_ERR_HEADERS_TIMEOUT":
      return because("timeout", "the tool did not begin to answer in time")
    case "UND_ERR_BODY_TIMEOUT":
      return because("timeout", "the tool fell silent in the middle of its answer")
    case "UND_ERR_HEADERS_OVERFLOW":
      return because("invalid", "the headers of the tool's answer are too large")
    default:
      if (
        error instanceof errors.HTTPParserError ||
        code.startsWith("UND_ERR_INVALID") ||
        code.startsWith("UND_ERR_NOT_SUPPORTED")
      )
        return because("invalid", "the tool's answer is no HTTP")
      return connected
        ? because("broken", "the tool broke off its answer")
        : because("unreachable", "the tool cannot be reached")
  }
}

/** What is told of an exchange, each at most once. */
export interface Told {
  /** The answer is whole, or known to be a stream. */
  readonly begun: (answer: Answer) => void
  /** There will be no answer. Never after `begun`: a stream breaks instead. */
  readonly failed: (error: UpstreamError) => void
  /** Nothing is read or written any more. */
  readonly over: () => void
  /** A head without a length came: the answer may end any moment, or go on for hours. Calls back in a moment. */
  readonly soon: (then: () => void) => void
}

export class Exchange implements Dispatcher.DispatchHandler {
  private readonly bounds: Bounds
  private readonly told: Told
  private controller: Dispatcher.DispatchController | undefined
  private status = 0
  private headers: IncomingHttpHeaders = {}
  private chunks: Array<Uint8Array> = []
  private size = 0
  private rest: Rest | undefined
  private isTold = false
  private isOver = false
  private left = false

  constructor(bounds: Bounds, told: Told) {
    this.bounds = bounds
    this.told = told
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
    if (this.left) controller.abort(new Error("the client is gone"))
  }

  onResponseStart(controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status < 200) return
    this.status = status
    this.headers = headers
    const { hold, most } = this.bounds
    const length = announced(headers)
    const refused = refusal(status) ?? (length !== undefined && length > most ? tooLarge(most) : undefined)
    if (refused !== undefined) return controller.abort(refused)
    if (hold === undefined || (length !== undefined && length <= hold)) return
    const isEvents = headers["content-type"]?.startsWith("text/event-stream") === true
    if (length !== undefined || isEvents) this.handOn()
    else this.told.soon(() => this.handOn())
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    this.size += chunk.length
    if (this.size > this.bounds.most) return controller.abort(tooLarge(this.bounds.most))
    if (this.rest !== undefined) {
      if (!this.rest.push(chunk)) controller.pause()
      return
    }
    this.chunks.push(chunk)
    if (this.bounds.hold !== undefined && this.size > this.bounds.hold) this.handOn()
  }

  onResponseEnd(): void {
    if (this.rest === undefined) this.tell(this.whole())
    else this.rest.push(null)
    this.end()
  }

  onResponseError(_: unknown, error: Error): void {
    this.end()
    const reason = reasonOf(error, this.controller !== undefined)
    if (this.rest !== undefined) this.rest.destroy(reason)
    else if (!this.isTold) {
      this.isTold = true
      this.told.failed(reason)
    }
  }

  /** Nobody wants the answer any more. */
  leave(): void {
    this.left = true
    this.controller?.abort(new Error("the client is gone"))
  }

  /** The answer is a stream from here on: what came of it, and the rest as it comes. */
  private handOn(): void {
    if (this.isTold || this.isOver) return
    this.rest = new Rest(this.controller!)
    for (const chunk of this.chunks) this.rest.push(chunk)
    this.chunks = []
    this.tell(this.rest)
  }

  private whole(): Uint8Array {
    const { chunks } = this
    this.chunks = []
    return chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)
  }

  private tell(body: Answer["body"]): void {
    this.isTold = true
    this.told.begun({ status: this.status, headers: this.headers, body })
  }

  private end(): void {
    if (this.isOver) return
    this.isOver = true
    this.told.over()
  }
}
