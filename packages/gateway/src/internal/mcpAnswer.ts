/**
 * What an MCP server answers over streamable HTTP: one JSON message, or messages as server-sent events.
 */
import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Effect from "effect/Effect"
import * as Sse from "effect/encoding/Sse"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { Readable } from "node:stream"
import type { Answer } from "../Upstream.ts"
import { UpstreamError } from "../UpstreamError.ts"
import * as JsonRpc from "./jsonRpc.ts"

/** It ended without having answered. */
export const silent = new UpstreamError({ reason: "broken", detail: "the MCP server ended without an answer" })

const invalid = new UpstreamError({ reason: "invalid", detail: "the MCP server's answer is no message" })

const parsed = (text: string): Effect.Effect<JsonRpc.Message, UpstreamError> =>
  Effect.fromResult(
    Result.flatMap(Result.try({ try: (): unknown => JSON.parse(text), catch: () => invalid }), (value) =>
      Result.fromNullishOr(JsonRpc.object(value), () => invalid)
    )
  )

const broken = (error: unknown): UpstreamError =>
  error instanceof UpstreamError
    ? error
    : new UpstreamError({ reason: "broken", detail: "the MCP server broke off its answer", cause: error })

const bytes = ({ body }: Answer): Stream.Stream<Uint8Array, UpstreamError> =>
  body instanceof Readable
    ? NodeStream.fromReadable<Uint8Array, UpstreamError>({ evaluate: () => body, onError: broken })
    : Stream.succeed(body)

export const isEvents = ({ headers }: Answer): boolean =>
  headers["content-type"]?.toLowerCase().startsWith("text/event-stream") === true

const isJson = ({ headers }: Answer): boolean =>
  headers["content-type"]?.toLowerCase().startsWith("application/json") === true

const events = (answer: Answer): Stream.Stream<Sse.Event, UpstreamError> =>
  bytes(answer).pipe(
    Stream.decodeText,
    Stream.pipeThroughChannel(Sse.decode<UpstreamError, unknown>()),
    // A server that says when to come back has nothing more to say here.
    Stream.catchIf(
      (error): error is Sse.Retry => Predicate.isTagged(error, "Retry"),
      () => Stream.empty
    ),
    Stream.mapError((error) => (error instanceof UpstreamError ? error : invalid))
  )

/** The messages of an answer, as they come. */
export const messages = (answer: Answer): Stream.Stream<JsonRpc.Message, UpstreamError> => {
  if (answer.headers["content-encoding"] !== undefined) return Stream.fail(invalid)
  if (isEvents(answer))
    return Stream.mapEffect(
      Stream.filter(events(answer), ({ data }) => data !== ""),
      ({ data }) => parsed(data)
    )
  if (!isJson(answer)) return Stream.fail(invalid)
  return Stream.fromEffect(Effect.flatMap(Stream.mkString(Stream.decodeText(bytes(answer))), parsed))
}

/** As an event, without an id: what was withheld once is not resumed. */
export const event = (message: JsonRpc.Message): string =>
  Sse.encoder.write({ _tag: "Event", event: "message", id: undefined, data: JSON.stringify(message) })
