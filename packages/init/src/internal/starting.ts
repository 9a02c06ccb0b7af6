/**
 * From options and environment to a running paywall, or to everything that is wrong with them.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import { A402Config } from "@paylayer/alipay/A402Config"
import { AlipayA402 } from "@paylayer/alipay/AlipayA402"
import { AlipayConfig, type AlipayConfigError, load } from "@paylayer/alipay/AlipayConfig"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import { type Options, Paywall } from "@paylayer/core/Paywall"
import * as Recovery from "@paylayer/core/Recovery"
import * as SqliteLedger from "@paylayer/ledger-sqlite/SqliteLedger"
import * as Config from "effect/Config"
import * as Context from "effect/Context"
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
  readonly a402: boolean | undefined
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
  return Result.mapError(yield* Effect.result(load), (error) => [...asIssues(error), askForSandbox])
})

const asIssues = ({ issues }: AlipayConfigError): ReadonlyArray<Issue> =>
  issues.map(({ variable, ...issue }) => ({ where: variable, ...issue }))

/** The configuration of bills, or what is wrong with it. `undefined` where they are not taken, and in the sandbox. */
const bills = Effect.fnUntraced(function* (asked: boolean | undefined) {
  const service = yield* Config.String("ALIPAY_SERVICE_ID").pipe(
    Config.withDefault(""),
    Effect.orElseSucceed(() => "")
  )
  if (!(asked ?? service !== "")) return Result.succeed(undefined)
  const built = yield* Effect.result(Effect.scoped(Layer.build(A402Config.layer)))
  return Result.mapBoth(built, {
    onFailure: asIssues,
    onSuccess: (context) => Context.get(context, A402Config)
  })
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
const playingA402 = Layer.unwrap(
  Effect.map(
    Effect.promise(() => import("./playing.ts")),
    ({ layerA402 }) => layerA402
  )
)

/** What is taken: agent tokens, and bills where they are configured. */
const taking = (options: Options, a402: Layer.Layer<A402Config> | undefined) =>
  a402 === undefined
    ? Paywall.layer([AlipayTrust], options).pipe(Layer.provide(AlipayTrust.layer))
    : Paywall.layer([AlipayTrust, AlipayA402], options).pipe(
        Layer.provide([AlipayTrust.layer, Layer.provide(AlipayA402.layer, a402)])
      )

interface Configured {
  /** Absent in the sandbox. */
  readonly alipay: AlipayConfig["Service"] | undefined
  readonly a402: A402Config["Service"] | undefined
}

const running = (given: Given, { a402, alipay }: Configured) => {
  const settings =
    alipay === undefined ? playing : Layer.merge(Layer.succeed(AlipayConfig, alipay), Layer.succeed(Play, undefined))
  const billing =
    a402 !== undefined
      ? Layer.succeed(A402Config, a402)
      : alipay === undefined && given.a402 === true
        ? playingA402
        : undefined
  const paywall = taking(given.paywall, billing).pipe(
    Layer.provide(OpenPlatform.layer),
    Layer.provideMerge(settings),
    Layer.provide(NodeHttpClient.layerUndici),
    Layer.provide(SqliteLedger.layer({ filename: given.ledger }))
  )
  return Recovery.layer().pipe(Layer.provideMerge(paywall))
}

/** Starts, or fails with everything that is wrong. */
export const start = Effect.fnUntraced(function* (given: Given): Effect.fn.Return<Started, InitError> {
  const [alipay, a402] = yield* Effect.all([
    provider(given.sandbox),
    given.sandbox ? Effect.succeed(Result.succeed(undefined)) : bills(given.a402)
  ]).pipe(Effect.provide(NodeFileSystem.layer))
  const wrong = [...(Result.isFailure(alipay) ? alipay.failure : []), ...(Result.isFailure(a402) ? a402.failure : [])]
  const issues = [
    ...saleIssues(given.sale),
    // A variable that both read is told of once.
    ...wrong.filter(({ where }, index) => wrong.findIndex((other) => other.where === where) === index),
    ...(yield* ledgerIssues(given.ledger))
  ]
  if (Result.isFailure(alipay) || Result.isFailure(a402) || issues.length > 0)
    return yield* Effect.fail(new InitError(issues))
  const runtime = ManagedRuntime.make(running(given, { alipay: alipay.success, a402: a402.success }))
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
