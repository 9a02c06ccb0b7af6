/**
 * How pages, redirects, downloads and what pages load are sent.
 */
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Stream from "effect/Stream"
import type { Html } from "@paylayer/pages/Html"
import * as PageHeaders from "@paylayer/pages/PageHeaders"
import * as Script from "./script.ts"
import * as Stylesheet from "./stylesheet.ts"

type Response = HttpServerResponse.HttpServerResponse

/** A style sheet, a script that asks for rows, and an icon. */
const security = PageHeaders.security(["style", "script", "connect", "img"])

/** A page. */
export const page = (content: Html, status = 200, headers: Readonly<Record<string, string>> = {}): Response =>
  HttpServerResponse.text(content.toString(), {
    status,
    contentType: "text/html; charset=utf-8",
    headers: { ...security, ...headers }
  })

/** On to a page of the dashboard that can be reloaded without sending a form again. */
export const seeOther = (path: string): Response =>
  HttpServerResponse.empty({ status: 303, headers: { ...security, location: path } })

/** Once more, as a navigation of our own: only then a browser that came by somebody's link sends the session's cookie. */
export const again = (path: string): Response =>
  HttpServerResponse.text("", {
    contentType: "text/html; charset=utf-8",
    headers: { ...security, refresh: `0; url=${path}` }
  })

/** A file. `name` is of letters, digits, points and hyphens. */
export const download = (name: string, contentType: string, text: Stream.Stream<string, unknown>): Response =>
  HttpServerResponse.stream(Stream.encodeText(text), {
    contentType,
    headers: { ...security, "content-disposition": `attachment; filename="${name}"` }
  })

const kept = (text: string, contentType: string): Response =>
  HttpServerResponse.text(text, {
    contentType,
    headers: { ...security, "cache-control": "public, max-age=31536000, immutable" }
  })

/** What pages load. It tells nothing, so it is given to anybody. */
export const assets: ReadonlyArray<readonly [path: `/${string}`, response: Response]> = [
  [Stylesheet.path, kept(Stylesheet.css, "text/css; charset=utf-8")],
  [Script.path, kept(Script.js, "text/javascript; charset=utf-8")],
  [
    "/dashboard/icon.svg",
    kept(
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><rect width="24" height="24" rx="7" fill="#0b57c2"/><path d="M0 16h24v1a7 7 0 0 1-7 7H7a7 7 0 0 1-7-7z" fill="#fff" opacity=".3"/></svg>',
      "image/svg+xml"
    )
  ]
]
