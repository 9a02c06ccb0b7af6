/**
 * A gateway in operation: what it sells, and everything behind the counter: usage, book, payouts and the dashboard.
 *
 * @example
 * Operation.serve(config, [AlipayTrust], { operatorToken }).pipe(
 *   Layer.provide(AlipayTrust.layerConfig),
 *   Layer.provide([SqliteLedger.layer({ filename }), SqliteClient.layer({ filename })])
 * )
 *
 * ## Details
 *
 * - Everything is in one database: the ledger's. Several machines may share it; each pays out, and one at a time.
 * - Without an operator token there is no dashboard, without rails nothing is paid out; what is owed stays in the book.
 */
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import type { Statement } from "@paylayer/core/Statement"
import * as Effect from "effect/Effect"
import type { HttpRouter } from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Accrual from "./Accrual.ts"
import * as Book from "./Book.ts"
import * as Bookkeeper from "./Bookkeeper.ts"
import * as Dashboard from "./Dashboard.ts"
import * as DeveloperStatement from "./DeveloperStatement.ts"
import * as Gateway from "./Gateway.ts"
import type { GatewayConfig } from "./GatewayConfig.ts"
import * as GatewayStore from "./GatewayStore.ts"
import { Payouts } from "./Payouts.ts"
import * as Reconciler from "./Reconciler.ts"
import type { PayoutRail } from "./PayoutRail.ts"
import * as Usage from "./Usage.ts"

export interface Options<E = never, R = never, RS = never> {
  /** What operators sign in to the dashboard with. Absent: there is none. */
  readonly operatorToken?: Redacted.Redacted
  /** Where browsers find the gateway, where a proxy stands before it. */
  readonly publicUrl?: URL
  /** How developers are paid. Absent: nothing is paid out. */
  readonly rails?: Effect.Effect<ReadonlyArray<PayoutRail>, E, R>
  /** What providers say moved, day by day: compared with the ledger, and shown on the dashboard. Absent: nobody looks. */
  readonly statements?: Effect.Effect<ReadonlyArray<Statement>, never, RS>
  /** The schema of PostgreSQL. Default: the ledger's. */
  readonly schema?: string
  /** More routes, such as `StripeWebhook.layer`. */
  readonly routes?: Layer.Layer<never, E, HttpRouter | Payouts | R>
}

/** Usage, book and fractions of minor units, in the ledger's database. */
export const books = (schema?: string) =>
  Layer.mergeAll(Book.layer, Usage.layer, Accrual.layer, DeveloperStatement.layer).pipe(
    Layer.provideMerge(GatewayStore.layer(schema === undefined ? {} : { schema }))
  )

/** Serves a gateway, and keeps its books. Requires the ledger, its database and the protocols. */
export const serve = <
  const P extends ReadonlyArray<Effect.Effect<AnyProtocol, unknown, unknown>>,
  E = never,
  R = never,
  RS = never
>(
  config: GatewayConfig,
  protocols: P,
  { operatorToken, publicUrl, rails, routes, schema, statements }: Options<E, R, RS> = {}
) =>
  Layer.suspend(() => {
    let configured = Effect.succeed(config)
    /** What is configured now, once the gateway is there to say. */
    const now = Effect.suspend(() => configured)
    const asking = Layer.effectDiscard(
      Effect.map(Gateway.Gateway, (gateway) => {
        configured = gateway.config
      })
    )

    const bookkeeper = Bookkeeper.layer({
      developerOf: (slug) => Effect.runSync(now).tools.get(slug)?.developer,
      takeRate: () => Effect.runSync(now).takeRate
    })
    const payouts = Layer.unwrap(
      Effect.map(rails ?? Effect.succeed<ReadonlyArray<PayoutRail>>([]), (rails) =>
        Payouts.layer({ developers: Effect.map(now, ({ developers }) => [...developers.values()]), rails })
      )
    )
    const reconciler = Layer.unwrap(
      Effect.map(statements ?? Effect.succeed<ReadonlyArray<Statement>>([]), (all) => Reconciler.layer(all))
    )
    const dashboard =
      operatorToken === undefined
        ? Layer.empty
        : Layer.unwrap(
            Effect.map(Reconciler.Reconciler, ({ results }) =>
              Dashboard.layer({
                operatorToken,
                configuration: now,
                reconciliations: Effect.orDie(results),
                ...(publicUrl !== undefined && { publicUrl })
              })
            )
          )

    const behind = Layer.mergeAll(bookkeeper, reconciler, Layer.provideMerge(Payouts.layerRunner(), payouts))
    return Gateway.serve(config, protocols, { routes: Layer.mergeAll(dashboard, asking, routes ?? Layer.empty) }).pipe(
      Layer.provideMerge(behind),
      Layer.provideMerge(books(schema))
    )
  })
