import { assert, describe, it } from "@effect/vitest"
import * as Money from "@paylayer/core/Money"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as fc from "fast-check"
import * as Jose from "jose"
import * as Crypto from "node:crypto"
import { inspect } from "node:util"
import * as AgentToken from "../src/AgentToken.ts"
import type { Reason } from "../src/AgentTokenError.ts"
import type { IntentAuthorizationCredential } from "../src/IntentAuthorizationCredential.ts"
import { vector } from "./vectors.ts"

const issuer = "https://trust.example"
const iac: IntentAuthorizationCredential = {
  delegation_id: "d-1",
  delegator_identity: "did:example:user",
  agent_id: "agent-1",
  validity_start_time: DateTime.makeUnsafe(Date.UTC(2026, 0, 1)),
  validity_end_time: DateTime.makeUnsafe(Date.UTC(2026, 1, 1)),
  max_total_amount: Money.of("CNY", 1510n),
  delegation_mode: "SPECIFIED",
  currency: "CNY"
}

const keysOf = (type: "ec" | "ed25519" | "rsa", kid?: string) => {
  const { privateKey, publicKey } =
    type === "ec"
      ? Crypto.generateKeyPairSync("ec", { namedCurve: "P-256" })
      : type === "rsa"
        ? Crypto.generateKeyPairSync("rsa", { modulusLength: 2048 })
        : Crypto.generateKeyPairSync("ed25519")
  const named = kid === undefined ? {} : { kid }
  return {
    privateKey: Redacted.make({ ...(privateKey.export({ format: "jwk" }) as Jose.JWK), ...named }),
    jwk: { ...(publicKey.export({ format: "jwk" }) as Jose.JWK), ...named }
  }
}
const ec = keysOf("ec")
const issuers = [{ issuer, jwks: { keys: [ec.jwk] } }]

const encode = (value: unknown) =>
  Buffer.from(typeof value === "string" ? value : JSON.stringify(value)).toString("base64url")
const claims = {
  iss: issuer,
  sub: "agent-1",
  jti: "d-1",
  nbf: Date.UTC(2026, 0, 1) / 1000,
  exp: Date.UTC(2026, 1, 1) / 1000,
  vc: {
    type: ["VerifiableCredential", "ACTIntentAuthorization"],
    credentialSubject: {
      delegation_id: "d-1",
      delegator_identity: "did:example:user",
      agent_id: "agent-1",
      validity_start_time: "2026-01-01T00:00:00Z",
      validity_end_time: "2026-02-01T00:00:00Z",
      max_total_amount: 15.1
    }
  }
}

/** Signs any header and payload, also those that jose and `issue` would refuse to write. */
const forge = (header: unknown, payload: unknown, key = ec.privateKey) => {
  const signed = `${encode(header)}.${encode(payload)}`
  const object = Crypto.createPrivateKey({ key: Redacted.value(key) as Crypto.JsonWebKey, format: "jwk" })
  const signature = Crypto.sign("sha256", Buffer.from(signed), { key: object, dsaEncoding: "ieee-p1363" })
  return Redacted.make(`${AgentToken.prefix}${signed}.${signature.toString("base64url")}`)
}
const es256 = { alg: "ES256", typ: "vc+jwt" }

const verify = Effect.fnUntraced(function* (
  token: Redacted.Redacted<string>,
  config: Partial<AgentToken.VerifierConfig> = {}
) {
  const verifier = yield* AgentToken.verifier({ issuers, ...config })
  return yield* verifier.verify(token)
})
const reason = (token: Redacted.Redacted<string>, config?: Partial<AgentToken.VerifierConfig>) =>
  Effect.map(Effect.flip(verify(token, config)), (error): Reason => {
    if (error._tag !== "AgentTokenError") return assert.fail(error.message)
    const shown = `${inspect(error, { depth: 9 })}${error.message}${JSON.stringify(error)}`
    for (const part of Redacted.value(token).split(".")) if (part.length > 12) assert.notInclude(shown, part.slice(-12))
    return error.reason
  })
const expectReason = (
  expected: Reason["_tag"],
  token: Redacted.Redacted<string>,
  config?: Partial<AgentToken.VerifierConfig>
) => Effect.map(reason(token, config), ({ _tag }) => assert.strictEqual(_tag, expected))

describe("form", () => {
  it("tells the kinds apart", () => {
    const jwt = Redacted.value(forge(es256, claims))
    const kinds: ReadonlyArray<readonly [string, AgentToken.Form["_tag"]]> = [
      ["alipay_agent_token_abc12345", "Opaque"],
      [`alipay_agent_token_${"a".repeat(200)}`, "Opaque"],
      [jwt, "VcJwt"],
      ["", "Malformed"],
      ["alipay_agent_token_", "Malformed"],
      ["alipay_agent_token_abc1234", "Malformed"],
      [`alipay_agent_token_${"a".repeat(201)}`, "Malformed"],
      ["alipay_agent_token_abc 12345", "Malformed"],
      ["alipay_agent_token_abc12345\n", "Malformed"],
      ["ALIPAY_AGENT_TOKEN_abc12345", "Malformed"],
      [jwt.slice(AgentToken.prefix.length), "Malformed"],
      [` ${jwt}`, "Malformed"],
      [`${jwt}.`, "Malformed"],
      [`${jwt}=`, "Malformed"],
      [`${jwt}.e30.e30`, "Malformed"],
      [jwt.replace(/\.[^.]*$/, "."), "Malformed"],
      [Redacted.value(forge('{"alg":"ES256","typ":"vc+jwt","alg":"none"}', claims)), "Malformed"],
      [Redacted.value(forge(es256, '{"iss":"a","iss":"b"}')), "Malformed"],
      [Redacted.value(forge(es256, [])), "Malformed"],
      [Redacted.value(forge(es256, `\uFEFF${JSON.stringify(claims)}`)), "Malformed"],
      [Redacted.value(forge(es256, { ...claims, padding: "x".repeat(8_192) })), "Malformed"],
      [Redacted.value(forge({ alg: "ES256" }, claims)), "UnsupportedVersion"],
      [Redacted.value(forge({ alg: "ES256", typ: "dc+sd-jwt" }, claims)), "UnsupportedVersion"],
      [Redacted.value(forge(es256, { ...claims, vc: undefined })), "UnsupportedVersion"],
      [
        Redacted.value(forge(es256, { ...claims, vc: { ...claims.vc, type: ["VerifiableCredential"] } })),
        "UnsupportedVersion"
      ],
      [Redacted.value(forge(es256, { ...claims, act_version: "3.0" })), "UnsupportedVersion"],
      [Redacted.value(forge(es256, { ...claims, act_version: "2.1" })), "VcJwt"]
    ]
    for (const [text, kind] of kinds) assert.strictEqual(AgentToken.form(text)._tag, kind, text.slice(0, 60))
  })

  it("answers any text", () => {
    const parts = fc.array(fc.oneof(fc.json().map(encode), fc.string({ unit: "binary" })), { maxLength: 5 })
    fc.assert(
      fc.property(fc.boolean(), parts, (prefixed, parts) => {
        const kind = AgentToken.form((prefixed ? AgentToken.prefix : "") + parts.join("."))._tag
        assert.include(["Malformed", "UnsupportedVersion", "Opaque"], kind)
      })
    )
  })
})

describe("verify", () => {
  for (const type of ["ec", "ed25519", "rsa"] as const) {
    it.effect(`believes what an issuer signed with ${type}`, () =>
      Effect.gen(function* () {
        const { privateKey, jwk } = keysOf(type, "k1")
        const token = yield* AgentToken.issue(iac, { privateKey, issuer, kid: "k1", sid: "s-1", audience: "m-1" })
        const result = yield* verify(token, { issuers: [{ issuer, jwks: { keys: [jwk] } }], audience: "m-1" })
        assert.deepStrictEqual(
          { ...result, credential: result.credential.max_total_amount },
          {
            iss: issuer,
            jti: "d-1",
            sid: "s-1",
            audience: ["m-1"],
            credential: Money.of("CNY", 1510n)
          }
        )
      })
    )
  }

  it.effect("agrees with OpenSSL on token.txt", () =>
    Effect.gen(function* () {
      const key = Crypto.createPublicKey(vector("key.spki.pem")).export({ format: "jwk" }) as Jose.JWK
      const keys = { issuers: [{ issuer, jwks: { keys: [key] } }] }
      const token = vector("token.txt")
      const { sid, credential } = yield* verify(Redacted.make(token), keys)
      assert.strictEqual(sid, "s-1")
      assert.deepStrictEqual(credential.max_total_amount, Money.of("CNY", 1510n))
      for (let at = AgentToken.prefix.length; at < token.length; at += 5) {
        const other = token.slice(0, at) + (token[at] === "A" ? "B" : "A") + token.slice(at + 1)
        assert.isTrue((yield* Effect.exit(verify(Redacted.make(other), keys)))._tag === "Failure", `character ${at}`)
      }
    })
  )

  it.effect("refuses algorithms that are not the key's, or that anyone could sign with", () =>
    Effect.gen(function* () {
      const rsa = keysOf("rsa")
      const publicPem = Crypto.createPublicKey({ key: rsa.jwk as Crypto.JsonWebKey, format: "jwk" }).export({
        type: "spki",
        format: "pem"
      })
      const rsaIssuers = { issuers: [{ issuer, jwks: { keys: [rsa.jwk] } }] }
      const signed = `${encode({ alg: "HS256", typ: "vc+jwt" })}.${encode(claims)}`
      const mac = Crypto.createHmac("sha256", publicPem).update(signed).digest("base64url")
      yield* expectReason("AlgorithmRefused", Redacted.make(`${AgentToken.prefix}${signed}.${mac}`), rsaIssuers)
      for (const alg of ["none", "None", "HS256", "HS512", "RS512", "PS256", "", undefined, null, ["ES256"], "RS256"]) {
        yield* expectReason("AlgorithmRefused", forge({ ...es256, alg }, claims))
      }
      yield* expectReason("AlgorithmRefused", forge(es256, claims), { algorithms: ["EdDSA"] })
      yield* expectReason("AlgorithmRefused", forge({ ...es256, crit: ["b64"], b64: false }, claims))
      yield* expectReason("AlgorithmRefused", forge({ ...es256, crit: [] }, claims))
    })
  )

  it.effect("refuses strangers", () =>
    Effect.gen(function* () {
      yield* expectReason("UnknownIssuer", forge(es256, { ...claims, iss: "https://trust.example/" }))
      yield* expectReason("Malformed", forge(es256, { ...claims, iss: undefined }))
      yield* expectReason("Malformed", forge(es256, { ...claims, iss: [issuer] }))
      yield* expectReason("SignatureInvalid", forge(es256, claims, keysOf("ec").privateKey))
      yield* expectReason("SignatureInvalid", forge({ ...es256, jwk: ec.jwk }, claims, keysOf("ec").privateKey))
      yield* expectReason("NoTerms", Redacted.make("alipay_agent_token_abc12345"))
      yield* expectReason("Malformed", Redacted.make("alipay_agent_token_abc"))
      yield* expectReason("UnsupportedVersion", forge(es256, { ...claims, cnf: { jkt: "x" } }))
    })
  )

  it.effect("needs the header to name the key where an issuer has several", () =>
    Effect.gen(function* () {
      const [one, two] = [keysOf("ec", "one"), keysOf("ec", "two")]
      const several = { issuers: [{ issuer, jwks: { keys: [one.jwk, two.jwk] } }] }
      const { jti } = yield* verify(forge({ ...es256, kid: "two" }, claims, two.privateKey), several)
      assert.strictEqual(jti, "d-1")
      yield* expectReason("UnknownKey", forge(es256, claims, two.privateKey), several)
      yield* expectReason("UnknownKey", forge({ ...es256, kid: "three" }, claims, two.privateKey), several)
      yield* expectReason("SignatureInvalid", forge({ ...es256, kid: "one" }, claims, two.privateKey), several)
      yield* expectReason("UnknownKey", forge({ ...es256, kid: "one" }, claims))
    })
  )

  it.effect("names every claim that disagrees with the credential", () =>
    Effect.gen(function* () {
      const paths = (payload: object, config?: Partial<AgentToken.VerifierConfig>) =>
        Effect.map(reason(forge(es256, { ...claims, ...payload }), config), (reason) =>
          reason._tag === "TermsInvalid" ? reason.issues.map(({ path }) => path) : reason._tag
        )
      assert.deepStrictEqual(yield* paths({ jti: "d-2" }), ["/jti"])
      assert.deepStrictEqual(
        yield* paths({ jti: undefined, sub: "other", sid: 1, aud: [], nbf: 0, exp: "1", iat: -1 }),
        ["/jti", "/sub", "/sid", "/aud", "/nbf", "/exp", "/iat"]
      )
      assert.deepStrictEqual(yield* paths({ exp: undefined }), ["/exp"])
      assert.deepStrictEqual(yield* paths({ exp: claims.exp + 1 }), ["/exp"])
      assert.deepStrictEqual(yield* paths({ exp: claims.exp + 6 }, { leewaySeconds: 5 }), ["/exp"])
      assert.strictEqual(
        (yield* verify(forge(es256, { ...claims, exp: claims.exp + 5 }), { leewaySeconds: 5 })).jti,
        "d-1"
      )
      assert.strictEqual((yield* verify(forge(es256, { ...claims, nbf: undefined }))).jti, "d-1")
      const credentialSubject = { ...claims.vc.credentialSubject, max_total_amount: 15.101, agent_id: undefined }
      assert.deepStrictEqual(
        (yield* paths({ vc: { ...claims.vc, credentialSubject } })).toString().split(",").toSorted(),
        ["/vc/credentialSubject/agent_id", "/vc/credentialSubject/max_total_amount"]
      )
      assert.deepStrictEqual(yield* paths({ vc: { type: claims.vc.type } }), ["/vc/credentialSubject"])
    })
  )

  it.effect("keeps tokens to their audience and to a lifetime", () =>
    Effect.gen(function* () {
      const addressed = forge(es256, { ...claims, aud: ["m-1", "m-2"] })
      assert.deepStrictEqual((yield* verify(addressed)).audience, ["m-1", "m-2"])
      assert.deepStrictEqual((yield* verify(addressed, { audience: "m-2" })).audience, ["m-1", "m-2"])
      yield* expectReason("WrongAudience", addressed, { audience: "m-3" })
      assert.deepStrictEqual((yield* verify(forge(es256, claims), { audience: "m-3" })).audience, [])
      assert.strictEqual((yield* verify(addressed, { maximumLifetime: Duration.days(31) })).jti, "d-1")
      yield* expectReason("LifetimeTooLong", addressed, { maximumLifetime: Duration.days(30) })
    })
  )

  it.effect("remembers what it verified, and only that", () =>
    Effect.gen(function* () {
      const verifier = yield* AgentToken.verifier({ issuers, capacity: 2 })
      const [a, b, c] = ["a", "b", "c"].map((sid) => forge(es256, { ...claims, sid }))
      const first = yield* verifier.verify(a!)
      assert.strictEqual(yield* verifier.verify(a!), first)
      yield* verifier.verify(b!)
      assert.strictEqual(yield* verifier.verify(a!), first)
      yield* verifier.verify(c!)
      assert.strictEqual(yield* verifier.verify(a!), first, "b was used longest ago")
      yield* verifier.verify(b!)
      yield* verifier.verify(c!)
      assert.notStrictEqual(yield* verifier.verify(a!), first, "a was forgotten")
      const tampered = Redacted.make(Redacted.value(a!).replace(/.{10}$/, "AAAAAAAAAA"))
      for (const _ of [1, 2])
        assert.strictEqual((yield* Effect.flip(verifier.verify(tampered))).reason._tag, "SignatureInvalid")
    })
  )
})

describe("issuer keys", () => {
  it.effect("that cannot be used are refused at the start, by position", () =>
    Effect.gen(function* () {
      const message = (keys: ReadonlyArray<Jose.JWK>, more: ReadonlyArray<AgentToken.Issuer> = []) =>
        Effect.map(
          Effect.flip(AgentToken.verifier({ issuers: [{ issuer, jwks: { keys: [...keys] } }, ...more] })),
          (error) => error.message
        )
      const small = Crypto.generateKeyPairSync("rsa", { modulusLength: 1024 }).publicKey.export({
        format: "jwk"
      }) as Jose.JWK
      assert.match(yield* message([]), /no keys/)
      assert.match(yield* message([Redacted.value(ec.privateKey)]), /key 1 .* private key/)
      assert.match(yield* message([{ kty: "oct", k: "AAAA", alg: "HS256" }]), /none of ES256/)
      assert.match(yield* message([{ ...ec.jwk, alg: "ES512" }]), /none of ES256/)
      assert.match(yield* message([{ ...ec.jwk, use: "enc" }]), /not for signatures/)
      assert.match(yield* message([{ ...ec.jwk, x: "AAAA" }]), /not a usable ES256 key/)
      assert.match(yield* message([small]), /1024 bits/)
      assert.match(yield* message([ec.jwk, ec.jwk]), /own kid/)
      assert.match(yield* message([ec.jwk], issuers), /configured twice/)
    })
  )
})
