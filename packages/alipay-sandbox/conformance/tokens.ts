/**
 * VC-JWTs as nobody should accept them, and as their issuer signs them: taken apart, changed, and put together again.
 */
import { type Forgery, ProviderError, type SignedField } from "@paylayer/conformance/Provider"
import * as AgentToken from "@paylayer/alipay/AgentToken"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Crypto from "node:crypto"
import type { Token } from "../src/AlipaySandbox.ts"
import type { Keys } from "../src/internal/keys.ts"

type JsonObject = { readonly [name: string]: StrictJson.ExactJson }

/** The pointer of the credential inside the claims. */
export const subject = "/vc/credentialSubject"

const commerce = `${subject}/ext/commerce`
const vendor = `${subject}/ext/vendor_private`

const header = { alg: "ES256", typ: "vc+jwt", kid: "sandbox-issuer" }

const base64 = (text: string | Uint8Array): string => Buffer.from(text).toString("base64url")

const token = (head: object, payload: string | Uint8Array, sign: (text: string) => string): string => {
  const text = `${base64(JSON.stringify(head))}.${base64(payload)}`
  return `${AgentToken.prefix}${text}.${sign(text)}`
}

const es256 = (key: Crypto.KeyObject) => (text: string) =>
  Crypto.sign("sha256", Buffer.from(text), { key, dsaEncoding: "ieee-p1363" }).toString("base64url")

const strangerKey = Crypto.generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey

/** A token with this payload, signed by the issuer, whatever the payload is. */
export const sealed = (payload: string | Uint8Array, { issuer }: Keys): string =>
  token(header, payload, es256(Redacted.value(issuer)))

/** The payload of a token that the sandbox issued. */
export const payloadOf = (issued: Redacted.Redacted<string>): string =>
  Buffer.from(Redacted.value(issued).split(".")[1] ?? "", "base64url").toString()

const isObject = (json: StrictJson.ExactJson | undefined): json is JsonObject =>
  Predicate.isObject(json) && !Array.isArray(json) && !(json instanceof StrictJson.JsonNumber)

const at = (json: StrictJson.ExactJson | undefined, path: ReadonlyArray<string>): StrictJson.ExactJson | undefined =>
  path.reduce<StrictJson.ExactJson | undefined>((value, name) => (isObject(value) ? value[name] : undefined), json)

const put = (
  json: JsonObject,
  [name = "", ...rest]: ReadonlyArray<string>,
  value: StrictJson.ExactJson
): JsonObject => {
  const inner = json[name]
  return { ...json, [name]: rest.length === 0 ? value : put(isObject(inner) ? inner : {}, rest, value) }
}

interface Wish extends SignedField {
  /** What stands for the field in a token; all of them are changed together, so that the token still agrees with itself. */
  readonly pointers: ReadonlyArray<string>
  /** Values that the agent would like better, one for each pointer; the first set that is not there already is taken. */
  readonly values: (other: Token) => ReadonlyArray<ReadonlyArray<StrictJson.ExactJson>>
}

const number = (text: string) => new StrictJson.JsonNumber(text)

const wish = (
  name: string,
  covers: SignedField["covers"],
  pointers: ReadonlyArray<string>,
  ...values: ReadonlyArray<ReadonlyArray<StrictJson.ExactJson>>
): Wish => ({ name, covers, pointers, values: () => values })

const wishes: ReadonlyArray<Wish> = [
  wish("iss", "other", ["/iss"], ["https://issuer.example"]),
  wish("agent_id", "other", [`${subject}/agent_id`, "/sub"], ["another-agent", "another-agent"]),
  {
    name: "delegation_id",
    covers: "nonce",
    pointers: [`${subject}/delegation_id`, "/jti", `${vendor}/agreement_no`],
    values: ({ agreement_no, delegation_id }) => [[delegation_id, delegation_id, agreement_no]]
  },
  wish("delegator_identity", "payer", [`${subject}/delegator_identity`], ["2088999999999999"], ["2088999999999998"]),
  wish(
    "validity_start_time",
    "expiry",
    [`${subject}/validity_start_time`, "/nbf"],
    ["2001-01-01T00:00:00Z", number("978307200")]
  ),
  wish(
    "validity_end_time",
    "expiry",
    [`${subject}/validity_end_time`, "/exp"],
    ["2099-01-01T00:00:00Z", number("4070908800")]
  ),
  wish("max_total_amount", "amount", [`${subject}/max_total_amount`], [number("888888888888.88")], [number("777.77")]),
  wish("currency", "currency", [`${subject}/currency`], ["EUR"], ["USD"]),
  wish("max_single_amount", "amount", [`${commerce}/max_single_amount`], [number("88888888.88")], [number("777.77")]),
  wish("min_single_amount", "amount", [`${commerce}/min_single_amount`], [number("0.01")], [number("0.00")]),
  wish("allowed_merchants", "payee", [`${commerce}/allowed_merchants`], [["2088000000000000", "2088999999999999"]]),
  wish("forbidden_merchants", "payee", [`${commerce}/forbidden_merchants`], [["2088999999999999"]]),
  wish("allowed_categories", "other", [`${commerce}/allowed_categories`], [["5734", "7995"]], [["7995"]]),
  wish("forbidden_categories", "other", [`${commerce}/forbidden_categories`], [["1234"]]),
  wish("times_limit", "other", [`${vendor}/times_limit`], [number("999999")], [number("999998")])
]

/** What the signature covers: every claim, and so every term. */
export const signedFields: ReadonlyArray<SignedField> = wishes.map(({ covers, name }) => ({ covers, name }))

const print = (json: StrictJson.ExactJson | undefined): string => (json === undefined ? "" : StrictJson.stringify(json))

/** The token with one field changed to what the agent would like, under the signature that it had. */
export const tampered = (
  issued: Redacted.Redacted<string>,
  field: string,
  other: Token
): Result.Result<string, ProviderError> => {
  const found = wishes.find(({ name }) => name === field)
  const claims = Result.getOrElse(StrictJson.parseExact(payloadOf(issued)), () => null)
  if (found === undefined || !isObject(claims)) {
    return Result.fail(new ProviderError({ message: `no signed field is called ${field}` }))
  }
  const paths = found.pointers.map((pointer) => pointer.split("/").slice(1))
  const values = found.values(other).find((set) => print(set[0]) !== print(at(claims, paths[0] ?? []))) ?? []
  const changed = paths.reduce((json, path, index) => put(json, path, values[index] ?? null), claims)
  const [head = "", , signature = ""] = Redacted.value(issued).split(".")
  return Result.succeed([head, base64(StrictJson.stringify(changed)), signature].join("."))
}

/** A token that its issuer never signed, with the payload of one that it did. */
export const forged = (payload: string, forgery: Forgery, keys: Keys): string => {
  switch (forgery) {
    case "unknown-key":
      return token(header, payload, es256(strangerKey))
    case "unsigned":
      return token({ ...header, alg: "none" }, payload, () => "")
    case "key-confusion": {
      const secret = Crypto.createPublicKey(Redacted.value(keys.issuer)).export({ type: "spki", format: "pem" })
      const mac = (text: string) => Crypto.createHmac("sha256", secret).update(text).digest("base64url")
      return token({ ...header, alg: "HS256" }, payload, mac)
    }
    case "other-version":
      return sealed(payload.replace('"act_version":"2.1"', '"act_version":"3.0"'), keys)
  }
}
