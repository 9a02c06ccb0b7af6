import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { inspect } from "node:util"
import * as Rsa2 from "../src/Rsa2.ts"
import { vector } from "./vectors.ts"

const read = (name: string) => Rsa2.privateKey(Redacted.make(vector(name)))
const key = Result.getOrThrow(read("key.pkcs8.pem"))
const publicKey = Result.getOrThrow(Rsa2.publicKey(vector("key.spki.pem")))
const bare = (pem: string) => pem.replace(/-----[^-]+-----|\s/g, "")
const message = (result: Result.Result<unknown, Rsa2.KeyError>) =>
  Result.isFailure(result) ? result.failure.message : assert.fail("expected a refusal")

describe("keys", () => {
  it("reads every form that Alipay's tool and OpenSSL write as the same key", () => {
    const pkcs8 = vector("key.pkcs8.pem")
    const pkcs1 = vector("key.pkcs1.pem")
    const relabelled = `-----BEGIN RSA PRIVATE KEY-----\n${bare(pkcs8)}\n-----END RSA PRIVATE KEY-----`
    for (const text of [pkcs8, pkcs1, bare(pkcs8), bare(pkcs1), relabelled]) {
      for (const form of [text, text.replaceAll("\n", "\\n"), text.replaceAll("\n", "\r\n"), ` "${text}"\n`]) {
        const read = Result.getOrThrow(Rsa2.privateKey(Redacted.make(form)))
        assert.isTrue(Rsa2.samePublicKey(Rsa2.publicKeyOf(read), publicKey))
      }
    }
    for (const name of ["key.spki.pem", "key.rsapub.pem"]) {
      for (const text of [vector(name), bare(vector(name))]) {
        assert.isTrue(Rsa2.samePublicKey(Result.getOrThrow(Rsa2.publicKey(text)), publicKey))
      }
    }
    assert.strictEqual(Rsa2.publicKeyPem(Rsa2.publicKeyOf(key)), vector("key.spki.pem"))
  })

  it("says what is wrong with a key", () => {
    assert.match(message(read("small.pem")), /1024 bits/)
    assert.match(message(read("ec.pem")), /is an ec key/)
    assert.match(message(read("encrypted.pem")), /passphrase/)
    assert.match(message(read("certificate.pem")), /certificate/)
    assert.match(message(read("key.spki.pem")), /this is a public key/)
    assert.match(message(Rsa2.privateKey(Redacted.make(bare(vector("key.rsapub.pem"))))), /this is a public key/)
    assert.match(message(Rsa2.publicKey(vector("key.pkcs1.pem"))), /this is a private key/)
    assert.match(message(Rsa2.publicKey(bare(vector("key.pkcs8.pem")))), /this is a private key/)
    assert.match(message(Rsa2.publicKey(vector("certificate.pem"))), /certificate/)
    assert.match(message(Rsa2.publicKey("")), /empty/)
    assert.match(message(Rsa2.publicKey("/run/secrets/alipay.pem")), /path/)
    assert.match(message(Rsa2.publicKey(vector("key.spki.pem").slice(0, 200))), /one whole block/)
    assert.match(message(Rsa2.publicKey(bare(vector("key.spki.pem")).slice(0, 200))), /cut short/)
    assert.match(message(Rsa2.publicKey("not a key!")), /not Base64/)
  })

  it("never shows key material, in errors or when printed", () => {
    const pem = vector("key.pkcs8.pem")
    const body = bare(pem)
    const shown = [String(key), JSON.stringify(key), inspect(key, { depth: 9, showHidden: true }), `${key.object}`]
    for (let cut = 0; cut < pem.length; cut += 7) {
      const result = Rsa2.privateKey(Redacted.make(pem.slice(0, cut)))
      if (Result.isFailure(result)) shown.push(inspect(result, { depth: 9 }))
    }
    shown.push(inspect(Rsa2.publicKey(pem), { depth: 9 }))
    for (const text of shown) {
      for (let at = 40; at + 12 < body.length; at += 12) assert.notInclude(text, body.slice(at, at + 12))
    }
  })

  it("answers any text without throwing", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), (text) => {
        assert.isTrue(Result.isFailure(Rsa2.publicKey(text)))
        assert.isTrue(Result.isFailure(Rsa2.privateKey(Redacted.make(text))))
        assert.isTrue(Result.isFailure(Rsa2.publicKey(Buffer.from(text).toString("base64"))))
      })
    )
  })
})

describe("signatures", () => {
  for (const name of ["request", "answer"]) {
    it.effect(`agree with OpenSSL on ${name}.txt`, () =>
      Effect.gen(function* () {
        assert.strictEqual(yield* Rsa2.sign(key, vector(`${name}.txt`)), vector(`${name}.sign`))
        assert.isTrue(yield* Rsa2.verify(publicKey, vector(`${name}.txt`), vector(`${name}.sign`)))
      })
    )
  }

  it.effect("are refused when one character of text or signature differs", () =>
    Effect.gen(function* () {
      const text = vector("answer.txt")
      const signature = vector("answer.sign")
      for (let at = 0; at < signature.length; at++) {
        const other = signature.slice(0, at) + (signature[at] === "A" ? "B" : "A") + signature.slice(at + 1)
        assert.isFalse(yield* Rsa2.verify(publicKey, text, other), `signature character ${at}`)
      }
      for (let at = 0; at < text.length; at++) {
        assert.isFalse(yield* Rsa2.verify(publicKey, text.slice(0, at) + text.slice(at + 1), signature), `text ${at}`)
      }
    })
  )

  it.effect("are refused in any other writing of the same bytes", () =>
    Effect.gen(function* () {
      const signature = vector("answer.sign")
      const others = [
        "",
        "=",
        signature.replace(/=+$/, ""),
        `${signature}=`,
        `${signature}\n`,
        `\n${signature.slice(1)}`,
        signature.replaceAll("+", " "),
        signature.replaceAll("+", "-").replaceAll("/", "_"),
        "é".repeat(signature.length)
      ]
      for (const other of others) {
        assert.isFalse(yield* Rsa2.verify(publicKey, vector("answer.txt"), other), JSON.stringify(other.slice(0, 20)))
      }
    })
  )

  it("verify only under the key that made them", async () => {
    const strange = vector("strange.spki.pem")
    const other = Result.getOrThrow(Rsa2.publicKey(strange))
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: "grapheme" }), async (text) => {
        const signature = await Effect.runPromise(Rsa2.sign(key, text))
        assert.isTrue(await Effect.runPromise(Rsa2.verify(publicKey, text, signature)))
        assert.isFalse(await Effect.runPromise(Rsa2.verify(other, text, signature)))
      }),
      { numRuns: 30 }
    )
  })
})
