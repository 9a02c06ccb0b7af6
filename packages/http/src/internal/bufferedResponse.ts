/**
 * A fetch response as an Effect server response. Nothing tells a buffered body from a stream beforehand, so a body gets a
 * moment to end: what is complete then is buffered, everything else goes on as a stream from its first byte.
 */
import * as Effect from "effect/Effect"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import { largest } from "./keptAnswer.ts"

/** A buffered body ends within a few turns of the event loop; a stream that ends as fast may as well count as one. */
const moment = "50 millis"

/** What could be read of a body so far, and how to read on. */
class Beginning {
  private readonly chunks: Array<Uint8Array> = []
  private size = 0
  /** The body has ended, and what was read is all of it. */
  isWhole = false
  private readonly reader: ReadableStreamDefaultReader<Uint8Array>
  private pending: Promise<Awaited<ReturnType<ReadableStreamDefaultReader<Uint8Array>["read"]>>> | undefined
  private handedOver = false

  constructor(body: ReadableStream<Uint8Array>) {
    this.reader = body.getReader()
  }

  /** Reads to the end (true) or beyond what is kept (false). */
  async toEnd(): Promise<boolean> {
    while (this.size <= largest) {
      this.pending = this.reader.read()
      const { done, value } = await this.pending
      if (this.handedOver) return false
      this.pending = undefined
      if (done) return (this.isWhole = true)
      this.chunks.push(value)
      this.size += value.length
    }
    return false
  }

  /** What was read. */
  bytes(): Uint8Array {
    const { chunks, size } = this
    const bytes = new Uint8Array(size)
    let at = 0
    for (const chunk of chunks) {
      bytes.set(chunk, at)
      at += chunk.length
    }
    return bytes
  }

  /** What was read, and then the rest. */
  handOver(): ReadableStream<Uint8Array> {
    this.handedOver = true
    const { chunks, reader } = this
    return new ReadableStream<Uint8Array>(
      {
        pull: async (controller) => {
          const taken = chunks.shift()
          if (taken !== undefined) return controller.enqueue(taken)
          const { done, value } = await (this.pending ?? reader.read())
          this.pending = undefined
          if (done) controller.close()
          else controller.enqueue(value)
        },
        cancel: (reason) => reader.cancel(reason)
      },
      { highWaterMark: 0 }
    )
  }
}

/** A response whose body, if it is no stream by name, has begun to be read. */
export interface Begun {
  readonly response: Response
  readonly beginning?: Beginning
  /** Whether the body has ended, or is a stream. */
  readonly toEnd?: Promise<boolean>
}

/** So often it is asked whether a body has ended before there is a timer for it: what is in memory takes a few turns. */
const turns = 12

/** Begins to read, as far as it goes at once. */
export const begun = async (response: Response): Promise<Begun> => {
  const { body } = response
  if (body === null || isEventStream(response)) return { response }
  const beginning = new Beginning(body)
  const toEnd = beginning.toEnd()
  toEnd.catch(() => {})
  for (let turn = 0; turn < turns && !beginning.isWhole; turn++) await undefined
  return { response, beginning, toEnd }
}

/** Status and headers. */
const headOf = (response: Response): HttpServerResponse.HttpServerResponse => {
  const { headers, status, statusText } = response
  return headers.has("set-cookie")
    ? HttpServerResponse.fromWeb(new Response(null, response))
    : HttpServerResponse.empty({ status, statusText, headers })
}

/** Fails with the reason of a body that breaks off before the moment is over. */
export const buffered = <E>(
  { beginning, response, toEnd }: Begun,
  failed: (reason: unknown) => E
): Effect.Effect<HttpServerResponse.HttpServerResponse, E> => {
  const head = headOf(response)
  const withBody = (body: HttpBody.HttpBody) => HttpServerResponse.setBody(head, body)
  if (beginning === undefined || toEnd === undefined) {
    return Effect.succeed(response.body === null ? head : withBody(HttpBody.raw(response.body)))
  }
  const whole = () => withBody(HttpBody.uint8Array(beginning.bytes(), head.headers["content-type"]))
  if (beginning.isWhole) return Effect.succeed(whole())
  return Effect.tryPromise({ try: () => toEnd, catch: failed }).pipe(
    Effect.timeoutOrElse({ duration: moment, orElse: () => Effect.succeed(false) }),
    Effect.map((isWhole) => (isWhole ? whole() : withBody(HttpBody.raw(beginning.handOver()))))
  )
}

const isEventStream = ({ headers }: Response) => headers.get("content-type")?.startsWith("text/event-stream") === true

/** Lets go of a body that nobody will read. */
export const abandon = ({ body }: HttpServerResponse.HttpServerResponse): void => {
  if (body._tag === "Raw" && body.body instanceof ReadableStream) body.body.cancel().catch(() => {})
}
