/**
 * The tool that is sold: a small market report for a market and a region, as in the brief's example.
 */
import * as Effect from "effect/Effect"
import * as HttpServerRequest from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Schema from "effect/Schema"

const Question = Schema.Struct({ market: Schema.NonEmptyString, region: Schema.NonEmptyString })

const yearlyGrowth: { readonly [region: string]: string } = {
  "asia-pacific": "6.1 %",
  europe: "2.3 %",
  "north-america": "3.4 %"
}

const answer = ({ market, region }: typeof Question.Type) => {
  const growth = Object.hasOwn(yearlyGrowth, region) ? yearlyGrowth[region] : undefined
  return growth === undefined
    ? HttpServerResponse.jsonUnsafe(
        { error: `no data for ${region}`, regions: Object.keys(yearlyGrowth) },
        { status: 404 }
      )
    : HttpServerResponse.jsonUnsafe({ market, region, yearly_growth: growth })
}

/** Answers `{ "market": …, "region": … }`. A question it cannot answer is a 4xx, which is not charged. */
export const report = HttpServerRequest.schemaBodyJson(Question).pipe(
  Effect.map(answer),
  Effect.catchTag(["SchemaError", "HttpServerError"], () =>
    Effect.succeed(HttpServerResponse.jsonUnsafe({ error: 'ask with {"market": "…", "region": "…"}' }, { status: 400 }))
  )
)
