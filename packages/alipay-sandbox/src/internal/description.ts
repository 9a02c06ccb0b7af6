/**
 * What `GET /sandbox` says.
 */
import * as Fault from "../Fault.ts"
import { MethodName } from "../MethodName.ts"

export const description = {
  name: "Alipay's Open Platform on your own machine",
  warning: "Test material only: keys, tokens and money here are worth nothing anywhere else.",
  gateway: { url: "/gateway.do", methods: MethodName.literals },
  rest: { url: "/v3/alipay/…, the method's name with slashes" },
  endpoints: {
    "GET /sandbox/config": "app_id, keys, seller_id, issuer and jwks: what a merchant is configured with",
    "GET /sandbox/certificates": "certificates of the same keys, for certificate mode",
    "POST /sandbox/tokens":
      "issue an agent token; the body has the fields of ACT's IAC, all optional, and sid and opaque",
    "GET /sandbox/tokens/:id": "a token, its state and what is left of it",
    "POST /sandbox/tokens/:id/revoke": "end it for good",
    "POST /sandbox/tokens/:id/suspend": "stop it from paying",
    "POST /sandbox/tokens/:id/resume": "let it pay again",
    "GET /sandbox/movements": "all money that moved, in order",
    "GET /sandbox/royalties": "all money that went from the merchant to receivers, in order",
    "GET /sandbox/notifications": "what was told to the notify_url of orders, and what was answered",
    "POST /sandbox/a402/payments":
      "pay the bill of a header: payment_needed, and optionally payer; gives payment_proof",
    "GET /sandbox/a402/payments": "the bills that were paid, and which of them are confirmed",
    "POST /sandbox/a402/payments/:trade_no/close": "make a proof good for nothing",
    "GET /wallet": "a principal's page: their delegations, to suspend, resume and revoke",
    "GET /.well-known/oauth-authorization-server": "how an agent asks a principal for a delegation",
    "POST /sandbox/faults": "arm a fault: fault, and optionally method, out_trade_no, times, delay_ms",
    "GET /sandbox/faults": "what is armed",
    "DELETE /sandbox/faults": "disarm everything"
  },
  faults: Fault.names,
  notification_faults: Fault.notices
}
