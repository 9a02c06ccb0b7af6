/**
 * Who comes: the request, the session that it proves, and the way to say so in an answer.
 *
 * What changes something is a POST with the session's form token, from the dashboard's own origin as far as the browser says.
 */
import * as ByteSize from "effect/ByteSize"
import * as Clock from "effect/Clock"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpIncomingMessage from "effect/http/HttpIncomingMessage"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Language from "@paylayer/pages/Language"
import * as Layout from "./layout.ts"
import type { Sessions } from "./sessions.ts"

const languageCookie = "paylayer-dashboard-language"

export interface Visit {
  readonly request: HttpServerRequest
  readonly params: { readonly [name: string]: string | undefined }
  readonly view: Layout.View
}

/** Where it is served. */
export interface Site {
  readonly sessions: Sessions
  readonly zone: DateTime.TimeZone
  readonly publicUrl: URL | undefined
}

const hostOf = ({ headers }: HttpServerRequest) => headers["host"] ?? ""

const isLoopback = (host: string) => /^(?:localhost|127(?:\.\d+){3}|\[::1\])(?::\d+)?$/.test(host)

/** A server that stands for itself gives a path, another one the whole address. A path of two slashes would be a host's in a link. */
const addressIn = (originalUrl: string) => {
  const url = URL.parse(originalUrl.startsWith("/") ? `http://dashboard.invalid${originalUrl}` : originalUrl)
  return {
    path: url === null ? "/dashboard" : url.pathname.replaceAll(/\/{2,}/g, "/"),
    query: url === null ? new URLSearchParams() : url.searchParams
  }
}

/** This request's visit. */
export const visit = ({ publicUrl, sessions, zone }: Site) =>
  Effect.gen(function* () {
    const [request, params, now] = [yield* HttpServerRequest, yield* HttpRouter.params, yield* Clock.currentTimeMillis]
    const { cookies, headers, originalUrl } = request
    const { path, query } = addressIn(originalUrl)
    const language = Language.choose(
      query.get("lang") ?? undefined,
      cookies[languageCookie],
      headers["accept-language"]
    )
    const plain = publicUrl === undefined ? !isLoopback(hostOf(request)) : publicUrl.protocol !== "https:"
    const session = sessions.find(cookies, now)
    return { request, params, view: Layout.view({ language, session, path, query, zone, now, plain }) } satisfies Visit
  })

/** Remembers the language that was chosen. */
export const remembering = ({ view }: Visit, response: HttpServerResponse.HttpServerResponse) =>
  view.query.has("lang")
    ? HttpServerResponse.setCookieUnsafe(response, languageCookie, view.language, {
        path: "/dashboard",
        httpOnly: true,
        sameSite: "strict",
        maxAge: "365 days"
      })
    : response

/** Whether a form comes from a page of this dashboard, as far as the browser says. The session's token is asked as well. */
export const isOwn = ({ publicUrl }: Site, request: HttpServerRequest): boolean => {
  const { headers } = request
  const origins =
    publicUrl === undefined ? ["http", "https"].map((scheme) => `${scheme}://${hostOf(request)}`) : [publicUrl.origin]
  const [origin, site] = [headers["origin"], headers["sec-fetch-site"]]
  // Every browser sends the one or the other with a form; what sends neither has no cookie that could be misused.
  return (origin === undefined || origins.includes(origin)) && (site === undefined || site === "same-origin")
}

/** The longest form, in bytes. */
const longest = 16 * 1024

/** A form; nothing where it cannot be read or is too long. */
export const formOf = (request: HttpServerRequest): Effect.Effect<URLSearchParams | undefined> =>
  request.text.pipe(
    Effect.provideService(HttpIncomingMessage.MaxBodySize, ByteSize.bytes(longest)),
    Effect.map((text) => new URLSearchParams(text)),
    Effect.orElseSucceed(() => undefined)
  )

/** Whose attempts to sign in are counted together. */
export const addressOf = ({ remoteAddress }: HttpServerRequest): string =>
  remoteAddress._tag === "Some" ? remoteAddress.value : "unknown"

/** A path of the dashboard to go on to; anything else leads to the first page. */
export const safely = (next: string | null): string => {
  const base = "http://dashboard.invalid"
  const url = URL.parse(next ?? "", base)
  const inside = url !== null && url.origin === base && /^\/dashboard(?:\/|$)/.test(url.pathname)
  return inside && !url.pathname.startsWith("/dashboard/sign-") ? `${url.pathname}${url.search}` : "/dashboard"
}
