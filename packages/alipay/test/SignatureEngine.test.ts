import { assert, describe, it } from "@effect/vitest"
import * as AgentToken from "@paylayer/alipay/AgentToken"
import * as Iac from "@paylayer/alipay/IntentAuthorizationCredential"
import { onThisThread, onThreadPool, type Scheme, SignatureEngine } from "@paylayer/alipay/SignatureEngine"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Jose from "jose"
import * as Crypto from "node:crypto"

const engines = { onThisThread, onThreadPool }
const pairs = {
  ES256: Crypto.generateKeyPairSync("ec", { namedCurve: "P-256" }),
  EdDSA: Crypto.generateKeyPairSync("ed25519"),
  RS256: Crypto.generateKeyPairSync("rsa", { modulusLength: 2048 })
}
const schemes: Readonly<Record<keyof typeof pairs, Scheme>> = {
  ES256: { digest: "sha256", dsaEncoding: "ieee-p1363" },
  EdDSA: { digest: null },
  RS256: { digest: "sha256" }
}
const issuer = "https://trust.example"

const iac = Result.getOrThrow(
  Iac.decodeJson(
    JSON.stringify({
      delegation_id: "2026010100000001",
      delegator_identity: "2088000000000001",
      agent_id: "agent-1",
      validity_start_time: "2026-01-01T00:00:00Z",
      validity_end_time: "2026-12-31T00:00:00Z",
      max_total_amount: 100
    })
  )
)

for (const [name, engine] of Object.entries(engines)) {
  describe(`signatures ${name}`, () => {
    for (const algorithm of ["ES256", "EdDSA", "RS256"] as const) {
      const { privateKey, publicKey } = pairs[algorithm]
      const jwk = { ...(publicKey.export({ format: "jwk" }) as Jose.JWK), alg: algorithm }

      it.effect(`of ${algorithm} are those that jose reads and writes`, () =>
        Effect.gen(function* () {
          const token = yield* AgentToken.issue(iac, { privateKey: Redacted.make(privateKey), algorithm, issuer })
          const compact = Redacted.value(token).slice(AgentToken.prefix.length)
          const read = yield* Effect.promise(() => Jose.compactVerify(compact, publicKey))
          const written = yield* Effect.promise(() =>
            new Jose.CompactSign(read.payload).setProtectedHeader(read.protectedHeader).sign(privateKey)
          )
          const verifier = yield* AgentToken.verifier({ issuers: [{ issuer, jwks: { keys: [jwk] } }] })
          const { jti } = yield* verifier.verify(Redacted.make(AgentToken.prefix + written))
          assert.strictEqual(jti, iac.delegation_id)
        }).pipe(Effect.provideService(SignatureEngine, engine))
      )

      it.effect(`of ${algorithm} are refused where a bit, the length, the key or the text is another`, () =>
        Effect.gen(function* () {
          const scheme = schemes[algorithm]
          const data = Buffer.from("text")
          const signature = yield* engine.sign(scheme, data, Redacted.make(privateKey))
          const flipped = Uint8Array.from(signature, (byte, index) => (index === 7 ? byte ^ 1 : byte))
          const holds = (bytes: Uint8Array, text = data, key = publicKey) => engine.verify(scheme, text, key, bytes)
          assert.isTrue(yield* holds(signature))
          const others = [flipped, signature.subarray(1), new Uint8Array(), Uint8Array.from([...signature, 0])]
          for (const other of others) assert.isFalse(yield* holds(other))
          assert.isFalse(yield* holds(signature, Buffer.from("text ")))
          for (const key of Object.values(pairs)) {
            if (key.publicKey !== publicKey) assert.isFalse(yield* holds(signature, data, key.publicKey))
          }
        })
      )
    }

    it.effect("with a key that cannot sign is a defect", () =>
      Effect.gen(function* () {
        const signed = engine.sign({ digest: "sha256" }, Buffer.from("text"), Redacted.make(pairs.RS256.publicKey))
        assert.strictEqual((yield* Effect.exit(signed))._tag, "Failure")
      })
    )
  })
}
