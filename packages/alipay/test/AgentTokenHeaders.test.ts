/** Where a token is found in a request: exactly as the brief says, and nowhere else. */
import { assert, describe, it } from "@effect/vitest"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import * as Redacted from "effect/Redacted"
import * as FastCheck from "fast-check"
import { performance } from "node:perf_hooks"
import { inspect } from "node:util"
import { bearerPrefix, detect, sessionHeader, tokenHeader } from "../src/AgentTokenHeaders.ts"

type Pairs = ReadonlyArray<readonly [string, string]>

const T = "alipay_agent_token_abc123XYZ"
const U = "alipay_agent_token_another1"

/** `none`, `ambiguous`, or the token and the session that were found. */
const found = (...pairs: Pairs): string => {
  const detection = detect(RequestHeaders.fromEntries(pairs))
  if (detection._tag !== "Found") return detection._tag.toLowerCase()
  const { secret, session } = detection.credential
  return session === undefined ? Redacted.value(secret) : `${Redacted.value(secret)} in ${session}`
}

const cases: { readonly [promise: string]: ReadonlyArray<readonly [pairs: Pairs, expected: string]> } = {
  "a token stands in its own header": [
    [[[tokenHeader, T]], T],
    [[["X-Alipay-Agent-Token", T]], T],
    [[["X-ALIPAY-AGENT-TOKEN", T]], T],
    [[[tokenHeader, ` ${T}\t`]], T],
    // Whatever stands there was meant as a token; what it is worth is for validate to say.
    [[[tokenHeader, "unreadable"]], "unreadable"],
    [[[tokenHeader, "ALIPAY_AGENT_TOKEN_abc"]], "ALIPAY_AGENT_TOKEN_abc"],
    [[[tokenHeader, ""]], ""]
  ],
  "a token stands behind the scheme Bearer": [
    [[["authorization", `Bearer ${T}`]], T],
    [[["Authorization", `bearer ${T}`]], T],
    [[["AUTHORIZATION", `BEARER ${T}`]], T],
    [[["authorization", `Bearer   ${T}`]], T],
    [[["authorization", "Bearer alipay_somethingelse"]], "alipay_somethingelse"],
    [[["authorization", "Bearer alipay_"]], "alipay_"]
  ],
  "nothing else is a token": [
    [[], "none"],
    [[["authorization", T]], "none"],
    [[["authorization", `Basic ${T}`]], "none"],
    [[["authorization", `Bearer${T}`]], "none"],
    [[["authorization", `Bearer\t${T}`]], "none"],
    [[["authorization", `Bearer: ${T}`]], "none"],
    [[["authorization", `Bearers ${T}`]], "none"],
    [[["authorization", `Beare ${T}`]], "none"],
    [[["authorization", `Bearer x${T}`]], "none"],
    [[["authorization", "Bearer Alipay_agent_token_abc123XYZ"]], "none"],
    [[["authorization", "Bearer alipay-agent-token-abc123XYZ"]], "none"],
    [[["authorization", "Bearer alipay"]], "none"],
    [[["authorization", `Bearer \u200b${T}`]], "none"],
    [[["authorization", `Ｂearer ${T}`]], "none"],
    [[["proxy-authorization", `Bearer ${T}`]], "none"],
    [[[sessionHeader, "session_xyz789"]], "none"],
    [[["x-alipay-merchant-id", "2088000000000000"]], "none"],
    [[["x-payment", "e30="]], "none"],
    [[["payment-signature", "e30="]], "none"],
    [[["authorization", 'Payment id="x", method="tempo"']], "none"],
    [[["authorization", "L402 mac:preimage"]], "none"],
    [[["authorization", "Bearer sk_live_123"]], "none"],
    [[["payment-proof", "e30="]], "none"]
  ],
  "one token that was sent twice is one": [
    [
      [
        [tokenHeader, T],
        [tokenHeader, T]
      ],
      T
    ],
    [[[tokenHeader, `${T}, ${T}`]], T],
    [
      [
        [tokenHeader, T],
        ["authorization", `Bearer ${T}`]
      ],
      T
    ],
    [[["authorization", `Bearer ${T}, bearer ${T}`]], T]
  ],
  "two tokens are ambiguous, whichever way they were sent": [
    [
      [
        [tokenHeader, T],
        [tokenHeader, U]
      ],
      "ambiguous"
    ],
    [
      [
        [tokenHeader, T],
        ["X-Alipay-Agent-Token", U]
      ],
      "ambiguous"
    ],
    [[[tokenHeader, `${T},${U}`]], "ambiguous"],
    [[[tokenHeader, `${T},`]], "ambiguous"],
    [
      [
        [tokenHeader, T],
        ["authorization", `Bearer ${U}`]
      ],
      "ambiguous"
    ],
    [
      [
        [tokenHeader, ""],
        ["authorization", `Bearer ${U}`]
      ],
      "ambiguous"
    ],
    [
      [
        ["authorization", `Bearer ${T}`],
        ["authorization", `Bearer ${U}`]
      ],
      "ambiguous"
    ],
    [[["authorization", `Bearer ${T}, Bearer ${U}`]], "ambiguous"],
    [
      [
        [tokenHeader, T],
        [tokenHeader, T.toUpperCase()]
      ],
      "ambiguous"
    ]
  ],
  "another credential beside a token is not this protocol's business": [
    [[["authorization", `Basic dXNlcg==, Bearer ${T}`]], T],
    [
      [
        [tokenHeader, T],
        ["authorization", "Bearer sk_live_123"]
      ],
      T
    ]
  ],
  "a session is one, or none, or ambiguous": [
    [
      [
        [tokenHeader, T],
        [sessionHeader, "session_xyz789"]
      ],
      `${T} in session_xyz789`
    ],
    [
      [
        [tokenHeader, T],
        ["X-Alipay-Session-Id", "Session_XYZ"]
      ],
      `${T} in Session_XYZ`
    ],
    [
      [
        [tokenHeader, T],
        [sessionHeader, "a"],
        [sessionHeader, "a"]
      ],
      `${T} in a`
    ],
    [
      [
        [tokenHeader, T],
        [sessionHeader, "a"],
        [sessionHeader, "b"]
      ],
      "ambiguous"
    ],
    [
      [
        [tokenHeader, T],
        [sessionHeader, "a, b"]
      ],
      "ambiguous"
    ]
  ]
}

for (const [promise, rows] of Object.entries(cases)) {
  describe(promise, () => {
    for (const [pairs, expected] of rows) it(JSON.stringify(pairs), () => assert.strictEqual(found(...pairs), expected))
  })
}

describe("ambiguity", () => {
  it("names the places and repeats no token", () => {
    const headers = RequestHeaders.fromEntries([
      [tokenHeader, T],
      ["authorization", `Bearer ${U}`]
    ])
    const detection = detect(headers)
    assert.deepStrictEqual(detection, {
      _tag: "Ambiguous",
      found: [tokenHeader, `authorization: Bearer ${bearerPrefix}…`]
    })
  })
})

const text = FastCheck.string({ unit: "binary", maxLength: 60 })
const value = FastCheck.oneof(
  text,
  FastCheck.constantFrom(T, U, `Bearer ${T}`, `bearer ${U}`, `${T}, ${U}`, "a,b", "", ",", "Bearer ")
)
const name = FastCheck.oneof(
  FastCheck.constantFrom(
    tokenHeader,
    "X-Alipay-Agent-Token",
    "authorization",
    "Authorization",
    sessionHeader,
    "x-other"
  ),
  FastCheck.constantFrom("__proto__", "constructor", "toString"),
  text
)
const bag = FastCheck.array(FastCheck.tuple(name, value), { maxLength: 8 })

/** One deletion, insertion or replacement that is more than a change of case. */
const edited = (whole: string) =>
  FastCheck.tuple(
    FastCheck.nat(whole.length - 1),
    FastCheck.constantFrom("delete", "insert", "replace"),
    FastCheck.constantFrom("x", "-", "_", "0")
  )
    .map(
      ([at, how, character]) =>
        whole.slice(0, at) + (how === "delete" ? "" : character) + whole.slice(how === "insert" ? at : at + 1)
    )
    .filter((one) => one.toLowerCase() !== whole.toLowerCase())

describe("detection", () => {
  it("is total: any bag of headers has an answer, the same answer twice, and is left as it was", () =>
    FastCheck.assert(
      FastCheck.property(bag, (pairs) => {
        const headers = RequestHeaders.fromEntries(pairs)
        const before = JSON.stringify(headers)
        const [first, second] = [detect(headers), detect(headers)]
        assert.strictEqual(inspect(first), inspect(second))
        assert.strictEqual(JSON.stringify(headers), before)
      }),
      { numRuns: 2_000 }
    ))

  it("finds a token whatever else is sent, in whatever order and case of names", () =>
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(
          FastCheck.tuple(
            text.filter((key) => !/^(?:x-alipay|authorization)/i.test(key)),
            value
          )
        ),
        FastCheck.nat(10),
        FastCheck.array(FastCheck.boolean(), { minLength: tokenHeader.length, maxLength: tokenHeader.length }),
        (others, at, upper) => {
          const spelled = [...tokenHeader]
            .map((one, index) => (upper[index] === true ? one.toUpperCase() : one))
            .join("")
          assert.strictEqual(found(...others.toSpliced(at, 0, [spelled, T])), T)
        }
      )
    ))

  it("is not fooled by a header or a scheme that is one edit away", () =>
    FastCheck.assert(
      FastCheck.property(
        edited(tokenHeader),
        edited("Bearer"),
        edited("authorization"),
        (header, scheme, authorization) => {
          assert.strictEqual(found([header, T]), "none")
          assert.strictEqual(found(["authorization", `${scheme} ${T}`]), "none", scheme)
          assert.strictEqual(found([authorization, `Bearer ${T}`]), "none")
        }
      )
    ))

  it("shows no token, however it is printed", () => {
    const detection = detect(RequestHeaders.fromEntries([[tokenHeader, T]]))
    assert.notInclude(
      inspect(detection, { depth: 9, showHidden: true }) + JSON.stringify(detection) + String(detection),
      T
    )
  })

  it("takes time in proportion to what was sent", () => {
    const costly = (size: number) => [
      `Bearer ${" ".repeat(size)}x`,
      "Bearer ".repeat(size / 7),
      ",".repeat(size),
      `${"Bearer alipay_,".repeat(size / 15)}x`
    ]
    const time = (size: number): number => {
      const headers = costly(size).map((value) =>
        RequestHeaders.fromEntries([
          ["authorization", value],
          [tokenHeader, value]
        ])
      )
      const started = performance.now()
      for (const one of headers) detect(one)
      return performance.now() - started
    }
    time(20_000)
    // Quadratic time would be minutes; the bound leaves room for a busy machine.
    assert.isBelow(time(1_000_000), 2_000)
  })
})
