import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import * as Certificate from "../src/Certificate.ts"
import * as Rsa2 from "../src/Rsa2.ts"
import { vector } from "./vectors.ts"

const read = (name: string) => Result.getOrThrow(Certificate.read(vector(name)))
const refusal = (text: string) => {
  const result = Certificate.read(text)
  return Result.isFailure(result) ? result.failure.message : assert.fail("accepted")
}

describe("the SN of a certificate", () => {
  it("is the one that OpenSSL's text gives: issuer last part first, escaped as RFC 2253 says, and the decimal number", () => {
    assert.strictEqual(read("app.crt")[0]!.serial, vector("app.sn"))
    assert.strictEqual(read("alipay.crt")[0]!.serial, vector("alipay.sn"))
  })

  it("of a root file is those of the ones that an RSA key signed, in order", () => {
    const roots = read("root.crt")
    assert.deepStrictEqual(
      roots.map(({ signedWithRsa }) => signedWithRsa),
      [true, false, true]
    )
    assert.strictEqual(Certificate.rootSerial(roots), vector("root.sn"))
    assert.strictEqual(Certificate.rootSerial(roots.slice(1, 2)), "")
  })
})

describe("a certificate", () => {
  it("tells its key, its time, and whether it signs others", () => {
    const [alipay, root] = read("alipay.crt")
    assert.isTrue(Rsa2.samePublicKey(alipay!.key!, Result.getOrThrow(Rsa2.publicKey(vector("key.spki.pem")))))
    assert.deepStrictEqual([alipay!.authority, root!.authority], [false, true])
    assert.isAbove(alipay!.notAfter, alipay!.notBefore + 36_000 * 86_400_000)
    assert.isUndefined(read("root.crt")[1]!.key)
  })

  it("may be pasted with written line breaks", () => {
    const pasted = Result.getOrThrow(Certificate.read(vector("alipay.crt").replaceAll("\n", "\\n")))
    assert.strictEqual(pasted[0]!.serial, vector("alipay.sn"))
  })

  it("is refused where it is none, in words", () => {
    assert.match(refusal(""), /no -----BEGIN CERTIFICATE/)
    assert.match(refusal(vector("key.pkcs8.pem")), /is a key/)
    assert.match(refusal("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----"), /no certificate/)
    assert.match(refusal("x".repeat(200_000)), /too long/)
  })

  it("that is cut or altered is another one or none, and never a throw", () => {
    const pem = vector("app.crt")
    fc.assert(
      fc.property(fc.nat(pem.length - 1), fc.constantFrom("", "A", "/", "\n", "-"), (at, character) => {
        const result = Certificate.read(pem.slice(0, at) + character + pem.slice(at + 1))
        assert.isBoolean(Result.isSuccess(result))
      }),
      { numRuns: 300 }
    )
  })
})
