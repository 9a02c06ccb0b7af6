/**
 * The dashboard: what the gateway takes, refuses, owes and pays out, for its operators, under `/dashboard`.
 *
 * Its pages are made by the server and work without the one small script they load. They load nothing from elsewhere, are in
 * nobody's frame and in nobody's cache, and hold no secret: of a charge neither authorization nor answer, of a tool no header's
 * value.
 *
 * An operator signs in with a token. The session is a cookie that no script reads and no other site sends, signed with a key out
 * of the token: every gateway that has the token knows it, and another token ends it. What changes something is a form of that
 * session, sent from the dashboard's own origin.
 *
 * @example
 * const dashboard = Layer.unwrap(
 *   Effect.map(Gateway.Gateway, ({ config }) => Dashboard.layer({ operatorToken, configuration: config }))
 * )
 */
import type { Ledger } from "@paylayer/core/Ledger"
import type { Paywall } from "@paylayer/core/Paywall"
import type { SpendingLimit } from "@paylayer/core/SpendingLimit"
import * as Effect from "effect/Effect"
import type { HttpRouter } from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { Book } from "./Book.ts"
import type { Developer } from "./Developer.ts"
import type { DeveloperStatement } from "./DeveloperStatement.ts"
import type { GatewayStore } from "./GatewayStore.ts"
import type { Reconciled } from "./Reconciler.ts"
import { routes } from "./internal/dashboard/routes.ts"
import type { Payouts } from "./Payouts.ts"
import type { Tool } from "./Tool.ts"
import type { Usage } from "./Usage.ts"

export type { Reconciled } from "./Reconciler.ts"

/** What is configured, as far as pages show it: a part of `GatewayConfig`. */
export interface Configuration {
  /** By slug. */
  readonly tools: ReadonlyMap<string, Tool>
  /** By id. */
  readonly developers: ReadonlyMap<string, Developer>
  readonly limits: ReadonlyArray<SpendingLimit>
}

export interface Options {
  /** What operators sign in with: 24 characters or more, at random. */
  readonly operatorToken: Redacted.Redacted
  /** Asked for each page, so that a reload shows at once. */
  readonly configuration: Effect.Effect<Configuration>
  /**
   * Where browsers find the gateway, where a proxy stands before it: `https://gateway.example`. With HTTPS, cookies are only sent
   * over it. Absent: it is taken for the address that a request names.
   */
  readonly publicUrl?: URL
  /** The last reconciliations, newest first. Absent: none is kept here, and the page says so. */
  readonly reconciliations?: Effect.Effect<ReadonlyArray<Reconciled>>
}

/** The dashboard cannot be served like this. */
export class DashboardError extends Schema.TaggedError<DashboardError>()("DashboardError", {
  message: Schema.String
}) {}

const shortest = 24

/** The routes of the dashboard. */
export const layer = (
  options: Options
): Layer.Layer<
  never,
  DashboardError,
  HttpRouter | Ledger | Paywall | GatewayStore | Usage | Book | DeveloperStatement | Payouts
> =>
  Redacted.value(options.operatorToken).length < shortest
    ? Layer.effectDiscard(
        Effect.fail(
          new DashboardError({
            message: `the operator token has fewer than ${shortest} characters, which can be guessed`
          })
        )
      )
    : routes(options)
