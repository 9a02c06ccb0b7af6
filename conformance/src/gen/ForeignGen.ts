/**
 * Requests of other payment protocols and authentication schemes, with credentials of the right shape.
 */
import type { Entry } from "./HeaderGen.ts"
import * as HeaderGen from "./HeaderGen.ts"
import * as Gen from "../Gen.ts"

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

/** Base64URL, as tokens of most protocols are. */
const base64url = (length: number): Gen.Gen<string> =>
  Gen.array(Gen.constantFrom(...letters), { minLength: length, maxLength: length }).map((all) => all.join(""))

const hex = (length: number): Gen.Gen<string> =>
  Gen.array(Gen.constantFrom(..."0123456789abcdef"), { minLength: length, maxLength: length }).map((all) =>
    all.join("")
  )

/** A JWT's three parts; the first says RS256. */
const jwt: Gen.Gen<string> = Gen.tuple(base64url(40), base64url(43)).map(
  ([claims, signature]) => `eyJhbGciOiJSUzI1NiIsInR5cCI6IkpXVCJ9.${claims}.${signature}`
)

/** Headers that belong to one protocol alone. */
const named: Gen.Gen<Entry> = Gen.oneof(
  Gen.tuple(
    Gen.constantFrom(
      "x-payment",
      "payment-signature",
      "payment-proof",
      "payment-required",
      "x-cashu",
      "skyfire-pay-id",
      "x-api-key",
      "x-paid-access",
      "stripe-signature"
    ),
    Gen.oneof(base64url(48), jwt)
  ),
  hex(32).map((nonce): Entry => [
    "signature-input",
    `sig1=("@authority" "@path");nonce="${nonce}";tag="agent-payer-auth"`
  ])
)

/** Everything that shares the header `authorization`. */
const authorization: Gen.Gen<Entry> = Gen.oneof(
  Gen.tuple(
    Gen.constantFrom("Payment", "L402", "LSAT", "Token", "ApiKey", "Macaroon", "Cashu", "GNAP"),
    base64url(40)
  ).map(([scheme, token]): Entry => ["authorization", `${scheme} ${token}`]),
  Gen.tuple(base64url(24), hex(64)).map(([macaroon, preimage]): Entry => [
    "authorization",
    `L402 ${macaroon}==:${preimage}`
  ]),
  Gen.oneof(jwt, base64url(32)).map((token): Entry => ["authorization", `Bearer ${token}`]),
  Gen.oneof(jwt).map((token): Entry => ["authorization", `DPoP ${token}`]),
  hex(32).map((response): Entry => [
    "authorization",
    `Digest username="agent", realm="api", uri="/report", response="${response}"`
  ]),
  hex(64).map((signature): Entry => [
    "authorization",
    `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20300305/us-east-1/api/aws4_request, Signature=${signature}`
  ])
)

/** A request of another protocol. */
export const entry: Gen.Gen<Entry> = Gen.oneof(
  { weight: 2, arbitrary: Gen.constantFrom(...HeaderGen.foreign) },
  { weight: 3, arbitrary: named },
  { weight: 3, arbitrary: authorization }
)

/** Where others carry their credentials, and what stands before them there. */
export const carrier: Gen.Gen<readonly [name: string, before: string]> = Gen.constantFrom(
  ["x-payment", ""],
  ["payment-signature", ""],
  ["payment-proof", ""],
  ["x-api-key", ""],
  ["proxy-authorization", "Bearer "],
  ["authorization", "Bearer "],
  ["authorization", "Basic "],
  ["authorization", "Payment "],
  ["authorization", "L402 "],
  ["authorization", "Token "],
  ["authorization", ""],
  ["cookie", "payment="],
  ["referer", "https://api.example/?payment="],
  ["x-request-id", ""]
)
