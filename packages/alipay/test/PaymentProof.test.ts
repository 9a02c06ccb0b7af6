/** A proof: read in four spellings, one credential in all of them, and nothing else is one. */
import { assert, describe, it } from "@effect/vitest"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as fc from "fast-check"
import { inspect } from "node:util"
import * as PaymentProof from "../src/PaymentProof.ts"
import { vector } from "./vectors.ts"

const standard = vector("proof.base64")

/** The four ways to write some bytes, as far as they differ. */
const spellings = (bytes: string | Uint8Array): ReadonlyArray<string> => {
  const padded = Buffer.from(bytes).toString("base64")
  const url = padded.replaceAll("+", "-").replaceAll("/", "_")
  return [padded, padded.replace(/=+$/, ""), url, url.replace(/=+$/, "")]
}

const plain = (text: string) =>
  Result.map(PaymentProof.fromHeader(text), (proof) => ({
    ...proof,
    payment_proof: Redacted.value(proof.payment_proof)
  }))

const good = JSON.parse(vector("proof.decoded")) as {
  readonly protocol: { readonly [name: string]: unknown }
  readonly method: { readonly [name: string]: unknown }
}
const encoded = (json: unknown) => Buffer.from(JSON.stringify(json)).toString("base64")
const failure = (text: string) => {
  const result = PaymentProof.fromHeader(text)
  return Result.isFailure(result) ? result.failure : "nothing is wrong"
}
const secret = (...values: ReadonlyArray<string>) => {
  const detection = PaymentProof.detect(RequestHeaders.fromEntries(values.map((value) => ["Payment-Proof", value])))
  return detection._tag === "Found" ? Redacted.value(detection.credential.secret) : detection._tag
}

const bytes = fc.uint8Array({ maxLength: 200 })
const anyText = fc.oneof(
  bytes.map((some) => Buffer.from(some).toString("utf8")),
  bytes.map((some) => Buffer.from(some).toString("base64")),
  fc.jsonValue({ maxDepth: 2 }).map(encoded)
)

describe("a payment proof", () => {
  it("is read in Base64 and Base64URL, padded or not", () => {
    assert.match(standard, /\+/)
    assert.match(standard, /\/.*=$/)
    assert.strictEqual(new Set(spellings(vector("proof.decoded"))).size, 4)
    for (const text of spellings(vector("proof.decoded"))) {
      assert.deepEqual(Result.getOrThrow(plain(text)), {
        payment_proof: "00112233445566778899aabbccddeeff".repeat(2),
        trade_no: "20261123220010123456789012345678",
        client_session: ">>>???x"
      })
    }
  })

  it("is read back as it was written, in each spelling, and is the same credential", () => {
    const word = fc
      .string({ unit: "grapheme", minLength: 1, maxLength: 60 })
      .filter((value) => value.isWellFormed() && !/[\u0000-\u001f\u007f]/.test(value))
    const proof = fc.record({
      payment_proof: word,
      trade_no: fc.stringMatching(/^[0-9A-Za-z_-]{1,64}$/),
      client_session: word
    })
    fc.assert(
      fc.property(proof, (one) => {
        const header = PaymentProof.toHeader({ ...one, payment_proof: Redacted.make(one.payment_proof) })
        for (const text of spellings(Buffer.from(header, "base64"))) {
          assert.deepEqual(Result.getOrThrow(plain(text)), one)
          assert.strictEqual(secret(text), header)
        }
      })
    )
  })

  it("is one credential whatever its JSON looks like and whatever else is in it", () => {
    const { method, protocol } = good
    for (const json of [
      JSON.stringify({ method, protocol }),
      JSON.stringify(good, null, 2),
      JSON.stringify({ ...good, version: "2" }),
      JSON.stringify({ protocol: { ...protocol, note: "x" }, method }),
      JSON.stringify(good).replaceAll("?", "\\u003f")
    ]) {
      for (const text of spellings(json)) assert.strictEqual(secret(text), standard)
    }
  })

  it("is none in any other writing of the same bytes", () => {
    const url = standard.replaceAll("+", "-").replaceAll("/", "_")
    for (const other of [
      "",
      "=",
      `${standard}=`,
      standard.slice(0, -1),
      standard.slice(0, -3),
      `${standard}\n`,
      `${standard.slice(0, 8)} ${standard.slice(8)}`,
      `${standard}.`,
      `%${standard}`,
      // Both alphabets in one text.
      url.replace("-", "+").includes("_") ? url.replace("-", "+") : `${url}+/-_`,
      standard.replace(/(.)(=+)$/, (_, last: string, pad: string) => String.fromCharCode(last.charCodeAt(0) + 1) + pad)
    ]) {
      assert.notStrictEqual(failure(other), "nothing is wrong", JSON.stringify(other.slice(-20)))
    }
  })

  it("is refused without any one of its fields, or with one of another type, empty or oversized; the field is named", () => {
    for (const part of ["protocol", "method"] as const) {
      for (const name of Object.keys(good[part])) {
        const { [name]: value, ...rest } = good[part]
        for (const other of [
          { ...good, [part]: rest },
          ...[null, 1, false, [value], { value }, "", "x".repeat(1_000), "a\u0000b"].map((wrong) => ({
            ...good,
            [part]: { ...good[part], [name]: wrong }
          }))
        ]) {
          assert.include(failure(encoded(other)), `/${part}/${name}`, JSON.stringify(other))
        }
      }
      const { [part]: _, ...without } = good
      assert.include(failure(encoded(without)), `/${part}`)
    }
  })

  it("is found as it stands where it cannot be read, and answers any text without throwing", () => {
    assert.strictEqual(secret("garbage!"), "garbage!")
    assert.strictEqual(secret(""), "")
    fc.assert(
      fc.property(anyText, (any) => {
        assert.isTrue(Result.isFailure(PaymentProof.fromHeader(any)))
        assert.isString(secret(any.replaceAll(",", "")))
      })
    )
    assert.include(failure("A".repeat(100_000)), "longer")
  })

  it("is ambiguous beside another, also one in another spelling, and one beside its copy", () => {
    const url = standard.replaceAll("+", "-").replaceAll("/", "_")
    assert.strictEqual(secret(standard, standard), standard)
    assert.strictEqual(secret(`${standard}, ${standard}`), standard)
    assert.strictEqual(secret(standard, url), "Ambiguous")
    assert.strictEqual(secret(`${standard},${standard.slice(0, -1)}`), "Ambiguous")
    assert.strictEqual(secret(), "None")
  })

  it("does not show its secret", () => {
    const shown = inspect(Result.getOrThrow(PaymentProof.fromHeader(standard)), { depth: 9, showHidden: true })
    assert.notInclude(shown, "00112233445566778899aabbccddeeff")
    const wrong = failure(encoded({ ...good, protocol: { ...good.protocol, trade_no: "not a number!" } }))
    assert.notInclude(wrong, "not a number!")
  })
})
