/**
 * A token as the control endpoints show it: ACT's terms as they were granted, and what has become of them.
 */
import * as Iac from "@paylayer/alipay/IntentAuthorizationCredential"
import * as Money from "@paylayer/core/Money"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Redacted from "effect/Redacted"
import type { Token } from "../AlipaySandbox.ts"

const json = (token: Token): string => {
  const { external_agreement_no, external_delegation_id, id, opaque, remaining, remaining_times, sid, status } = token
  const known = {
    id,
    token: Redacted.value(token.token),
    status,
    opaque,
    agreement_no: token.agreement_no,
    external_agreement_no,
    external_delegation_id,
    remaining_amount: Money.decimalString(remaining),
    ...(remaining_times === undefined ? {} : { remaining_times: new StrictJson.JsonNumber(String(remaining_times)) }),
    ...(sid === undefined ? {} : { sid }),
    ...(Iac.encode(token.terms) as Record<string, StrictJson.ExactJson>)
  }
  return StrictJson.stringify(known)
}

export const response = (token: Token, status = 200): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(json(token), { status, contentType: "application/json" })
