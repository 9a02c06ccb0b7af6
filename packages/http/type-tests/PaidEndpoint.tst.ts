// An endpoint that is paid for does not compile without its price, nor a price without a paywall.
// @effect-diagnostics missingLayerContext:off
import type { Paywall } from "@paylayer/core/Paywall"
import * as Money from "@paylayer/core/Money"
import * as Price from "@paylayer/core/Price"
import { CurrentPayment } from "@paylayer/http/CurrentPayment"
import * as PaidEndpoint from "@paylayer/http/PaidEndpoint"
import * as PaidRoute from "@paylayer/http/PaidRoute"
import * as Effect from "effect/Effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import type * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { expectTypeOf } from "vitest"

const price = Price.make({ CNY: "1.00" })

class Paid extends HttpApiMiddleware.Service<Paid, { provides: CurrentPayment }>()("test/Paid") {}

const endpoint = HttpApiEndpoint.get("report", "/report", { success: Schema.String })
const Free = HttpApi.make("free").add(HttpApiGroup.make("all").add(endpoint))
const Sold = HttpApi.make("sold").add(HttpApiGroup.make("all").add(endpoint.middleware(Paid)))

const payer = Effect.map(CurrentPayment, ({ mandate }) => mandate.payer ?? "")
const sold = HttpApiBuilder.group(Sold, "all", (handlers) => handlers.handle("report", () => payer))
expectTypeOf<Paid>().toExtend<Layer.Services<typeof sold>>()
expectTypeOf<CurrentPayment>().not.toExtend<Layer.Services<typeof sold>>()

const free = HttpApiBuilder.group(Free, "all", (handlers) => handlers.handle("report", () => payer))
expectTypeOf<Paid>().not.toExtend<Layer.Services<typeof free>>()

const live = PaidEndpoint.layer(Paid, { price })
expectTypeOf(live).toEqualTypeOf<Layer.Layer<Paid, never, Paywall>>()

// The price function gets what the schema makes of the body, without being told its type.
PaidRoute.middleware({
  body: Schema.Struct({ pages: Schema.Int }),
  price: (_, { pages }) => Effect.succeed([Money.of("CNY", BigInt(pages))] as const)
})
PaidRoute.middleware({ price: (_, bytes) => Effect.succeed([Money.of("CNY", BigInt(bytes.length))] as const) })

PaidRoute.middleware({
  body: Schema.Struct({ pages: Schema.Int }),
  // @ts-expect-error Property 'words' does not exist
  price: (_, { words }) => Effect.succeed([Money.of("CNY", BigInt(words))] as const)
})

// @ts-expect-error Property 'body' is missing
PaidRoute.middleware({
  price: (_, body: { readonly pages: number }) => Effect.succeed([Money.of("CNY", BigInt(body.pages))] as const)
})
