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

const concat = (chunks: ReadonlyArray<Uint8Array>, size: number): Uint8Array => {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const chunk of chunks) {
    bytes.set(chunk, at)
    at += chunk.length
  }
  return bytes
}

/** What could be read of a body so far, and how to read on. */
class Beginning {
  readonly chunks: Array<Uint8Array> = []
  size = 0
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
      if (done) return true
      this.chunks.push(value)
      this.size += value.length
    }
    return false
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

/** Fails with the reason of a body that breaks off before the moment is over. */
export const buffered = <E>(
  response: Response,
  failed: (reason: unknown) => E
): Effect.Effect<HttpServerResponse.HttpServerResponse, E> =>
  Effect.gen(function* () {
    const { body } = response
    const head = HttpServerResponse.fromWeb(new Response(null, response))
    if (body === null) return head
    const withBody = (body: HttpBody.HttpBody) => HttpServerResponse.setBody(head, body)
    if (isEventStream(response)) return withBody(HttpBody.raw(body))
    const beginning = new Beginning(body)
    const isWhole = yield* Effect.tryPromise({ try: () => beginning.toEnd(), catch: failed }).pipe(
      Effect.timeoutOrElse({ duration: moment, orElse: () => Effect.succeed(false) })
    )
    return withBody(
      isWhole
        ? HttpBody.uint8Array(concat(beginning.chunks, beginning.size), head.headers["content-type"])
        : HttpBody.raw(beginning.handOver())
    )
  })

const isEventStream = ({ headers }: Response) => headers.get("content-type")?.startsWith("text/event-stream") === true

/** Lets go of a body that nobody will read. */
export const abandon = ({ body }: HttpServerResponse.HttpServerResponse): void => {
  if (body._tag === "Raw" && body.body instanceof ReadableStream) body.body.cancel().catch(() => {})
}
