/** A transfer is made once for its number, what is unknown stays unknown, and no amount changes on its way. */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import type { Found, RailError } from "@paylayer/gateway/PayoutRail"
import * as StripeConfig from "@paylayer/gateway/StripeConfig"
import * as StripeFault from "@paylayer/gateway/StripeFault"
import * as StripeRail from "@paylayer/gateway/StripeRail"
import { minorOf, StripeSandbox } from "@paylayer/gateway/StripeSandbox"
import { StripeSandboxServer } from "@paylayer/gateway/StripeSandboxServer"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import * as FastCheck from "fast-check"
import { drive } from "../../../alipay-sandbox/test/trust/drive.ts"
import { account, instruction, moved, platform, rail } from "./stripeWorld.ts"

const said = <A, R>(effect: Effect.Effect<A, RailError, R>) =>
  Effect.match(effect, {
    onFailure: ({ code, moved: did, reason }) => [reason, did, ...(code === undefined ? [] : [code])].join(" "),
    onSuccess: () => "paid"
  })

const tag = (effect: Effect.Effect<Found, RailError>) =>
  Effect.match(effect, { onFailure: ({ reason }) => reason, onSuccess: (found) => found._tag })

describe("a transfer", () => {
  it.effect("is made once for its number, and found", () =>
    Effect.gen(function* () {
      const { lookup, send } = yield* rail
      const asked = instruction("po_1")
      assert.deepStrictEqual(yield* lookup(asked), { _tag: "NotPaid" })
      const made = yield* send(asked)
      assert.deepStrictEqual(yield* send(asked), made)
      const reference = made === "pending" ? "" : (made.reference ?? "")
      assert.deepStrictEqual(yield* lookup(asked), { _tag: "Paid", reference, reversals: [] })
      assert.deepStrictEqual(yield* moved, ["po_1 1250 usd"])
      const [{ destination, metadata } = {}] = yield* StripeSandbox.use(({ transfers }) => transfers)
      assert.deepStrictEqual([destination, metadata], [account, { payout: "po_1", developer: "dev" }])
    }).pipe(Effect.provide(platform()))
  )

  it.effect("of another amount under its number is not made, and is unknown until it is looked up", () =>
    Effect.gen(function* () {
      const { lookup, send } = yield* rail
      yield* send(instruction("po_1"))
      const other = instruction("po_1", Money.of("USD", 1n))
      assert.strictEqual(yield* said(send(other)), "unknown unknown idempotency_error")
      assert.strictEqual(yield* tag(lookup(other)), "unknown")
      assert.deepStrictEqual(yield* moved, ["po_1 1250 usd"])
    }).pipe(Effect.provide(platform()))
  )

  it.effect("that Stripe refuses has moved nothing, and says why", () =>
    Effect.gen(function* () {
      const { send } = yield* rail
      const sandbox = yield* StripeSandbox
      const stranger = { ...instruction("po_1"), destination: { rail: "stripe", account: "acct_stranger" } } as const
      assert.strictEqual(yield* said(send(stranger)), "refused no resource_missing")
      const poor = instruction("po_2", Money.of("USD", 1_000_001n))
      assert.strictEqual(yield* said(send(poor)), "refused no balance_insufficient")
      // Stripe keeps a refusal for its key, also where there is money now.
      yield* sandbox.fund("USD", 1n)
      assert.strictEqual(yield* said(send(poor)), "refused no balance_insufficient")
      yield* sandbox.close(account)
      assert.strictEqual(yield* said(send(instruction("po_3"))), "refused no insufficient_capabilities_for_transfer")
      assert.deepStrictEqual(yield* moved, [])
    }).pipe(Effect.provide(platform()))
  )

  it.effect("is asked for again later where there were too many requests, or the key is wrong", () =>
    Effect.gen(function* () {
      const { send } = yield* rail
      const sandbox = yield* StripeSandbox
      yield* sandbox.fault({ fault: "rate-limited" })
      assert.strictEqual(yield* said(send(instruction("po_1"))), "later no rate_limit")
      assert.strictEqual(yield* said(send(instruction("po_1"))), "paid")
      const wrong = yield* StripeRail.make({ httpClient: sandbox.httpClient }).pipe(
        Effect.provideService(StripeConfig.StripeConfig, {
          secretKey: Redacted.make("sk_test_anotherkey"),
          webhookSecrets: [],
          api: new URL("http://127.0.0.1:1"),
          timeout: Duration.seconds(20)
        })
      )
      assert.strictEqual(yield* said(wrong.send(instruction("po_2"))), "later no")
      assert.strictEqual(yield* tag(wrong.lookup(instruction("po_2"))), "unknown")
    }).pipe(Effect.provide(platform()))
  )

  for (const fault of StripeFault.names) {
    it.effect(`whatever becomes of the answer (${fault}), is made at most once, and \`moved\` is true`, () =>
      Effect.gen(function* () {
        const { lookup, send } = yield* rail
        const sandbox = yield* StripeSandbox
        yield* sandbox.fault({ fault })
        const asked = instruction("po_1")
        const first = yield* drive(said(send(asked)))
        const after = yield* moved
        assert.match(first, /^(paid|later no.*|unknown unknown.*)$/)
        if (first === "paid") assert.deepStrictEqual(after, ["po_1 1250 usd"])
        if (first.startsWith("later")) assert.deepStrictEqual(after, [])
        // A key is forgotten after a day; what was late has come by then.
        yield* TestClock.adjust("1 day")
        assert.strictEqual(yield* tag(lookup(asked)), (yield* moved).length > 0 ? "Paid" : "NotPaid")
        if ((yield* moved).length === 0) assert.strictEqual(yield* said(send(asked)), "paid")
        assert.deepStrictEqual(yield* moved, ["po_1 1250 usd"])
      }).pipe(Effect.provide(platform()))
    )
  }

  it.effect("whose connection was lost is unknown, and not asked for again behind the rail's back", () =>
    Effect.gen(function* () {
      const { send } = yield* rail
      const sandbox = yield* StripeSandbox
      yield* sandbox.fault({ fault: "reset-after-commit" })
      yield* sandbox.fault({ fault: "rate-limited" })
      assert.strictEqual(yield* said(send(instruction("po_1"))), "unknown unknown")
      assert.strictEqual(yield* said(send(instruction("po_2"))), "later no rate_limit")
    }).pipe(Effect.provide(platform()))
  )

  it.effect("that was taken back is found with every reversal, also where there are more than Stripe shows", () =>
    Effect.gen(function* () {
      const { lookup, send } = yield* rail
      const sandbox = yield* StripeSandbox
      yield* send(instruction("po_1"))
      const [{ id } = { id: "" }] = yield* sandbox.transfers
      for (let n = 0; n < 12; n++) yield* sandbox.reverse(id, 100n)
      const found = yield* lookup(instruction("po_1"))
      const reversals = found._tag === "Paid" ? found.reversals : []
      assert.strictEqual(new Set(reversals.map((one) => one.id)).size, 12)
      assert.strictEqual(
        reversals.reduce((sum, { minor }) => sum + minor, 0n),
        1_200n
      )
    }).pipe(Effect.provide(platform()))
  )
})

describe("an amount", () => {
  it.effect("reaches Stripe as Stripe writes it, and comes back as it was", () =>
    Effect.gen(function* () {
      const { plan, send } = yield* rail
      for (const [currency, minor, written] of [
        ["USD", 1n, 1n],
        ["JPY", 1n, 1n],
        ["MGA", 300n, 3n]
      ] as const) {
        const money = Money.of(currency, minor)
        assert.deepStrictEqual(yield* plan("dev", money), [{ money }])
        yield* send(instruction(`po_${currency}`, money))
        const made = (yield* moved).at(-1)
        assert.strictEqual(made, `po_${currency} ${written} ${currency.toLowerCase()}`)
        assert.strictEqual(minorOf(currency, written), minor)
      }
      // What Stripe cannot write stays owed.
      assert.deepStrictEqual(yield* plan("dev", Money.of("MGA", 399n)), [{ money: Money.of("MGA", 300n) }])
      assert.deepStrictEqual(yield* plan("dev", Money.of("KWD", 1_239n)), [{ money: Money.of("KWD", 1_230n) }])
      assert.deepStrictEqual(yield* plan("dev", Money.of("MGA", 99n)), [])
      assert.strictEqual(yield* said(send(instruction("po_odd", Money.of("MGA", 399n)))), "refused no")
    }).pipe(Effect.provide(platform()))
  )

  it.effect("is planned up to what is owed, whatever the currency", () =>
    Effect.gen(function* () {
      const { plan } = yield* rail
      const amounts = FastCheck.tuple(
        FastCheck.constantFrom(...Currency.all),
        FastCheck.bigInt({ min: 0n, max: Money.maximum })
      )
      for (const [currency, minor] of FastCheck.sample(amounts, 200)) {
        const [planned] = yield* plan("dev", Money.of(currency, minor))
        const left = minor - (planned?.money.minor ?? 0n)
        assert.isTrue(left >= 0n)
        if (minor < 1_000_000_000n) assert.isTrue(left < 100n)
      }
    }).pipe(Effect.provide(platform()))
  )
})

describe("over a socket", () => {
  it.live("the official library makes, loses and finds transfers", () =>
    Effect.gen(function* () {
      const sandbox = yield* StripeSandbox
      const { url } = yield* StripeSandboxServer
      yield* sandbox.open(account)
      yield* sandbox.fund("USD", 1_000_000n)
      const { lookup, send } = yield* StripeRail.make().pipe(
        Effect.provideService(StripeConfig.StripeConfig, {
          secretKey: sandbox.secretKey,
          webhookSecrets: [],
          api: new URL(url),
          timeout: Duration.millis(200)
        })
      )
      assert.strictEqual(yield* said(send(instruction("po_1"))), "paid")
      for (const fault of ["reset-after-commit", "hang-after-commit", "http-500-after-commit"] as const) {
        yield* sandbox.fault({ fault })
        const asked = instruction(`po_${fault}`)
        assert.match(yield* said(send(asked)), /^unknown unknown/)
        assert.strictEqual(yield* tag(lookup(asked)), "Paid")
      }
      assert.strictEqual((yield* moved).length, 4)
    }).pipe(Effect.provide(StripeSandboxServer.layer().pipe(Layer.provideMerge(StripeSandbox.layer))))
  )
})

describe("the configuration", () => {
  const load = (env: Record<string, string>) =>
    StripeConfig.load.pipe(
      Effect.provide(NodeFileSystem.layer),
      Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromUnknown(env))
    )

  it.effect("is read from the environment, and shows no secret", () =>
    Effect.gen(function* () {
      const config = yield* load({
        STRIPE_SECRET_KEY: "sk_test_0123456789",
        STRIPE_WEBHOOK_SECRET: "whsec_0123456789, whsec_abcdefghij"
      })
      assert.strictEqual(config.api.href, "https://api.stripe.com/")
      assert.strictEqual(config.webhookSecrets.length, 2)
      assert.notInclude(JSON.stringify(config), "0123456789")
    })
  )

  it.effect("reports everything that is wrong at once, and repeats no value", () =>
    Effect.gen(function* () {
      const { issues, message } = yield* Effect.flip(
        load({
          STRIPE_SECRET_KEY: "pk_live_public1",
          STRIPE_WEBHOOK_SECRET: "secret",
          STRIPE_API: "http://stripe.example",
          STRIPE_TIMEOUT: "soon"
        })
      )
      assert.deepStrictEqual(
        issues.map(({ variable }) => variable),
        ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API", "STRIPE_TIMEOUT"]
      )
      assert.notInclude(message, "pk_live")
      const missing = yield* Effect.flip(load({ STRIPE_SECRET_KEY_FILE: "/nowhere/at/all" }))
      assert.deepStrictEqual(
        missing.issues.map(({ variable }) => variable),
        ["STRIPE_SECRET_KEY_FILE"]
      )
    })
  )
})
