/**
 * VC-JWTs as nobody should accept them, and as their issuer signs them: taken apart, changed, and put together again.
 */
import { type Forgery, ProviderError, type SignedField } from "@paylayer/conformance/Provider"
import * as AgentToken from "@paylayer/alipay/AgentToken"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Crypto from "node:crypto"
import type { Token } from "../src/AlipaySandbox.ts"
import type { Keys } from "../src/internal/keys.ts"

type JsonObject = { readonly [name: string]: StrictJson.ExactJson }

const subject = "/vc/credentialSubject"

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

/** A token with these claims, signed by the issuer, whatever they are. */
const signedBy = ({ issuer }: Keys, payload: string | Uint8Array): string =>
  token(header, payload, es256(Redacted.value(issuer)))

/** The payload of a token that the sandbox issued. */
const payloadOf = (issued: Redacted.Redacted<string>): string =>
  Buffer.from(Redacted.value(issued).split(".")[1] ?? "", "base64url").toString()

const number = (text: string) => new StrictJson.JsonNumber(text)

const print = (json: StrictJson.ExactJson | undefined): string => (json === undefined ? "" : StrictJson.stringify(json))

const parsed = (text: string | Uint8Array): StrictJson.ExactJson =>
  Result.getOrElse(StrictJson.parseExact(text), () => null)

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

/** The claims around a credential: they repeat what it says, as far as it says anything. */
const claimsAround = (claims: JsonObject, credential: StrictJson.ExactJson): JsonObject => {
  const text = (name: string) => {
    const value = isObject(credential) ? credential[name] : undefined
    return typeof value === "string" && value !== "" ? value : undefined
  }
  const seconds = (name: string) => {
    const millis = Option.map(DateTime.make(text(name) ?? ""), DateTime.toEpochMillis)
    return Option.getOrUndefined(Option.map(millis, (one) => number(String(Math.floor(one / 1_000)))))
  }
  const repeated: { readonly [name: string]: StrictJson.ExactJson | undefined } = {
    sub: text("agent_id"),
    jti: text("delegation_id"),
    nbf: seconds("validity_start_time"),
    exp: seconds("validity_end_time")
  }
  return Object.entries(repeated).reduce<JsonObject>(
    (all, [name, value]) => (value === undefined ? all : { ...all, [name]: value }),
    claims
  )
}

/** The credential inside a token that the sandbox issued: the part that says what may be spent. */
export const credentialOf = (issued: Redacted.Redacted<string>): string =>
  print(at(parsed(payloadOf(issued)), subject.split("/").slice(1)))

/** A token with this credential inside, signed by the issuer, whatever the credential is. All around it is as in `like`. */
export const sealed = (credential: string | Uint8Array, like: Redacted.Redacted<string>, keys: Keys): string => {
  const claims = parsed(payloadOf(like))
  const place = "the place of the credential"
  const around = claimsAround(isObject(claims) ? claims : {}, parsed(credential))
  const [before = "", after = ""] = print(put(around, subject.split("/").slice(1), place)).split(`"${place}"`)
  return signedBy(keys, Buffer.concat([Buffer.from(before), Buffer.from(credential), Buffer.from(after)]))
}

interface Wish extends SignedField {
  /** What stands for the field in a token; all of them are changed together, so that the token still agrees with itself. */
  readonly pointers: ReadonlyArray<string>
  /** Values that the agent would like better, one for each pointer; the first set that is not there already is taken. */
  readonly values: (other: Token) => ReadonlyArray<ReadonlyArray<StrictJson.ExactJson>>
}

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

/** The token with one field changed to what the agent would like, under the signature that it had. */
export const tampered = (
  issued: Redacted.Redacted<string>,
  field: string,
  other: Token
): Result.Result<string, ProviderError> => {
  const found = wishes.find(({ name }) => name === field)
  const claims = parsed(payloadOf(issued))
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
export const forged = (issued: Redacted.Redacted<string>, forgery: Forgery, keys: Keys): string => {
  const payload = payloadOf(issued)
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
      return signedBy(keys, payload.replace('"act_version":"2.1"', '"act_version":"3.0"'))
  }
}
