/**
 * Sessions of operators: a cookie that no script reads and no other site sends, signed with a key out of the operator's token.
 *
 * Nothing of a session is stored, so every gateway that has the token knows it, and none that has another token does: a new
 * token ends all sessions. One that was signed out is remembered where that was done, until it would have expired.
 */
import type * as Redacted from "effect/Redacted"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as HttpResponse from "effect/http/HttpServerResponse"
import * as Secrets from "./secrets.ts"

/** How long a session lasts, in milliseconds: a working day. */
export const lifetime = 12 * 3_600_000

export interface Session {
  readonly id: string
  /** When it ends, in epoch milliseconds. */
  readonly until: number
  /** In every form; compared when the form comes back. */
  readonly formToken: string
}

export interface Sessions {
  /** The session that a request's cookies prove; nothing where they are forged, over or signed out. */
  readonly find: (cookies: { readonly [name: string]: string }, now: number) => Session | undefined
  /** A new session, whose id is 256 random bits. */
  readonly start: (id: string, now: number) => Session
  readonly stop: (session: Session, now: number) => void
  /** Sends its cookie with a response. */
  readonly keep: (response: HttpServerResponse, session: Session) => HttpServerResponse
  /** Takes the cookie back. */
  readonly drop: (response: HttpServerResponse) => HttpServerResponse
}

/** Sessions under a token. `secure` where the dashboard is reached over HTTPS: then no plain request ever carries the cookie. */
export const make = (token: Redacted.Redacted, secure: boolean): Sessions => {
  const [cookieKey, formKey] = [Secrets.derive(token, "session"), Secrets.derive(token, "form")]
  const name = secure ? "__Host-paylayer-operator" : "paylayer-operator"
  const options = { path: "/", httpOnly: true, sameSite: "strict", secure } as const
  const stopped = new Map<string, number>()

  const signature = (id: string, until: number) => Secrets.sign(cookieKey, `${id}.${until}`)
  const session = (id: string, until: number) => ({ id, until, formToken: Secrets.sign(formKey, id) })

  return {
    find: (cookies, now) => {
      const [, id, until, signed] = /^([\w-]{43})\.(\d{13})\.([\w-]{43})$/.exec(cookies[name] ?? "") ?? []
      if (id === undefined || !Secrets.same(signature(id, Number(until)), signed!)) return undefined
      return now < Number(until) && !stopped.has(id) ? session(id, Number(until)) : undefined
    },
    start: (id, now) => session(id, now + lifetime),
    stop: ({ id, until }, now) => {
      for (const [over, end] of stopped) if (end <= now) stopped.delete(over)
      stopped.set(id, until)
    },
    keep: (response, { id, until }) =>
      HttpResponse.setCookieUnsafe(response, name, `${id}.${until}.${signature(id, until)}`, {
        ...options,
        maxAge: lifetime
      }),
    drop: (response) => HttpResponse.setCookieUnsafe(response, name, "", { ...options, maxAge: 0 })
  }
}

/** Whether a form was made for this session. */
export const owns = (session: Session, formToken: string | null): boolean =>
  formToken !== null && Secrets.same(session.formToken, formToken)
