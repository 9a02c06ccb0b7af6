/**
 * From a decision to a delegation: the one place where a consent becomes money that an agent may spend.
 */
import * as Iac from "@paylayer/alipay/IntentAuthorizationCredential"
import type * as StrictJson from "@paylayer/core/StrictJson"
import * as Effect from "effect/Effect"
import type { AlipaySandbox } from "../../AlipaySandbox.ts"
import * as Narrowing from "./narrowing.ts"
import type { ConsentRequest, Requests } from "./requests.ts"

type Json = { readonly [name: string]: StrictJson.ExactJson }

/** The terms as the platform is asked for them: its own numbers are left out, who agreed and how is added. */
const termsOf = (granted: Iac.IntentAuthorizationCredential, sid: string | undefined): StrictJson.ExactJson => {
  const { delegation_id: _, ext, ...iac } = Iac.encode(granted) as Json
  const { vendor_private, ...others } = (ext ?? {}) as Json
  const { agreement_no: __, ...vendor } = (vendor_private ?? {}) as Json
  return { ...iac, ext: { ...others, vendor_private: vendor }, ...(sid !== undefined && { sid }) }
}

/**
 * Grants the terms to the request and remembers the token. The request must be pending: whoever comes second finds it is not,
 * and nothing is issued twice. It runs to its end even if the browser goes away.
 */
export const grant = (
  sandbox: AlipaySandbox["Service"],
  requests: Requests,
  request: ConsentRequest,
  terms: Iac.IntentAuthorizationCredential,
  account: string,
  at: Iac.IntentAuthorizationCredential["validity_end_time"]
): Effect.Effect<void> =>
  Effect.suspend(() => {
    if (request.state._tag !== "Pending") return Effect.void
    if (!Narrowing.isWithin(request.asked.terms.iac, terms)) {
      return Effect.die(new Error("the granted terms are wider than what was asked for"))
    }
    request.state = { _tag: "Granting", account }
    const granted: Iac.IntentAuthorizationCredential = {
      ...terms,
      delegator_identity: account,
      user_confirmation_method: "CONSENT_PAGE",
      user_confirmation_timestamp: at
    }
    return Effect.tap(sandbox.issueJson(termsOf(granted, request.asked.terms.sid)), ({ id }) =>
      Effect.sync(() => {
        requests.granted(request, id, account, at.epochMilliseconds)
      })
    ).pipe(
      // The terms were decoded before, so that the platform refuses them is a defect. Nothing was granted then.
      Effect.tapCause(() =>
        Effect.sync(() => {
          request.state = { _tag: "Pending" }
        })
      ),
      Effect.orDie
    )
  }).pipe(Effect.uninterruptible, Effect.asVoid)
