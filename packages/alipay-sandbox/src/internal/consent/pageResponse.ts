/**
 * How a page, a redirect and the style sheet are sent.
 */
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { Html } from "@paylayer/pages/Html"
import * as PageHeaders from "@paylayer/pages/PageHeaders"
import * as Stylesheet from "./stylesheet.ts"

/** No script at all. */
const security = PageHeaders.security(["style"])

/** A page. */
export const page = (content: Html, status = 200): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(content.toString(), { status, contentType: "text/html; charset=utf-8", headers: security })

/** After a form: on to a page of the wallet that can be reloaded without sending the form again. */
export const seeOther = (path: "/wallet" | `/consent/${string}`): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.empty({ status: 303, headers: { ...security, location: path } })

/** Once more, as a navigation of our own: only then a browser that came by somebody's link sends the session's cookie. */
export const again = (path: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text("", {
    contentType: "text/html; charset=utf-8",
    headers: { ...security, refresh: `0; url=${path}?followed` }
  })

export const withCookies = HttpServerResponse.setCookiesUnsafe

/** The style sheet. */
export const stylesheet: HttpServerResponse.HttpServerResponse = HttpServerResponse.text(Stylesheet.css, {
  contentType: "text/css; charset=utf-8",
  headers: { ...security, "cache-control": "public, max-age=31536000, immutable" }
})
