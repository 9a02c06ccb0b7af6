import { assert, describe, it } from "@effect/vitest"
import * as Telemetry from "@paylayer/core/Telemetry"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Option from "effect/Option"
import * as Tracer from "effect/Tracer"
import { canary } from "../canary.ts"
import * as Voucher from "../protocols/Voucher.ts"
import { inShop, inTime, type Shop, saleOf, type Setup } from "../shop.ts"

interface Told {
  /** `name < parent`, in the order in which they ended. */
  readonly spans: Array<string>
  readonly attributes: Map<string, unknown>
  readonly everything: () => string
  readonly metrics: () => ReadonlyArray<string>
}

/** Sells in a shop, and keeps what it told. */
const telling = <A, E>(
  setup: Setup,
  test: (shop: Shop) => Effect.Effect<A, E, import("effect/Scope").Scope>,
  tracing = true
) =>
  Effect.gen(function* () {
    const made: Array<Tracer.NativeSpan> = []
    const tracer = Tracer.make({
      span: (options) => {
        const span = new Tracer.NativeSpan(options)
        made.push(span)
        return span
      }
    })
    const registry: (typeof Metric.MetricRegistry)["Service"] = new Map()
    const run = inShop(setup, test).pipe(Effect.provideService(Metric.MetricRegistry, registry))
    yield* tracing ? Effect.provideService(run, Tracer.Tracer, tracer) : run
    const snapshot = yield* Effect.provideService(Metric.snapshot, Metric.MetricRegistry, registry)
    const told: Told = {
      spans: made.map((span) => {
        const parent = Option.getOrUndefined(span.parent)
        return parent?._tag === "Span" ? `${span.name} < ${parent.name}` : span.name
      }),
      attributes: made.find(({ name }) => name === "paylayer.sale")?.attributes ?? new Map(),
      everything: () =>
        JSON.stringify(
          [made.map(({ name, attributes, events }) => [name, [...attributes], events]), snapshot],
          (_, value) => (typeof value === "bigint" ? String(value) : value)
        ),
      metrics: () =>
        snapshot
          .map(({ attributes, id, state }) => {
            const labels = Object.values(attributes ?? {}).join(" ")
            const count = "count" in state ? String(state.count) : "?"
            return `${id} ${labels} ${count}`
          })
          .toSorted()
    }
    return told
  })

const order = (shop: Shop) => shop.sell(saleOf(Voucher.mint()))

describe("what is told of a sale", () => {
  it.effect("is one span, one for each step below it, and what moved", () =>
    Effect.gen(function* () {
      const { attributes, metrics, spans, everything } = yield* telling({}, order)
      assert.deepStrictEqual(spans, [
        "paylayer.sale",
        "paylayer.validate < paylayer.sale",
        "paylayer.verify < paylayer.sale",
        "paylayer.handler < paylayer.sale",
        "paylayer.settle < paylayer.sale"
      ])
      assert.strictEqual(attributes.get(Telemetry.attributes.protocol), "voucher")
      assert.strictEqual(attributes.get(Telemetry.attributes.outcome), "sold")
      assert.strictEqual(attributes.get(Telemetry.attributes.amount), "15.00")
      assert.strictEqual(attributes.get(Telemetry.attributes.currency), "CNY")
      assert.strictEqual(attributes.get(Telemetry.attributes.tool), "/report")
      assert.match(String(attributes.get(Telemetry.attributes.chargeId)), /^ch_[0-9a-f]{32}$/)
      assert.deepStrictEqual(metrics(), [
        "paylayer_movements voucher CNY 1500",
        "paylayer_sales voucher sold 1",
        "paylayer_step_duration_seconds voucher handler ok 1",
        "paylayer_step_duration_seconds voucher settle ok 1",
        "paylayer_step_duration_seconds voucher validate ok 1",
        "paylayer_step_duration_seconds voucher verify ok 1"
      ])
      assert.notInclude(everything(), canary)
    })
  )

  it.effect("that was refused says by which protocol, why, and whether money moved", () =>
    Effect.gen(function* () {
      const { attributes, metrics } = yield* telling({}, (shop) =>
        Effect.all([Effect.flip(shop.sell(saleOf({}))), Effect.flip(shop.sell(saleOf({ "x-voucher": canary })))])
      )
      assert.strictEqual(attributes.get(Telemetry.attributes.outcome), "payment_required")
      assert.strictEqual(attributes.get(Telemetry.attributes.moved), "no")
      const refusals = metrics().filter((line) => /sales|refusals/.test(line))
      assert.deepStrictEqual(refusals, [
        "paylayer_refusals none payment_required no 1",
        "paylayer_refusals voucher credential_malformed no 1",
        "paylayer_sales none payment_required 1",
        "paylayer_sales voucher credential_malformed 1"
      ])
    })
  )

  it.effect("counts money once, however often it is asked for, and a failed handler as one", () =>
    Effect.gen(function* () {
      const { metrics } = yield* telling({}, (shop) =>
        Effect.gen(function* () {
          const sale = saleOf(Voucher.mint(), { key: "once" })
          yield* Effect.all([shop.sell(sale), shop.sell(sale)], { concurrency: 1 })
          yield* Effect.flip(shop.sell(saleOf(Voucher.mint()), () => Effect.fail("broken")))
        })
      )
      const counted = metrics().filter((line) => /sales|movements/.test(line))
      assert.deepStrictEqual(counted, [
        "paylayer_movements voucher CNY 1500",
        "paylayer_sales voucher handler_failed 1",
        "paylayer_sales voucher replayed 1",
        "paylayer_sales voucher sold 1"
      ])
    })
  )

  it.effect("makes no spans where no tracer is provided, and counts all the same", () =>
    Effect.gen(function* () {
      const { metrics, spans } = yield* telling({}, order, false)
      assert.deepStrictEqual(spans, [])
      assert.include(metrics(), "paylayer_sales voucher sold 1")
    })
  )
})

it.effect("a paywall is ready while its ledger answers", () => inShop({}, (shop) => shop.paywall.ready))

it.effect("a paywall is not ready where its ledger hangs, and says so in time", () =>
  inTime(
    inShop({ ledger: (ledger) => ({ ...ledger, find: () => Effect.never }) }, (shop) =>
      Effect.map(Effect.flip(shop.paywall.ready), ({ _tag }) => assert.strictEqual(_tag, "LedgerError"))
    )
  )
)
