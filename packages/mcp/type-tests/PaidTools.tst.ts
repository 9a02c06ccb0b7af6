// A paid tool needs a paywall, and a price function what it asks for; both are told at compile time.
// @effect-diagnostics missingLayerContext:off missingEffectContext:off
import type { McpServer as SdkServer } from "@modelcontextprotocol/sdk/server/mcp.js"
import * as Money from "@paylayer/core/Money"
import type { Paywall } from "@paylayer/core/Paywall"
import * as Price from "@paylayer/core/Price"
import { CurrentPayment } from "@paylayer/http/CurrentPayment"
import * as PaidToolkit from "@paylayer/mcp/PaidToolkit"
import * as PaidTools from "@paylayer/mcp/PaidTools"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as McpProtocol from "effect/ai/McpProtocol"
import * as McpServer from "effect/ai/McpServer"
import * as Tool from "effect/ai/Tool"
import * as Toolkit from "effect/ai/Toolkit"
import * as Schema from "effect/Schema"
import * as z from "zod"
import { expectTypeOf } from "vitest"

class Tariff extends Context.Service<Tariff, { readonly minor: bigint }>()("test/Tariff") {}

declare const server: SdkServer
declare const paywall: Layer.Layer<Paywall>
declare const tariff: Layer.Layer<Tariff>
declare const nothing: Layer.Layer<never>
const price = Price.make({ CNY: "15.00" })
const answer = { content: [] }

// @ts-expect-error is not assignable to parameter of type
PaidTools.make(nothing)

const paid = PaidTools.make(paywall)
paid.registerTool(server, "report", { price, inputSchema: { market: z.string() } }, ({ market }, { payment }) => {
  expectTypeOf(market).toEqualTypeOf<string>()
  expectTypeOf(payment.protocol).toEqualTypeOf<string>()
  return answer
})
const byTariff = ({ market }: { readonly market: string }) =>
  Effect.map(Tariff, ({ minor }) => [Money.of("CNY", minor * BigInt(market.length))] as const)
// @ts-expect-error Type 'Tariff' is not assignable to type 'Paywall'
paid.registerTool(server, "report", { price: byTariff, inputSchema: { market: z.string() } }, () => answer)
PaidTools.make(Layer.merge(paywall, tariff)).registerTool(
  server,
  "report",
  { price: byTariff, inputSchema: { market: z.string() } },
  () => answer
)

const Report = Tool.make("report", {
  parameters: Schema.Struct({ market: Schema.String }),
  success: Schema.String,
  dependencies: [CurrentPayment]
})
const Tools = Toolkit.make(Report)
const handlers = Tools.toLayer({ report: () => Effect.map(CurrentPayment, ({ protocol }) => protocol) })

const running = <E>(_layer: Layer.Layer<McpServer.McpServer, E>) => {}
const served = <R>(registrations: Layer.Layer<never, never, R>) =>
  McpServer.layer({ name: "shop", version: "1.0.0", protocols: [McpProtocol.v2025_11_25], registrations })
declare const transport: Layer.Layer<Layer.Services<ReturnType<typeof served<never>>>>

const selling = PaidToolkit.layer(Tools, { report: { price: byTariff } })
expectTypeOf<Paywall | Tariff>().toExtend<Layer.Services<typeof selling>>()
running(served(selling.pipe(Layer.provide([handlers, paywall, tariff]))).pipe(Layer.provide(transport)))
// @ts-expect-error 'Paywall' is not assignable to type 'never'
running(served(selling.pipe(Layer.provide([handlers, tariff]))).pipe(Layer.provide(transport)))
// @ts-expect-error 'Tariff' is not assignable to type 'never'
running(served(selling.pipe(Layer.provide([handlers, paywall]))).pipe(Layer.provide(transport)))

// Only a paid tool has a payment.
const free = served(McpServer.toolkit(Tools).pipe(Layer.provide(handlers))).pipe(Layer.provide(transport))
// @ts-expect-error is not assignable to parameter of type
running(free)

// @ts-expect-error 'raport'
PaidToolkit.layer(Tools, { raport: { price } })
// @ts-expect-error Property 'city' does not exist
PaidToolkit.layer(Tools, { report: { price: ({ city }) => Price.make({ CNY: city }) } })
