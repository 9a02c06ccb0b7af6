/**
 * A payment proof: what an agent that has paid a bill sends with its request, in the header `Payment-Proof`.
 *
 * Alipay's product writes it as standard Base64 of JSON, ACT 2.1 as Base64URL; both are read, padded or not. Whatever the
 * spelling, one proof is one credential: `detect` gives it as `toHeader` writes it.
 */
import * as Detection from "@paylayer/core/Detection"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as HeaderJson from "./internal/headerJson.ts"
import * as Fields from "./internal/iacFields.ts"

/** The request header, in lower case. */
export const header = "payment-proof"

/** Alipay's number of a trade: digits, as far as anybody has seen. */
const TradeNo = Schema.String.check(Schema.isPattern(/^[0-9A-Za-z_-]{1,64}$/))

const Json = Schema.Struct({
  protocol: Schema.Struct({ payment_proof: Fields.Text, trade_no: TradeNo }),
  method: Schema.Struct({ client_session: Fields.Text })
})

export interface PaymentProof {
  /** The secret: 64 hexadecimal digits, as far as anybody has seen. */
  readonly payment_proof: Redacted.Redacted<string>
  readonly trade_no: string
  /** The session of the wallet that paid. */
  readonly client_session: string
}

/** The header's value, as Alipay's product writes it: standard Base64, padded. */
export const toHeader = ({ client_session, payment_proof, trade_no }: PaymentProof): string =>
  Buffer.from(
    JSON.stringify({
      protocol: { payment_proof: Redacted.value(payment_proof), trade_no },
      method: { client_session }
    })
  ).toString("base64")

const read = HeaderJson.reader(Json)

/** Reads the header's value in any of its four forms, or says what is wrong with it, naming the members. */
export const fromHeader = (text: string): Result.Result<PaymentProof, string> =>
  Result.map(read(text), ({ method, protocol }) => ({
    payment_proof: Redacted.make(protocol.payment_proof),
    trade_no: protocol.trade_no,
    client_session: method.client_session
  }))

/** The one proof of a request. What cannot be read is found too, and refused when it is validated. */
export const detect = (headers: RequestHeaders.RequestHeaders): Detection.Detection<Detection.Credential> => {
  const [sent, ...others] = RequestHeaders.distinct(headers, header)
  if (sent === undefined) return Detection.none
  if (others.length > 0) return Detection.ambiguous([`${header} more than once`])
  return Detection.found({
    secret: Redacted.make(Result.match(fromHeader(sent), { onSuccess: toHeader, onFailure: () => sent }))
  })
}
