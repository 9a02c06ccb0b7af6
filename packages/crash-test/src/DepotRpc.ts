/**
 * The depot over HTTP: hosts are other processes.
 */
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { Till, TillError } from "@paylayer/conformance/reference/Till"
import { Money } from "@paylayer/core/Money"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as HttpServer from "effect/http/HttpServer"
import * as Layer from "effect/Layer"
import * as Rpc from "effect/rpc/Rpc"
import * as RpcClient from "effect/rpc/RpcClient"
import * as RpcGroup from "effect/rpc/RpcGroup"
import * as RpcSerialization from "effect/rpc/RpcSerialization"
import * as RpcServer from "effect/rpc/RpcServer"
import * as Schema from "effect/Schema"
import * as Http from "node:http"
import { Depot } from "./Depot.ts"

const Slip = Schema.Struct({ reference: Schema.String, money: Money, atMillis: Schema.Number })
const Coupon = Schema.Struct({
  number: Schema.String,
  merchant: Schema.String,
  resource: Schema.String,
  money: Money,
  used: Schema.optionalKey(Schema.Struct({ ...Slip.fields, charge: Schema.String }))
})
const order = { mandate: Schema.String, charge: Schema.String, money: Money }

const calls = RpcGroup.make(
  Rpc.make("hold", { payload: order, error: TillError }),
  Rpc.make("take", { payload: order, success: Slip, error: TillError }),
  Rpc.make("close", { payload: { charge: Schema.String }, success: Schema.NullOr(Slip) }),
  Rpc.make("coupon", { payload: { number: Schema.String }, success: Schema.NullOr(Coupon) }),
  Rpc.make("confirm", { payload: { number: Schema.String, charge: Schema.String }, success: Slip, error: TillError })
)

const handlers = calls.toLayer(
  Effect.map(Depot, (depot) => ({
    hold: ({ mandate, charge, money }) => depot.hold(mandate, charge, money),
    take: ({ mandate, charge, money }) => depot.take(mandate, charge, money),
    close: ({ charge }) => Effect.map(depot.close(charge), (slip) => slip ?? null),
    coupon: ({ number }) => Effect.map(depot.coupon(number), (coupon) => coupon ?? null),
    confirm: ({ number, charge }) => depot.confirm(number, charge)
  }))
)

/** Where the depot listens. */
export class DepotServer extends Context.Service<DepotServer, { readonly url: string }>()(
  "@paylayer/crash-test/DepotServer"
) {
  /** Serves the `Depot` in scope on a free port of this machine. */
  static readonly layer = Layer.effect(
    DepotServer,
    Effect.map(HttpServer.HttpServer, ({ address }) => ({
      url: `http://127.0.0.1:${"port" in address ? address.port : 0}/depot`
    }))
  ).pipe(
    Layer.provide(
      HttpRouter.serve(
        RpcServer.layerHttp({ group: calls, path: "/depot", protocol: "http", disableTracing: true }).pipe(
          Layer.provide(handlers)
        ),
        { disableLogger: true, disableListenLog: true }
      )
    ),
    Layer.provide(RpcSerialization.layerJson),
    Layer.provide(
      NodeHttpServer.layer(() => Http.createServer(), { host: "127.0.0.1", port: 0, gracefulShutdownTimeout: 200 })
    )
  )
}

const lost = new TillError({ code: "lost" })

/** What a host can ask of the depot about coupons. */
export class CouponDesk extends Context.Service<
  CouponDesk,
  {
    readonly coupon: (number: string) => Effect.Effect<(typeof Coupon)["Type"] | null, TillError>
    readonly confirm: (number: string, charge: string) => Effect.Effect<(typeof Slip)["Type"], TillError>
  }
>()("@paylayer/crash-test/CouponDesk") {}

const answered = <A>(value: A) => ({ authentic: true, value })
const notForHosts = Effect.die(new Error("this is not for hosts"))

/** The depot as hosts see it: the till of vouchers, and the desk of coupons. A call that went unanswered is `lost`. */
export const layerClient = (url: string) =>
  Layer.effectContext(
    Effect.gen(function* () {
      const depot = yield* RpcClient.make(calls, { disableTracing: true })
      const till = Till.of({
        hold: (mandate, charge, money) =>
          Effect.map(heard(depot.hold({ mandate, charge, money })), () => answered(undefined)),
        take: (mandate, charge, money) => Effect.map(heard(depot.take({ mandate, charge, money })), answered),
        close: (charge) => Effect.map(heard(depot.close({ charge })), (slip) => answered(slip ?? undefined)),
        open: () => notForHosts,
        revoke: () => notForHosts,
        giveBack: () => notForHosts,
        givenBack: () => notForHosts,
        movements: notForHosts,
        holds: notForHosts,
        fault: () => notForHosts,
        unmet: notForHosts,
        clearFaults: notForHosts
      })
      const desk = CouponDesk.of({
        coupon: (number) => heard(depot.coupon({ number })),
        confirm: (number, charge) => heard(depot.confirm({ number, charge }))
      })
      return Context.make(Till, till).pipe(Context.add(CouponDesk, desk))
    })
  ).pipe(Layer.provide(RpcClient.layerProtocolHttp({ url })), Layer.provide(RpcSerialization.layerJson))

const heard = <A, E extends { readonly _tag: string }>(call: Effect.Effect<A, E>) =>
  Effect.mapError(call, (error) => (error instanceof TillError ? error : lost))
