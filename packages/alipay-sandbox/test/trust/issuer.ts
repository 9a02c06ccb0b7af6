/** An issuer whose private key the tests have. */
import * as AgentToken from "@paylayer/alipay/AgentToken"
import type { JWK } from "jose"
import * as Crypto from "node:crypto"

const pair = () => Crypto.generateKeyPairSync("ec", { namedCurve: "P-256" })

const one = pair()

export const issuer = "https://issuer.example"
export const issuerJwk: JWK = { ...one.publicKey.export({ format: "jwk" }), kid: "one" }
export const issuerKey = one.privateKey

/** Signs these claims as they are, whatever they say. */
export const signed = (claims: object | string, header: object = {}, key: Crypto.KeyObject = issuerKey): string => {
  const part = (value: object | string) =>
    Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url")
  const text = `${part({ alg: "ES256", typ: "vc+jwt", kid: "one", ...header })}.${part(claims)}`
  const signature = Crypto.sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" })
  return `${AgentToken.prefix}${text}.${signature.toString("base64url")}`
}

/** The claims of a token for these terms. */
export const claimsOf = (subject: Record<string, unknown>, more: object = {}): Record<string, unknown> => ({
  iss: issuer,
  sub: subject["agent_id"],
  jti: subject["delegation_id"],
  exp: Math.floor(Date.parse(String(subject["validity_end_time"])) / 1_000),
  vc: { type: ["VerifiableCredential", "ACTIntentAuthorization"], credentialSubject: subject },
  ...more
})
