import * as TokenSignature from "@paylayer/alipay/TokenSignature"
import { onThisThread } from "@paylayer/alipay/SignatureEngine"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Crypto from "node:crypto"
import * as Jws from "../conformance/jws.ts"

const pairs = {
  ES256: Crypto.generateKeyPairSync("ec", { namedCurve: "P-256" }),
  EdDSA: Crypto.generateKeyPairSync("ed25519"),
  RS256: Crypto.generateKeyPairSync("rsa", { modulusLength: 2048 })
} as const

const double = Jws.over(onThisThread)
const shipped = TokenSignature.jose

describe("the signatures of the double", () => {
  for (const algorithm of ["ES256", "EdDSA", "RS256"] as const) {
    const { privateKey, publicKey } = pairs[algorithm]
    const sign = (by: TokenSignature.Service) => by.sign("{}", { alg: algorithm }, Redacted.make(privateKey))

    it.effect(`are those of jose, both ways, with ${algorithm}`, () =>
      Effect.gen(function* () {
        for (const by of [double, shipped]) {
          const compact = yield* sign(by)
          const forged = `${compact.slice(0, compact.indexOf("."))}.${Buffer.from("[]").toString("base64url")}.${compact.split(".")[2]}`
          for (const verifier of [double, shipped]) {
            assert.isTrue(yield* verifier.verify(compact, publicKey, algorithm))
            assert.isFalse(yield* verifier.verify(forged, publicKey, algorithm))
            const other = algorithm === "EdDSA" ? "ES256" : "EdDSA"
            assert.isFalse(yield* verifier.verify(compact, pairs[other].publicKey, algorithm))
          }
        }
      })
    )
  }
})
