/** Reading an answer: never more of it than was agreed, never from where a redirect points. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Stream from "effect/Stream"

/** How long HTTP says that the body is. Nothing where it does not, or where what is read is not what was sent. */
const announced = ({ headers }: HttpClientResponse): number | undefined => {
  const length = headers["content-length"]
  return length !== undefined && headers["content-encoding"] === undefined && /^\d{1,10}$/.test(length)
    ? Number(length)
    : undefined
}

/**
 * The body's bytes; fails with `tooLong` where there are more than `maximumBytes`. A body whose length is announced is no longer than
 * that, so it is read at once, which costs a third of counting it piece by piece.
 */
export const bytesWithin = <E>(
  response: HttpClientResponse,
  maximumBytes: number,
  tooLong: () => E
): Effect.Effect<Uint8Array<ArrayBuffer>, E | HttpClientError> => {
  const length = announced(response)
  if (length === undefined) return counted(response, maximumBytes, tooLong)
  if (length > maximumBytes) return Effect.fail(tooLong())
  return Effect.map(response.arrayBuffer, (buffer) => new Uint8Array(buffer))
}

const counted = <E>(response: HttpClientResponse, maximumBytes: number, tooLong: () => E) =>
  response.stream.pipe(
    Stream.runFoldEffect(
      () => ({ chunks: [] as Array<Uint8Array>, length: 0 }),
      (seen, chunk) => {
        seen.chunks.push(chunk)
        seen.length += chunk.length
        return seen.length > maximumBytes ? Effect.fail(tooLong()) : Effect.succeed(seen)
      }
    ),
    Effect.map(({ chunks }) => Buffer.concat(chunks))
  )

/** `fetch` would send a signed form again wherever a redirect says. Other clients of Effect's follow none unless they are made to. */
export const unredirected = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.updateContext(effect, (context: Context.Context<R>) =>
    Context.add(context, FetchHttpClient.RequestInit, {
      ...Context.getOrUndefined(context as Context.Context<never>, FetchHttpClient.RequestInit),
      redirect: "manual"
    })
  )
