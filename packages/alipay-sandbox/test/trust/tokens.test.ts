/** A token says only what its issuer signed: whatever is removed, mistyped, moved or flipped in it is refused, with a reason. */
import { assert, describe, it } from "@effect/vitest"
import * as AgentToken from "@paylayer/alipay/AgentToken"
import { AlipayConfig } from "@paylayer/alipay/AlipayConfig"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import * as FastCheck from "fast-check"
import * as Crypto from "node:crypto"
import { claimsOf, issuer, issuerJwk, issuerKey, signed } from "./issuer.ts"
import { charge, code, inWorld, issue, noon, seller, validate } from "./world.ts"

const subject = (): Record<string, unknown> => ({
  delegation_id: "20261122000000000001",
  delegator_identity: "2088000000000001",
  agent_id: "agent_1",
  validity_start_time: "2026-11-22T11:00:00Z",
  validity_end_time: "2026-11-22T13:00:00Z",
  max_total_amount: 50,
  currency: "CNY",
  delegation_mode: "BOUNDED",
  allowed_payment_methods: ["BALANCE"],
  intent_id: "intent_1",
  user_confirmation_method: "FACE",
  user_confirmation_timestamp: "2026-11-22T10:59:59Z",
  source_isr_digest: "sha-256:abc",
  ext: {
    commerce: {
      max_single_amount: 20,
      min_single_amount: 1,
      allowed_categories: ["5734"],
      forbidden_categories: ["5812"],
      allowed_merchants: [seller],
      forbidden_merchants: ["2088000000000001"]
    },
    agent_behavior: { max_retry_count: 1 },
    fulfillment: { delivery_address: "here" },
    vendor_private: { times_limit: 3, agreement_no: "20260000000000000001" }
  }
})

const validated = (token: string) => code(validate(token, charge()))

type Path = ReadonlyArray<string | number>

/** Every place in a value. */
const paths = (value: unknown, at: Path = []): ReadonlyArray<Path> => [
  ...(at.length === 0 ? [] : [at]),
  ...(typeof value === "object" && value !== null
    ? Object.entries(value).flatMap(([name, member]) =>
        paths(member, [...at, Array.isArray(value) ? Number(name) : name])
      )
    : [])
]

const changed = (value: unknown, path: Path, change: (old: unknown) => unknown): unknown => {
  const [name, ...rest] = path
  if (name === undefined) return change(value)
  const copy: any = Array.isArray(value) ? [...value] : { ...(value as object) }
  copy[name] = changed(copy[name], rest, change)
  if (copy[name] === undefined && !Array.isArray(copy)) delete copy[name]
  return copy
}

const required = [
  "delegation_id",
  "delegator_identity",
  "agent_id",
  "validity_start_time",
  "validity_end_time",
  "max_total_amount"
]
// Kept as they are; no limit is read from them.
const free = /^(?:ext\.agent_behavior|ext\.fulfillment)\./

describe("a token that its issuer signed", () => {
  it.effect("is good as it is", () =>
    inWorld(Effect.map(validated(signed(claimsOf(subject()))), (seen) => assert.strictEqual(seen, "ok")))
  )

  it.effect("is malformed without any field that it must have", () =>
    inWorld(
      Effect.gen(function* () {
        for (const name of required) {
          const without = changed(subject(), [name], () => undefined) as Record<string, unknown>
          const claims = {
            ...claimsOf(subject()),
            vc: { type: ["ACTIntentAuthorization"], credentialSubject: without }
          }
          assert.strictEqual(yield* validated(signed(claims)), "credential_malformed", name)
        }
        for (const name of ["iss", "sub", "jti", "exp", "vc"]) {
          const claims = changed(claimsOf(subject()), [name], () => undefined)
          // Without an issuer there is no key to try; without a credential, nothing that ACT describes.
          const others = name === "iss" ? ["signature_invalid"] : name === "vc" ? ["unsupported_version"] : []
          assert.include(["credential_malformed", ...others], yield* validated(signed(claims as object)), name)
        }
      })
    )
  )

  it.effect("is malformed with any field of a wrong type or size, or one that nobody knows", () =>
    inWorld(
      Effect.gen(function* () {
        const never: ReadonlyArray<unknown> = [null, true, {}, [], [1], -1, "", "x".repeat(257), "\u0000"]
        const inNumbers: ReadonlyArray<unknown> = ["1.001", "1e2", "１", "+1", " 1", "1,00", "0x1", "NaN", 0.001, 1e-7]
        const inTimes: ReadonlyArray<unknown> = [
          "2026-11-22",
          "2026-11-22T11:00:00",
          "2026-02-30T11:00:00Z",
          "1795345200"
        ]
        for (const path of paths(subject())) {
          const name = path.join(".")
          if (free.test(name)) continue
          const old = path.reduce<any>((inside, key) => inside[key], subject())
          // An empty list allows nobody, and an empty object says nothing: both may be said.
          const may = (value: unknown) =>
            typeof old === "object" && JSON.stringify(value) === (Array.isArray(old) ? "[]" : "{}")
          const more = typeof old === "number" ? inNumbers : /_time|_timestamp/.test(name) ? inTimes : []
          for (const value of [...never.filter((one) => !may(one)), ...more]) {
            const bad = changed(subject(), path, () => value) as Record<string, unknown>
            const claims = { ...claimsOf(subject()), vc: { type: ["ACTIntentAuthorization"], credentialSubject: bad } }
            assert.strictEqual(
              yield* validated(signed(claims)),
              "credential_malformed",
              `${name} = ${JSON.stringify(value)}`
            )
          }
        }
        for (const path of [["max_amount"], ["ext", "limits"], ["ext", "commerce", "max_daily_amount"]]) {
          const bad = changed(subject(), path, () => 1) as Record<string, unknown>
          assert.strictEqual(yield* validated(signed(claimsOf(bad))), "credential_malformed", path.join("."))
        }
      })
    )
  )

  it.effect("is malformed with two members of one name, whichever of them is the kinder", () =>
    inWorld(
      Effect.gen(function* () {
        const text = JSON.stringify(claimsOf(subject()))
        const doubled = [
          text.replace('"max_single_amount":20', '"max_single_amount":20,"max_single_amount":2000'),
          text.replace('"max_single_amount":20', '"max_single_amount":20,"max_single_amoun\\u0074":2000'),
          text.replace('"jti"', '"jti":"1","jti"'),
          text.replace('{"iss"', '{"iss":"https://sandbox.alipay.localhost","iss"')
        ]
        for (const claims of doubled) assert.strictEqual(yield* validated(signed(claims)), "credential_malformed")
      })
    )
  )

  it.effect("is good for those only whom it names", () =>
    inWorld(
      Effect.gen(function* () {
        for (const [aud, expected] of [
          [seller, "ok"],
          [["https://other.example", seller], "ok"],
          ["2088000000000001", "merchant_not_allowed"],
          [["https://other.example"], "merchant_not_allowed"],
          [[], "credential_malformed"]
        ] as const) {
          assert.strictEqual(yield* validated(signed(claimsOf(subject(), { aud }))), expected, JSON.stringify(aud))
        }
      })
    )
  )
})

/** The token with its payload changed and its old signature. */
const forged = (token: string, change: (claims: any) => unknown): string => {
  const [head, body = "", signature] = token.slice(AgentToken.prefix.length).split(".")
  const claims = change(JSON.parse(Buffer.from(body, "base64url").toString()))
  return `${AgentToken.prefix}${head}.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.${signature}`
}

describe("a token that somebody changed", () => {
  it.effect("is signed by nobody, whichever field it was", () =>
    inWorld(
      Effect.gen(function* () {
        const token = signed(claimsOf(subject()))
        const other = (old: unknown) =>
          typeof old === "number"
            ? old + 1
            : typeof old === "string"
              ? `${old}1`
              : Array.isArray(old)
                ? [...old, "x"]
                : { ...(old as object), x: "y" }
        const claims = claimsOf(subject(), { sid: "s" })
        let tried = 0
        for (const path of paths(claims)) {
          const name = path.join(".")
          // Who does not say that he is a credential of ACT's is not one, whoever signed; and another issuer has other keys.
          if (name.startsWith("vc.type") || name === "sid") continue
          const seen = yield* validated(forged(token, (whole) => changed(whole, path, other)))
          assert.strictEqual(seen, "signature_invalid", name)
          tried++
        }
        assert.isAbove(tried, 30)
        assert.strictEqual(
          yield* validated(
            forged(token, (whole) => changed(whole, ["vc", "credentialSubject", "currency"], () => "USD"))
          ),
          "signature_invalid"
        )
        assert.strictEqual(yield* validated(forged(token, (whole) => ({ ...whole, aud: seller }))), "signature_invalid")
      })
    )
  )

  it.effect("is refused after any one bit flips", () =>
    inWorld(
      Effect.gen(function* () {
        const protocol = yield* AlipayTrust
        const { token } = yield* issue()
        const text = Redacted.value(token)
        const bits = FastCheck.tuple(FastCheck.nat(text.length - 1), FastCheck.nat(7))
        const services = yield* Effect.context<never>()
        yield* Effect.promise(() =>
          FastCheck.assert(
            FastCheck.asyncProperty(bits, async ([at, bit]) => {
              const flipped =
                text.slice(0, at) + String.fromCharCode(text.charCodeAt(at) ^ (1 << bit)) + text.slice(at + 1)
              const found = protocol.validate({ secret: Redacted.make(flipped), session: undefined }, charge())
              const seen = await Effect.runPromiseWith(services)(code(found))
              assert.include(
                ["signature_invalid", "credential_malformed", "unsupported_version"],
                seen,
                `bit ${bit} of ${at}`
              )
            }),
            { numRuns: 400 }
          )
        )
      })
    )
  )

  it.effect("is refused when it is cut anywhere", () =>
    inWorld(
      Effect.gen(function* () {
        const text = Redacted.value((yield* issue()).token)
        for (let length = 0; length < text.length; length++) {
          const seen = yield* validated(text.slice(0, length))
          // Cut before its first dot, a signed token may look like an opaque one: that is for the platform to deny.
          assert.include(["signature_invalid", "credential_malformed", length < 200 ? "ok" : "-"], seen, String(length))
        }
      })
    )
  )
})

describe("an algorithm", () => {
  it.effect("is the key's own: none, HMAC with the public key, and other algorithms are refused", () =>
    inWorld(
      Effect.gen(function* () {
        const claims = claimsOf(subject())
        const [, body] = signed(claims).slice(AgentToken.prefix.length).split(".")
        const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url")
        const none = part({ alg: "none", typ: "vc+jwt", kid: "one" })
        assert.strictEqual(yield* validated(`${AgentToken.prefix}${none}.${body}.`), "credential_malformed")
        assert.strictEqual(yield* validated(`${AgentToken.prefix}${none}.${body}.AAAA`), "signature_invalid")
        const spki = Crypto.createPublicKey(issuerKey).export({ type: "spki", format: "pem" })
        for (const secret of [spki, JSON.stringify(issuerJwk), issuerJwk.x!]) {
          const hs = part({ alg: "HS256", typ: "vc+jwt", kid: "one" })
          const mac = Crypto.createHmac("sha256", secret).update(`${hs}.${body}`).digest("base64url")
          assert.strictEqual(yield* validated(`${AgentToken.prefix}${hs}.${body}.${mac}`), "signature_invalid")
        }
        for (const alg of ["ES384", "RS256", "EdDSA", "es256", "", null, ["ES256"]]) {
          assert.strictEqual(yield* validated(signed(claims, { alg })), "signature_invalid", String(alg))
        }
        // Keys that a token brings along are nobody's.
        const thief = Crypto.generateKeyPairSync("ec", { namedCurve: "P-256" })
        const jwk = { ...thief.publicKey.export({ format: "jwk" }), kid: "one" }
        assert.strictEqual(yield* validated(signed(claims, { jwk }, thief.privateKey)), "signature_invalid")
        assert.strictEqual(yield* validated(signed(claims, { crit: ["b64"], b64: true })), "signature_invalid")
        assert.strictEqual(yield* validated(signed(claims, { typ: "JWT" })), "unsupported_version")
      })
    )
  )

  it.effect("and a key belong to one issuer", () =>
    inWorld(
      Effect.gen(function* () {
        for (const iss of ["https://sandbox.alipay.localhost", "https://issuer.example/", "https://nobody.example"]) {
          assert.strictEqual(yield* validated(signed(claimsOf(subject(), { iss }))), "signature_invalid", String(iss))
        }
        for (const kid of ["two", "", "__proto__", 1]) {
          assert.strictEqual(yield* validated(signed(claimsOf(subject()), { kid })), "signature_invalid", String(kid))
        }
      })
    )
  )
})

describe("a key", () => {
  const second = Crypto.generateKeyPairSync("ec", { namedCurve: "P-256" })
  const secondJwk = { ...second.publicKey.export({ format: "jwk" }), kid: "two" }

  const trusting = (...keys: ReadonlyArray<object>) =>
    Effect.provide(
      AlipayTrust.layer.pipe(
        Layer.provide(
          Layer.effect(
            AlipayConfig,
            Effect.map(AlipayConfig, (own) => ({ ...own, agentTokenIssuers: [{ issuer, jwks: { keys: keys as [] } }] }))
          )
        )
      ),
      { local: true }
    )

  const old = signed(claimsOf(subject()))
  const young = signed(claimsOf(subject()), { kid: "two" }, second.privateKey)

  it.effect("is rotated without a gap, and a removed one opens nothing more, not even what was verified before", () =>
    inWorld(
      Effect.gen(function* () {
        const both = Effect.all([validated(old), validated(young)])
        assert.deepStrictEqual(yield* both.pipe(trusting(issuerJwk)), ["ok", "signature_invalid"])
        assert.deepStrictEqual(yield* both.pipe(trusting(issuerJwk, secondJwk)), ["ok", "ok"])
        assert.deepStrictEqual(yield* both.pipe(trusting(secondJwk)), ["signature_invalid", "ok"])
        // Without a kid, several keys are not tried one after the other.
        const anonymous = signed(claimsOf(subject()), { kid: undefined })
        assert.strictEqual(yield* validated(anonymous).pipe(trusting(issuerJwk, secondJwk)), "signature_invalid")
        assert.strictEqual(yield* validated(anonymous).pipe(trusting(issuerJwk)), "ok")
      })
    )
  )

  it.effect("that verified a token once does not keep it alive past its end", () =>
    inWorld(
      Effect.gen(function* () {
        assert.strictEqual(yield* validated(old), "ok")
        yield* TestClock.setTime(noon + 3_599_999)
        assert.strictEqual(yield* validated(old), "ok")
        yield* TestClock.setTime(noon + 3_600_000)
        assert.strictEqual(yield* validated(old), "credential_expired")
      })
    )
  )
})
