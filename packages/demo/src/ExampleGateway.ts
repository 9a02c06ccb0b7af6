/**
 * The gateway of the demo: two example tools of two developers, sold for CNY, USD and EUR, and by the word.
 */
import * as GatewayConfig from "@paylayer/gateway/GatewayConfig"
import * as Effect from "effect/Effect"
import { ExampleTools } from "./ExampleTools.ts"

/** The account of a developer who is paid by Stripe. */
export const stripeAccount = "acct_1ACME0000000001"

/** Where the first tool is. */
export const path = "/api/proxy/market-research"

/** Where the metered tool is. */
export const meteredPath = "/api/proxy/keywords"

/** ISO 18245: information retrieval services. */
const category = "7375"

/** What it is configured with, on a port of this machine. */
export const config = Effect.fnUntraced(function* (port: number) {
  const { url } = yield* ExampleTools
  const upstream = (path: string) => ({ url: `${url}${path}`, allowPrivate: true })
  return yield* GatewayConfig.read(
    GatewayConfig.defineGateway({
      realm: "paylayer-demo",
      listen: { host: "127.0.0.1", port },
      drain: { notice: "10 millis", calls: "2 seconds" },
      developers: [
        {
          id: "acme",
          name: "ACME Research",
          payout: { rail: "stripe", account: stripeAccount },
          currencies: ["CNY", "USD", "EUR"],
          schedule: "manual"
        },
        {
          id: "lexicon",
          name: "Lexicon",
          payout: { rail: "alipay", account: { type: "ALIPAY_USER_ID", account: "2088000000000009" } },
          currencies: ["CNY"],
          schedule: "manual"
        }
      ],
      takeRate: { freeOperations: 2, tiers: [{ rate: "0.05" }] },
      tools: [
        {
          slug: "market-research",
          developer: "acme",
          title: "Market research",
          description: "Market research report",
          category,
          methods: ["POST"],
          upstream: upstream("/market-research"),
          price: { CNY: "1.10", USD: "0.15", EUR: "0.14" }
        },
        {
          slug: "keywords",
          developer: "lexicon",
          title: "Keywords",
          description: "The keywords of a text, paid by the word",
          category,
          methods: ["POST"],
          upstream: upstream("/keywords"),
          price: {
            unit: "word",
            perUnit: { CNY: "0.0004" },
            most: { CNY: "1.00" },
            measure: { json: "/words" },
            rounding: "down"
          }
        }
      ]
    })
  )
})
