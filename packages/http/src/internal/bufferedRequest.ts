/**
 * A request whose body has been read, for a handler that reads it too, in whichever way.
 */
import * as Headers from "effect/http/Headers"
import * as HttpBody from "effect/http/HttpBody"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as UrlParams from "effect/http/UrlParams"
import * as Option from "effect/Option"

type HttpServerRequest = HttpServerRequest.HttpServerRequest

/** Everything that reads a body. */
const readers = ["arrayBuffer", "json", "multipart", "multipartStream", "stream", "text", "urlParamsBody"] as const

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

export const bufferedRequest = (inner: HttpServerRequest, bytes: Uint8Array): HttpServerRequest => {
  const body = HttpBody.uint8Array(bytes, inner.headers["content-type"])
  const view = HttpServerRequest.fromClientRequest(
    HttpClientRequest.makeWith(
      "POST",
      "http://localhost/",
      UrlParams.empty,
      Option.none(),
      Headers.remove(inner.headers, "content-length"),
      body
    )
  )
  const source = freshSource(inner.source, bytes)
  return Object.create(inner, {
    ...Object.fromEntries(readers.map((reader) => [reader, { get: () => view[reader] }])),
    source: { value: source },
    modify: {
      value: (options: Parameters<HttpServerRequest["modify"]>[0]) => bufferedRequest(inner.modify(options), bytes)
    }
  }) as HttpServerRequest
}
