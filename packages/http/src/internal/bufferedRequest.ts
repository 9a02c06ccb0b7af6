/**
 * A request whose body has been read, for a handler that reads it too, in whichever way.
 */
import * as Effect from "effect/Effect"
import * as Headers from "effect/http/Headers"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as UrlParams from "effect/http/UrlParams"
import * as Option from "effect/Option"
import * as Result from "effect/Result"

type HttpServerRequest = HttpServerRequest.HttpServerRequest

/** Everything that reads a body, but for JSON. */
const readers: ReadonlySet<PropertyKey> = new Set([
  "arrayBuffer",
  "multipart",
  "multipartStream",
  "stream",
  "text",
  "urlParamsBody"
])

/** A web request can be read once; the handler's own copy has not been. */
const freshSource = (source: object, bytes: Uint8Array): object =>
  source instanceof Request && source.body !== null
    ? new Request(source.url, {
        method: source.method,
        headers: source.headers,
        body: bytes as Uint8Array<ArrayBuffer>,
        signal: source.signal
      })
    : source

const decoder = new TextDecoder()

/** Reads like the request, over and over. */
const viewOf = (inner: HttpServerRequest, bytes: Uint8Array): HttpServerRequest =>
  HttpServerRequest.fromClientRequest(
    HttpClientRequest.makeWith(
      "POST",
      "http://localhost/",
      UrlParams.empty,
      Option.none(),
      Headers.remove(inner.headers, "content-length"),
      HttpBody.uint8Array(bytes, inner.headers["content-type"])
    )
  )

export const bufferedRequest = (inner: HttpServerRequest, bytes: Uint8Array): HttpServerRequest => {
  let view: HttpServerRequest | undefined
  const viewed = () => (view ??= viewOf(inner, bytes))
  let source: object | undefined
  // What is JSON needs no view; why something is none, the view says.
  const json = Effect.suspend(() =>
    Result.match(
      Result.try((): unknown => JSON.parse(decoder.decode(bytes))),
      { onSuccess: Effect.succeed, onFailure: () => viewed().json }
    )
  )
  const modify: HttpServerRequest["modify"] = (options) => bufferedRequest(inner.modify(options), bytes)
  // An object of its own is in front: a property that the request holds fast could not be told otherwise.
  return new Proxy(Object.create(inner) as HttpServerRequest, {
    get: (_, name) => {
      if (name === "json") return json
      if (name === "source") return (source ??= freshSource(inner.source, bytes))
      if (name === "modify") return modify
      return Reflect.get(readers.has(name) ? viewed() : inner, name)
    }
  })
}
