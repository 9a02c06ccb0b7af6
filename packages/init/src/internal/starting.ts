/**
 * From options and environment to a running paywall, or to everything that is wrong with them.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { AlipayConfig, load } from "@paylayer/alipay/AlipayConfig"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import { type Options, Paywall } from "@paylayer/core/Paywall"
import * as Recovery from "@paylayer/core/Recovery"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Result from "effect/Result"
import { InitError, type Issue } from "../InitError.ts"
import * as Pricing from "../Pricing.ts"
import { Play, type Sandbox } from "./Play.ts"

export interface Started {
  readonly runtime: ManagedRuntime.ManagedRuntime<Paywall, never>
  readonly sandbox: Sandbox | undefined
}

interface Given {
  readonly sale: { readonly tool: unknown; readonly pricing: unknown }
  readonly ledger: string
  readonly sandbox: boolean
  readonly paywall: Options
}

/** What is wrong with what is sold. */
export const saleIssues = ({ pricing, tool }: Given["sale"]): ReadonlyArray<Issue> => [
  ...(typeof tool === "string" && tool.trim() !== ""
    ? []
    : [{ where: "tool", message: "there is no name", hint: 'Name what is sold, such as "market-research".' }]),
  ...Pricing.issues(pricing)
]

const askForSandbox = {
  where: "sandbox",
  message: "without Alipay's credentials nothing can be charged",
  hint: "Set the variables above, or pass sandbox: true to sell for play money while you develop."
}

/** The provider's configuration, or what is wrong with it. `undefined` is the sandbox. */
const provider = Effect.fnUntraced(function* (sandbox: boolean) {
  const environment = yield* Config.String("NODE_ENV").pipe(
    Config.withDefault(""),
    Effect.orElseSucceed(() => "")
  )
  if (sandbox) {
    return environment === "production"
      ? Result.fail([
          {
            where: "sandbox",
            message: "NODE_ENV is production, where nobody may pay with play money",
            hint: "Set ALIPAY_APP_ID, ALIPAY_PRIVATE_KEY and ALIPAY_PUBLIC_KEY, and leave sandbox out."
          }
        ])
      : Result.succeed(undefined)
  }
  return Result.mapError(yield* Effect.result(load), ({ issues }) => [
    ...issues.map(({ variable, ...issue }) => ({ where: variable, ...issue })),
    askForSandbox
  ])
})

/** Opens the ledger and closes it again: what is wrong with it is told with everything else. */
const ledgerIssues = (filename: string) =>
  Effect.scoped(SqliteLedger.make({ filename })).pipe(
    Effect.match({
      onFailure: ({ message }): ReadonlyArray<Issue> => [
        { where: "ledger", message, hint: "Name a file in a folder that exists and can be written to." }
      ],
      onSuccess: () => []
    })
  )

/** Loaded only where it is asked for. */
const playing = Layer.unwrap(
  Effect.map(
    Effect.promise(() => import("./playing.ts")),
    ({ layer }) => layer
  )
)

const running = (given: Given, config: AlipayConfig["Service"] | undefined) => {
  const alipay =
    config === undefined ? playing : Layer.merge(Layer.succeed(AlipayConfig, config), Layer.succeed(Play, undefined))
  const trust = AlipayTrust.layer.pipe(
    Layer.provide(OpenPlatform.layer),
    Layer.provideMerge(alipay),
    Layer.provide(NodeHttpClient.layerUndici)
  )
  const paywall = Paywall.layer([AlipayTrust], given.paywall).pipe(
    Layer.provideMerge(trust),
    Layer.provide(SqliteLedger.layer({ filename: given.ledger }))
  )
  return Recovery.layer().pipe(Layer.provideMerge(paywall))
}

/** Starts, or fails with everything that is wrong. */
export const start = Effect.fnUntraced(function* (given: Given): Effect.fn.Return<Started, InitError> {
  const configured = yield* provider(given.sandbox).pipe(Effect.provide(NodeFileSystem.layer))
  const issues = [
    ...saleIssues(given.sale),
    ...(Result.isFailure(configured) ? configured.failure : []),
    ...(yield* ledgerIssues(given.ledger))
  ]
  if (Result.isFailure(configured) || issues.length > 0) return yield* Effect.fail(new InitError(issues))
  const runtime = ManagedRuntime.make(running(given, configured.success))
  const sandbox = yield* Effect.tryPromise({
    try: () => runtime.runPromise(Play),
    catch: (error) =>
      new InitError([
        {
          where: "start",
          message: error instanceof Error ? error.message : String(error),
          hint: "The configuration was read and is complete; this came after."
        }
      ])
  })
  return { runtime: runtime as Started["runtime"], sandbox }
})
