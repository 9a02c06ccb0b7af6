/**
 * A host: a paid API over the ledger under test, in a process of its own. It prints its port when it can be called, and ends
 * when its input does, so that it does not outlive whoever started it.
 */
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import { Voucher, VoucherKey } from "@paylayer/conformance/reference/Voucher"
import * as Recovery from "@paylayer/core/Recovery"
import { Paywall } from "@paylayer/core/Paywall"
import { CurrentPayment } from "@paylayer/http/CurrentPayment"
import * as PaidRoute from "@paylayer/http/PaidRoute"
import * as Console from "effect/Console"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Stdio from "effect/Stdio"
import * as Stream from "effect/Stream"
import * as Http from "node:http"
import { flushCompileCache } from "node:module"
import { Coupon } from "./Coupon.ts"
import * as DepotRpc from "./DepotRpc.ts"
import * as HostSettings from "./HostSettings.ts"
import * as LedgerUnderTest from "./LedgerUnderTest.ts"
import * as Terms from "./Terms.ts"

/** What is sold: an answer like no other, however often the same question is asked. */
const answer = (workMillis: number) =>
  Effect.gen(function* () {
    const { charge } = yield* CurrentPayment
    yield* Effect.sleep(yield* Random.nextIntBetween(0, workMillis))
    return HttpServerResponse.jsonUnsafe({ charge: charge.id, delivery: SecureRandom.uuidV4Unsafe() })
  })

const protocols = ({ depot, voucherKey }: HostSettings.HostSettings) =>
  Layer.mergeAll(
    AlipayTrust.layerConfig,
    Voucher.layer.pipe(Layer.provide(Layer.succeed(VoucherKey, Redacted.make(voucherKey)))),
    Coupon.layer
  ).pipe(Layer.provide(DepotRpc.layerClient(depot)))

const announce = Effect.flatMap(HttpServer.HttpServer, ({ address }) =>
  Effect.andThen(
    Console.log(JSON.stringify({ port: "port" in address ? address.port : 0 })),
    // A host that is killed writes nothing at its exit.
    Effect.sync(() => flushCompileCache())
  )
)

const app = (settings: HostSettings.HostSettings) => {
  const paid = PaidRoute.middleware({ price: [Terms.price], description: "An answer", realm: "crash-test" })
  const routes = HttpRouter.add("POST", Terms.route, answer(settings.workMillis)).pipe(Layer.provide(paid.layer))
  const paywall = Paywall.layer([AlipayTrust, Voucher, Coupon], {
    merchant: Terms.merchant,
    limits: Terms.limits
  })
  return Layer.effectDiscard(announce).pipe(
    Layer.provide(
      HttpRouter.serve(Layer.mergeAll(routes), { disableLogger: true, disableListenLog: true }).pipe(
        Layer.provideMerge(
          NodeHttpServer.layer(() => Http.createServer(), { host: "127.0.0.1", port: 0, gracefulShutdownTimeout: 200 })
        )
      )
    ),
    Layer.merge(Recovery.layer({ every: settings.recoverEveryMillis })),
    Layer.provide(paywall),
    Layer.provide(protocols(settings)),
    Layer.provide(LedgerUnderTest.layer(settings.store, settings.leaseMillis))
  )
}

/** Ends when the process that started this one is gone, or lets go of it. */
const letGo = Effect.flatMap(Stdio.Stdio, ({ stdin }) => Stream.runDrain(stdin)).pipe(Effect.ignore)

Layer.unwrap(Effect.map(HostSettings.config, app)).pipe(
  Layer.provide([FetchHttpClient.layer, NodeServices.layer]),
  Layer.launch,
  Effect.raceFirst(letGo),
  Effect.provide(NodeServices.layer),
  NodeRuntime.runMain
)
