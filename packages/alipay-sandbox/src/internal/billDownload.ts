/**
 * The download of a bill, as a route.
 */
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import iconv from "iconv-lite"
import { AlipaySandbox } from "../AlipaySandbox.ts"
import { path } from "./bill.ts"

const late = () =>
  HttpServerResponse.uint8Array(iconv.encode("<html><body>下载超时，请重新下载</body></html>", "gbk"), {
    contentType: "text/html;charset=GBK"
  })

/** The route of the download. */
export const billDownload = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const sandbox = yield* AlipaySandbox
    yield* router.add(
      "GET",
      path,
      Effect.flatMap(HttpServerRequest, ({ url }) =>
        Effect.map(sandbox.bill(new URLSearchParams(url.slice(url.indexOf("?") + 1)).get("token") ?? ""), (bytes) =>
          bytes === undefined
            ? late()
            : HttpServerResponse.uint8Array(bytes, { contentType: "application/octet-stream" })
        )
      )
    )
  })
)
