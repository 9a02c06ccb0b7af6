/** An event of Stripe's makes the gateway look, books what is found once, and nothing else does. */
import { assert, it } from "@effect/vitest"
import * as Book from "@paylayer/gateway/Book"
import * as GatewayStore from "@paylayer/gateway/GatewayStore"
import { Payouts } from "@paylayer/gateway/Payouts"
import { type Event, StripeSandbox } from "@paylayer/gateway/StripeSandbox"
import * as StripeWebhook from "@paylayer/gateway/StripeWebhook"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as HttpEffect from "effect/http/HttpEffect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { file, sqlite } from "../stores.ts"
import { ann, earn, owed, saturday } from "./payoutWorld.ts"
import { config, rail } from "./stripeWorld.ts"

const store = Layer.unwrap(Effect.map(file, (filename) => Layer.provideMerge(GatewayStore.layer(), sqlite(filename))))

const world = Layer.unwrap(
  Effect.map(rail, (stripe) => Payouts.layer({ developers: Effect.succeed([ann]), rails: [stripe] }))
).pipe(
  Layer.provideMerge(Layer.provideMerge(Book.layer, store)),
  Layer.provideMerge(config),
  Layer.provideMerge(StripeSandbox.layer)
)

/** A paid payout of USD 10.00, and how an event is posted about it. */
const paid = Effect.gen(function* () {
  yield* TestClock.setTime(saturday)
  const sandbox = yield* StripeSandbox
  const payouts = yield* Payouts
  yield* sandbox.open("acct_ann")
  yield* sandbox.fund("USD", 10_000n)
  yield* earn("ann", "USD", 1_000n)
  const { id, reference = "" } = yield* payouts.create("ann", "USD")
  const app = yield* HttpRouter.toHttpEffect(StripeWebhook.layer("/webhooks/stripe"))
  const handle = HttpEffect.toWebHandler(Effect.provideService(app, Clock.Clock, yield* Clock.Clock))
  const post = ({ payload, signature }: Event) =>
    Effect.promise(() =>
      handle(
        new Request("http://localhost/webhooks/stripe", {
          method: "POST",
          headers: { "stripe-signature": signature },
          body: payload
        })
      ).then(({ status }) => status)
    )
  return { id, reference, post, payouts, sandbox }
})

it.effect("a reversal is booked when Stripe tells of it, once, however often it tells", () =>
  Effect.gen(function* () {
    const { id, payouts, post, reference, sandbox } = yield* paid
    const event = yield* sandbox.reverse(reference, 400n)
    for (let twice = 0; twice < 2; twice++) {
      assert.strictEqual(yield* post(event), 200)
      assert.strictEqual((yield* payouts.find(id))?.reversed, 400n)
      assert.strictEqual(yield* owed("ann", "USD"), 400n)
    }
  }).pipe(Effect.scoped, Effect.provide(world))
)

it.effect("what Stripe did not sign, or signed long ago, is refused", () =>
  Effect.gen(function* () {
    const { post, reference, sandbox } = yield* paid
    const event = yield* sandbox.reverse(reference)
    assert.strictEqual(yield* post({ ...event, payload: event.payload.replace("transfer", "Transfer") }), 400)
    assert.strictEqual(yield* post({ ...event, signature: event.signature.replace(/.$/, "x") }), 400)
    assert.strictEqual(yield* post({ ...event, signature: "" }), 400)
    yield* TestClock.adjust("6 minutes")
    assert.strictEqual(yield* post(event), 400)
    assert.strictEqual(yield* owed("ann", "USD"), 0n)
  }).pipe(Effect.scoped, Effect.provide(world))
)

it.effect("an event that could not be looked up is asked for again", () =>
  Effect.gen(function* () {
    const { post, reference, sandbox } = yield* paid
    const event = yield* sandbox.reverse(reference)
    yield* sandbox.fault({ fault: "http-500", match: "read" })
    assert.strictEqual(yield* post(event), 503)
    assert.strictEqual(yield* post(event), 200)
    assert.strictEqual(yield* owed("ann", "USD"), 1_000n)
  }).pipe(Effect.scoped, Effect.provide(world))
)
