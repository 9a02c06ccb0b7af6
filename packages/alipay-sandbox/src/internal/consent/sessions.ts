/**
 * Sessions of the wallet's pages: who the principal is, and the secret that every form of theirs carries.
 *
 * A session is a cookie that no script reads and no other site sends. Signing in makes a new one, so that nobody can be given
 * a session that another knows.
 */
import * as Secrets from "./secrets.ts"

const cookieName = "paylayer_wallet"
const lifetime = 12 * 3_600_000
const capacity = 1_000

export interface Session {
  readonly id: string
  /** In every form; compared when the form comes back. */
  readonly formToken: string
  /** The account that was chosen, if one was. */
  readonly account: string | undefined
  readonly until: number
}

export interface Sessions {
  /** The session that a request's cookies name. */
  readonly find: (cookies: { readonly [name: string]: string }, now: number) => Session | undefined
  /** A new session; the one before it ends. */
  readonly start: (account: string | undefined, now: number, before?: Session) => Session
  readonly stop: (session: Session) => void
}

/** How every cookie of the wallet is sent: to no script and from no other site. */
export const cookieOptions = { path: "/", httpOnly: true, sameSite: "strict" } as const

/** The cookie of a session. Loopback is plain HTTP, so it is not `Secure` here. */
export const cookie = ({ id }: Session) => [cookieName, id, cookieOptions] as const

/** The cookie that ends one. */
export const noCookie = [cookieName, "", { ...cookieOptions, maxAge: 0 }] as const

/** No sessions. */
export const make = (bytes: (size: number) => Uint8Array): Sessions => {
  const sessions = Secrets.vault<Session>()
  return {
    find: (cookies, now) => {
      const found = sessions.get(cookies[cookieName] ?? "")
      return found !== undefined && now < found.until ? found : undefined
    },
    start: (account, now, before) => {
      if (before !== undefined) sessions.delete(before.id)
      sessions.sweep(({ until }) => now >= until)
      if (sessions.size() >= capacity) sessions.sweep(({ account: known }) => known === undefined)
      const session = { id: Secrets.make(bytes), formToken: Secrets.make(bytes), account, until: now + lifetime }
      sessions.set(session.id, session)
      return session
    },
    stop: ({ id }) => sessions.delete(id)
  }
}

/** Whether a form was made for this session. */
export const owns = (session: Session | undefined, formToken: string | null): session is Session =>
  session !== undefined && formToken !== null && Secrets.same(session.formToken, formToken)
