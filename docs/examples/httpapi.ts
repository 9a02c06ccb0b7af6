// Effect's HttpApi: payment is in the contract, as a middleware that gives the handler `CurrentPayment`.
import type { Paywall } from "@paylayer/core/Paywall"
import * as Price from "@paylayer/core/Price"
import { CurrentPayment } from "@paylayer/http/CurrentPayment"
import * as PaidContract from "@paylayer/http/PaidContract"
import * as PaidEndpoint from "@paylayer/http/PaidEndpoint"
import * as Effect from "effect/Effect"
import * as HttpApi from "effect/http-api/HttpApi"
import * as HttpApiBuilder from "effect/http-api/HttpApiBuilder"
import * as HttpApiEndpoint from "effect/http-api/HttpApiEndpoint"
import * as HttpApiGroup from "effect/http-api/HttpApiGroup"
import * as HttpApiMiddleware from "effect/http-api/HttpApiMiddleware"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"

class Paid extends HttpApiMiddleware.Service<Paid, { provides: CurrentPayment }>()("example/Paid", {
  error: PaidContract.errors // what clients and the OpenAPI document are told of payment
}) {}

const Question = Schema.Struct({ market: Schema.String })
const Report = Schema.Struct({ asked: Question, charge: Schema.String })

export const Api = HttpApi.make("api").add(
  HttpApiGroup.make("research").add(
    HttpApiEndpoint.post("report", "/report", { payload: Question, success: Report }).middleware(Paid)
  )
)

const research = HttpApiBuilder.group(Api, "research", (handlers) =>
  handlers.handle("report", ({ payload }) =>
    Effect.map(CurrentPayment, ({ charge }) => ({ asked: payload, charge: charge.id }))
  )
)

export const routes = <E, R>(paywall: Layer.Layer<Paywall, E, R>) =>
  HttpApiBuilder.layer(Api).pipe(
    Layer.provide(research),
    Layer.provide(PaidEndpoint.layer(Paid, { price: Price.make({ CNY: "1.10", USD: "0.15" }) })),
    Layer.provide(paywall)
  )
