/**
 * Answers as the ledger keeps them, for the same request under the same key: status, the headers that describe the content,
 * and the body. Cookies and streams are not kept.
 */
import * as Base64 from "effect/encoding/Base64"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** The largest body that is kept, in bytes. */
export const largest = 256 * 1024

const names = new Set(["etag", "last-modified", "link", "location", "vary"])

const Kept = Schema.Struct({
  status: Schema.Int,
  headers: Schema.Record(Schema.String, Schema.String),
  /** Base64. Absent where there was no body. */
  body: Schema.optionalKey(Schema.String)
})

const decode = Schema.decodeUnknownSync(Kept)

/** How answers are kept; `also` names more headers. */
export const keeping = (also: ReadonlyArray<string> = []) => {
  const more = new Set(also.map((name) => name.toLowerCase()))
  const isKept = (name: string) =>
    (name.startsWith("content-") && name !== "content-length") || names.has(name) || more.has(name)
  return {
    encode: ({ body, headers, status }: HttpServerResponse.HttpServerResponse): Schema.Json | undefined => {
      const kept = { status, headers: Object.fromEntries(Object.entries(headers).filter(([name]) => isKept(name))) }
      if (body._tag === "Empty") return kept
      if (body._tag !== "Uint8Array" || body.contentLength > largest) return undefined
      return { ...kept, body: Base64.encode(body.body) }
    },
    decode: (json: Schema.Json): HttpServerResponse.HttpServerResponse => {
      const { body, ...options } = decode(json)
      if (body === undefined) return HttpServerResponse.empty(options)
      return HttpServerResponse.uint8Array(Result.getOrThrow(Base64.decode(body)), options)
    }
  }
}
