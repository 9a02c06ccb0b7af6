/** What an agent, a log, a trace and a ledger get to read: what concerns them, and no secret. */
import { assert, describe, it } from "@effect/vitest"
import { AlipayConfig } from "@paylayer/alipay/AlipayConfig"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import * as Ledger from "@paylayer/core/Ledger"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as References from "effect/References"
import * as Tracer from "effect/Tracer"
import { inspect } from "node:util"
import { AlipaySandbox } from "../../src/AlipaySandbox.ts"
import * as Fault from "../../src/Fault.ts"
import { drive } from "./drive.ts"
import { buy, shop } from "./shop.ts"
import { charge, code, fault, inWorld, issue, validate } from "./world.ts"

const listening = () => {
  const lines: Array<string> = []
  const spans: Array<Tracer.NativeSpan> = []
  const logger = Logger.make(({ message, logLevel, fiber }) => {
    lines.push(
      `${logLevel} ${inspect(message, { depth: 9 })} ${inspect(fiber.getRef(References.CurrentLogAnnotations))}`
    )
  })
  const tracer = Tracer.make({
    span: (options) => {
      const span = new Tracer.NativeSpan(options)
      spans.push(span)
      return span
    }
  })
  const heard = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
    effect.pipe(
      Effect.withTracer(tracer),
      Effect.provide(Logger.layer([logger])),
      Effect.provideService(References.MinimumLogLevel, "All")
    )
  return { lines, spans, heard }
}

describe("a secret", () => {
  it.effect("is in no error, log, span or ledger entry, whatever goes wrong", () =>
    inWorld(
      Effect.gen(function* () {
        const { heard, lines, spans } = listening()
        const sandbox = yield* AlipaySandbox
        const ledger = yield* Ledger.Ledger
        const errors: Array<string> = []
        const secrets: Array<string> = []
        for (const opaque of [false, true]) {
          const { external_delegation_id, token } = yield* issue({ opaque })
          const text = Redacted.value(token)
          secrets.push(text, ...text.split(".").slice(-1), ...(opaque ? [external_delegation_id] : []))
          for (const name of Fault.names) {
            for (const method of [
              "alipay.user.agreement.delegation.query",
              "alipay.trade.agent.delegation.pay"
            ] as const) {
              yield* sandbox.fault({ fault: name, method })
              errors.push(inspect(yield* drive(heard(buy(token))), { depth: 9 }))
            }
          }
          errors.push(inspect(yield* heard(buy(`${text}x`)), { depth: 9 }))
          errors.push(inspect(yield* validate(text, charge()), { depth: 9 }))
          errors.push(inspect(yield* Effect.flip(validate(`${text}!`, charge())), { depth: 9 }))
        }
        const key = Redacted.value(sandbox.config.application_private_key)
        secrets.push(key.split("\n")[4]!, "PRIVATE KEY")
        const config = yield* AlipayConfig
        const entries = JSON.stringify(yield* ledger.list(), (_, value) =>
          typeof value === "bigint" ? `${value}` : value
        )
        const shown = [
          ...errors,
          ...lines,
          inspect(config, { depth: 9 }),
          entries,
          inspect(
            spans.map(({ attributes, events, name, status }) => [name, attributes, events, status]),
            { depth: 12 }
          )
        ].join("\n")
        assert.isAbove(shown.length, 10_000)
        assert.isAbove(spans.length, 50)
        assert.isAbove(lines.length, 10)
        for (const secret of secrets) {
          assert.notInclude(shown, secret)
          assert.notInclude(shown, Buffer.from(secret).toString("base64"))
          assert.notInclude(shown, encodeURIComponent(secret))
        }
      }).pipe(Effect.provide(shop))
    )
  )
})

describe("what concerns the operator", () => {
  it.effect("is in the log, and not in the agent's answer", () =>
    inWorld(
      Effect.gen(function* () {
        for (const [name, level, told] of [
          ["wrong-key", "Error", /ALIPAY_PUBLIC_KEY/],
          ["unsigned", "Error", /no signature/],
          ["error-response", "Error", /isv\.invalid-app-id/],
          ["html", "Error", /ALIPAY_GATEWAY/],
          ["http-500", "Warn", /HTTP 500/],
          ["rate-limited", "Warn", /isv\.app-call-limited/]
        ] as const) {
          const { heard, lines } = listening()
          const { token } = yield* issue()
          yield* fault({ fault: name, method: "alipay.user.agreement.delegation.query" })
          const seen = yield* heard(buy(token))
          assert.notMatch(seen.detail, /ALIPAY_|isv\.|HTTP|signature|key/, name)
          const line = lines.find((one) => told.test(one)) ?? ""
          assert.isTrue(line.startsWith(level), `${name}: ${lines.join("\n")}`)
        }
      }).pipe(Effect.provide(shop))
    )
  )
})

describe("Retry-After", () => {
  it.effect("is given where trying again can help, and nowhere else", () =>
    inWorld(
      Effect.gen(function* () {
        const sandbox = yield* AlipaySandbox
        const query = "alipay.user.agreement.delegation.query"
        const { id, token } = yield* issue()
        yield* fault({ fault: "unknown", method: query })
        assert.strictEqual((yield* buy(token)).retryAfter, 5)
        yield* fault({ fault: "rate-limited", method: query })
        assert.strictEqual((yield* buy(token)).retryAfter, 30)
        assert.isUndefined((yield* buy(token, { amount: "99999.00" })).retryAfter)
        yield* sandbox.revoke(id)
        for (const dead of [token, "alipay_agent_token_abc123abc123"]) {
          const { code, retryAfter } = yield* buy(dead)
          assert.deepStrictEqual([code, retryAfter], ["credential_revoked", undefined])
        }
      }).pipe(Effect.provide(shop))
    )
  )
})

it.effect("a plug-in without issuers takes no signed token", () =>
  inWorld(
    Effect.gen(function* () {
      const { token } = yield* issue()
      const config = yield* AlipayConfig
      const alone = AlipayTrust.layer.pipe(
        Layer.provide(Layer.succeed(AlipayConfig, { ...config, agentTokenIssuers: [] }))
      )
      const seen = yield* code(validate(token, charge())).pipe(Effect.provide(alone, { local: true }))
      assert.strictEqual(seen, "signature_invalid")
    })
  )
)
