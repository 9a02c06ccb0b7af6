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
const readers = ["arrayBuffer", "multipart", "multipartStream", "stream", "text", "urlParamsBody"] as const

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

/** A request and its body, and what readers have made of them. */
interface Buffered {
  readonly inner: HttpServerRequest
  readonly bytes: Uint8Array
  view?: HttpServerRequest
  source?: object
}

const buffered = Symbol("buffered")
type Holder = { readonly [buffered]: Buffered }

/** Reads like the request, over and over. */
const viewOf = (self: Buffered): HttpServerRequest =>
  (self.view ??= HttpServerRequest.fromClientRequest(
    HttpClientRequest.makeWith(
      "POST",
      "http://localhost/",
      UrlParams.empty,
      Option.none(),
      Headers.remove(self.inner.headers, "content-length"),
      HttpBody.uint8Array(self.bytes, self.inner.headers["content-type"])
    )
  ))

const decoder = new TextDecoder()

/** What is JSON needs no view; why something is none, the view says. */
const json = (self: Buffered) =>
  Effect.suspend(() =>
    Result.match(
      Result.try((): unknown => JSON.parse(decoder.decode(self.bytes))),
      { onSuccess: Effect.succeed, onFailure: () => viewOf(self).json }
    )
  )

const properties: PropertyDescriptorMap & ThisType<Holder> = {
  ...Object.fromEntries(
    readers.map((reader) => [
      reader,
      {
        get(this: Holder) {
          return viewOf(this[buffered])[reader]
        }
      }
    ])
  ),
  json: {
    get() {
      return json(this[buffered])
    }
  },
  source: {
    get() {
      const self = this[buffered]
      return (self.source ??= freshSource(self.inner.source, self.bytes))
    }
  },
  modify: {
    value(options: Parameters<HttpServerRequest["modify"]>[0]) {
      const { bytes, inner } = this[buffered]
      return bufferedRequest(inner.modify(options), bytes)
    }
  }
}

export const bufferedRequest = (inner: HttpServerRequest, bytes: Uint8Array): HttpServerRequest =>
  Object.defineProperty(Object.create(inner, properties), buffered, { value: { inner, bytes } }) as HttpServerRequest
