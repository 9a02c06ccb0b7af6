/**
 * Where an agent token stands in a request, exactly as the brief says: `x-alipay-agent-token`, or `Authorization: Bearer alipay_…`;
 * beside it `x-alipay-session-id`. These names are the brief's, not Alipay's.
 */
import * as Detection from "@paylayer/core/Detection"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import * as Redacted from "effect/Redacted"

export const tokenHeader = "x-alipay-agent-token"
export const sessionHeader = "x-alipay-session-id"
export const bearerPrefix = "alipay_"

/** An agent token as it was sent, unread, and the session it was sent for. */
export interface PresentedToken extends Detection.Credential {
  readonly session: string | undefined
}

const bearer = /^bearer +(alipay_.*)$/i

const bearerTokens = (headers: RequestHeaders.RequestHeaders): ReadonlyArray<string> =>
  RequestHeaders.distinct(headers, "authorization").flatMap((value) => {
    const token = bearer.exec(value)?.[1]
    // The scheme is compared without case, the credential with it.
    return token?.startsWith(bearerPrefix) === true ? [token] : []
  })

/** The one token of a request. One token sent in both headers is one; two that differ are ambiguous, and so are two sessions. */
export const detect = (headers: RequestHeaders.RequestHeaders): Detection.Detection<PresentedToken> => {
  const own = RequestHeaders.distinct(headers, tokenHeader)
  const borne = bearerTokens(headers)
  const [token, ...others] = new Set([...own, ...borne])
  if (token === undefined) return Detection.none
  if (others.length > 0) {
    const places = [
      own.length > 1 && `${tokenHeader} more than once`,
      own.length === 1 && tokenHeader,
      borne.length > 0 && `authorization: Bearer ${bearerPrefix}…`
    ]
    return Detection.ambiguous(places.filter((place) => place !== false))
  }
  const sessions = RequestHeaders.distinct(headers, sessionHeader)
  if (sessions.length > 1) return Detection.ambiguous([`${sessionHeader} more than once`])
  return Detection.found({ secret: Redacted.make(token), session: sessions[0] })
}
