import { assert, describe, it } from "@effect/vitest"
import * as Detection from "@paylayer/core/Detection"
import * as Manifest from "@paylayer/core/Manifest"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import * as ProtocolIndex from "@paylayer/core/ProtocolIndex"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import * as fc from "fast-check"
import { holds } from "./holds.ts"
import * as Voucher from "./protocols/Voucher.ts"

const protocol = (id: string, triggers: ReadonlyArray<Manifest.Trigger>): AnyProtocol =>
  ({ manifest: { ...Voucher.manifest, id, triggers }, detect: () => Detection.none }) as unknown as AnyProtocol

const ids = (protocols: ReadonlyArray<AnyProtocol>) => protocols.map(({ manifest }) => manifest.id)

describe("request headers", () => {
  it("have lower-case names, and every value that was sent, as it was sent", () => {
    const headers = RequestHeaders.fromRaw(["X-A", "One", "x-b", "", "x-A", "TWO, three"])
    assert.deepEqual(headers["x-a"], ["One", "TWO, three"])
    assert.deepEqual(headers["x-b"], [""])
    assert.deepEqual(RequestHeaders.distinct(headers, "x-a"), ["One", "TWO", "three"])
  })

  it("are the same from pairs, from Node and from a record", () => {
    const pairs: ReadonlyArray<readonly [string, string]> = [
      ["A", "1"],
      ["b", "2"]
    ]
    assert.deepEqual(RequestHeaders.fromRaw(pairs.flat()), RequestHeaders.fromEntries(pairs))
    assert.deepEqual(RequestHeaders.fromRecord({ A: "1", b: "2" }), RequestHeaders.fromEntries(pairs))
  })

  it("inherit nothing", () => {
    const headers = RequestHeaders.fromEntries([["__proto__", "x"]])
    for (const name of ["constructor", "toString", "hasOwnProperty"]) {
      assert.isUndefined(headers[name])
      assert.deepEqual(RequestHeaders.distinct(headers, name), [])
    }
    assert.deepEqual(RequestHeaders.distinct(headers, "__proto__"), ["x"])
    assert.isUndefined(({} as { readonly x?: unknown }).x)
  })

  it("count equal values once, joined or apart", () => {
    const distinct = (...values: ReadonlyArray<string>) =>
      RequestHeaders.distinct(RequestHeaders.fromEntries(values.map((value) => ["x", value] as const)), "x")
    assert.deepEqual(distinct("a", "a"), ["a"])
    assert.deepEqual(distinct("a, a"), ["a"])
    assert.deepEqual(distinct(" a "), ["a"])
    assert.deepEqual(distinct("a,A"), ["a", "A"])
    assert.deepEqual(distinct(), [])
  })
})

describe("the index of protocols", () => {
  const bearers = Array.from({ length: 64 }, (_, index) =>
    protocol(`p${index}`, [{ header: "authorization", scheme: "Bearer", prefix: `p${index}_` }])
  )
  const index = ProtocolIndex.make(bearers)
  const ask = (...values: ReadonlyArray<string>) =>
    ids(index(RequestHeaders.fromEntries(values.map((value) => ["Authorization", value] as const))))

  it("finds the one of 64 bearers whose prefix was sent", () => {
    for (let at = 0; at < 64; at++) assert.deepEqual(ask(`Bearer p${at}_secret`), [`p${at}`])
    assert.deepEqual(ask("Bearer p64_secret"), [])
  })

  it("compares schemes without case, prefixes with it", () => {
    assert.deepEqual(ask("bEARER  p1_x"), ["p1"])
    assert.deepEqual(ask("Bearer P1_x"), [])
  })

  it("finds what was sent twice, joined or apart, in the order of installation", () => {
    assert.deepEqual(ask("Bearer p9_x", "Bearer p2_x"), ["p2", "p9"])
    assert.deepEqual(ask("Bearer p9_x, Bearer p2_x,Bearer p9_y"), ["p2", "p9"])
  })

  it("takes no near miss for a hit", () => {
    for (const value of [
      "Bearer",
      "Bearerp1_x",
      "Beare p1_x",
      "Bearerr p1_x",
      "Basic p1_x",
      "p1_x",
      "",
      " ",
      "Bearer p1"
    ]) {
      assert.deepEqual(ask(value), [], value)
    }
  })

  it("knows a scheme without its credentials, and not one that only begins like it", () => {
    const index = ProtocolIndex.make([protocol("a", [{ header: "authorization", scheme: "Bearer" }])])
    const ask = (value: string) => ids(index(RequestHeaders.fromEntries([["authorization", value]])))
    assert.deepEqual(ask("Bearer"), ["a"])
    assert.deepEqual(ask("Bearer x"), ["a"])
    assert.deepEqual(ask("Bearerx"), [])
  })

  it("finds exactly the protocols that a look at every trigger would find", () => {
    const header = fc.constantFrom("authorization", "x-a", "x-b")
    const scheme = fc.constantFrom("Bearer", "Payment", "B")
    const prefix = fc.constantFrom("a", "ab", "abc_", "B")
    const triggers = fc.array(
      fc.record({ header, scheme, prefix }, { requiredKeys: ["header"] }) as fc.Arbitrary<Manifest.Trigger>,
      { minLength: 1, maxLength: 3 }
    )
    const part = fc
      .tuple(
        fc.constantFrom("", "bearer ", "Bearer  ", "PAYMENT ", "Bearer", "b "),
        fc.constantFrom("", "a", "abc_x", "ab", "B a", "bearer abc_")
      )
      .map((texts) => texts.join(""))
    const value = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join(", "))
    const sent = fc.array(fc.tuple(fc.constantFrom("Authorization", "X-A", "x-a", "x-c"), value), { maxLength: 4 })

    const matches = (
      { header, prefix = "", scheme = "" }: Manifest.Trigger,
      headers: RequestHeaders.RequestHeaders
    ) => {
      const values = headers[header]
      if (values === undefined) return false
      if (scheme === "" && prefix === "") return true
      return values
        .flatMap((text) => text.split(","))
        .map((text) => text.trim())
        .some((text) => {
          if (scheme === "") return text.startsWith(prefix)
          const [, name, credentials = ""] = /^([^ ]*)(?: +(.*))?$/.exec(text) ?? []
          return name?.toLowerCase() === scheme.toLowerCase() && credentials.startsWith(prefix)
        })
    }
    holds(
      fc.property(fc.array(triggers, { maxLength: 6 }), sent, (all, pairs) => {
        const protocols = all.map((own, at) => protocol(`p${at}`, own))
        const headers = RequestHeaders.fromEntries(pairs)
        const naive = protocols.filter(({ manifest }) => manifest.triggers.some((trigger) => matches(trigger, headers)))
        assert.deepEqual(ids(ProtocolIndex.make(protocols)(headers)), ids(naive))
      }),
      3_000
    )
  })

  it("ends for any header bag, and changes nothing in it", () => {
    holds(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string({ unit: "binary" }))), (pairs) => {
        const headers = RequestHeaders.fromEntries(pairs)
        const before = JSON.stringify(headers)
        index(headers)
        assert.strictEqual(JSON.stringify(headers), before)
      })
    )
  })
})
