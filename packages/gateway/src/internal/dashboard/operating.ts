/**
 * Signing in and out.
 */
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Redacted from "effect/Redacted"
import * as Attempts from "./attempts.ts"
import * as Language from "./language.ts"
import * as PageResponse from "./pageResponse.ts"
import * as Secrets from "./secrets.ts"
import { type Said, signInPage } from "./signInPage.ts"
import * as Visiting from "./visiting.ts"

/** 256 random bits as 43 characters of the Base64URL alphabet. */
export const secret = Effect.sync(() => Buffer.from(SecureRandom.randomBytesUnsafe(32)).toString("base64url"))

export const make = (site: Visiting.Site, token: Redacted.Redacted) => {
  const attempts = Attempts.make()
  const { sessions } = site

  const again = ({ view }: Visiting.Visit, next: string, text: string, status: number, headers = {}) => {
    const said: Said = { text, tone: "bad" }
    return PageResponse.page(signInPage(view, next, said), status, headers)
  }

  const ask = ({ view }: Visiting.Visit): HttpServerResponse => {
    const next = Visiting.safely(view.query.get("next"))
    if (view.session !== undefined) return PageResponse.seeOther(next)
    const said: Said | undefined = view.query.has("out") ? { text: view.words.signedOut, tone: "good" } : undefined
    return PageResponse.page(signInPage(view, next, said))
  }

  /** A form with a token. It belongs to no session yet, so only its origin says that it is the dashboard's own. */
  const signIn = Effect.fnUntraced(function* (visit: Visiting.Visit) {
    const { request, view } = visit
    const { language, words } = view
    const form = yield* Visiting.formOf(request)
    const next = Visiting.safely(form?.get("next") ?? null)
    if (form === undefined || !Visiting.isOwn(site, request)) return again(visit, next, words.stale, 403)
    const [address, now] = [Visiting.addressOf(request), yield* Clock.currentTimeMillis]
    const wait = attempts.wait(address, now)
    if (wait > 0) {
      const seconds = Math.ceil(wait / 1_000)
      const text = words.wait(Language.span(language, seconds * 1_000))
      return again(visit, next, text, 429, { "retry-after": String(seconds) })
    }
    if (!Secrets.same(form.get("token") ?? "", Redacted.value(token))) {
      attempts.failed(address, now)
      yield* Effect.logWarning(`somebody at ${address} entered a wrong operator token`)
      return again(visit, next, words.wrongToken, 401)
    }
    attempts.succeeded(address)
    yield* Effect.logInfo(`an operator signed in from ${address}`)
    return sessions.keep(PageResponse.seeOther(next), sessions.start(yield* secret, now))
  })

  const signOut = ({ view }: Visiting.Visit): HttpServerResponse => {
    if (view.session !== undefined) sessions.stop(view.session, view.now)
    return sessions.drop(PageResponse.seeOther("/dashboard/sign-in?out"))
  }

  return { ask, signIn, signOut }
}
