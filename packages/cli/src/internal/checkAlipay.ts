/** Alipay: its settings, whether its gateway answers under its own signature, and whether the clocks agree. */
import { AlipayConfig } from "@paylayer/alipay/AlipayConfig"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import type { Reason } from "@paylayer/alipay/OpenPlatformError"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import { type Finding, failed, ok, skipped, warning } from "../Finding.ts"

const settings = "Alipay settings"
const gateway = "Alipay gateway"
const clock = "clock"

const variables = ["ALIPAY_APP_ID", "ALIPAY_PRIVATE_KEY", "ALIPAY_PUBLIC_KEY"].flatMap((name) => [name, `${name}_FILE`])

const isConfigured = Effect.forEach(variables, (name) => Config.option(Config.String(name))).pipe(
  Effect.map((found) => found.some(Option.isSome)),
  Effect.orElseSucceed(() => true)
)

/** What an answer of the gateway that is no success says of the settings. */
const diagnosis = (address: string, reason: Reason): Finding => {
  switch (reason._tag) {
    case "BusinessFailure":
      return ok(gateway, `${address} answers, and the signature is Alipay's`)
    case "MisSigned":
      return failed(
        gateway,
        "its answer is not signed by the key that is configured as Alipay's",
        "ALIPAY_PUBLIC_KEY must be Alipay's public key, shown in the console beside the application's; not the application's own"
      )
    case "Unsigned":
    case "InvalidRequest":
      return failed(
        gateway,
        `it does not take the request: ${reason.message}`,
        "Compare ALIPAY_APP_ID with the console, and upload the public key that belongs to ALIPAY_PRIVATE_KEY there"
      )
    case "Unauthorized":
    case "PermissionDenied":
      return failed(
        gateway,
        `the application may not call alipay.trade.query: ${reason.message}`,
        "Add the product to the application in the console, and wait until it is in force"
      )
    case "Transport":
    case "Timeout":
    case "HttpStatus":
      return failed(
        gateway,
        `${address} cannot be reached: ${reason.message}`,
        "Look at the network, a proxy or a firewall between here and there, and at ALIPAY_GATEWAY"
      )
    default:
      return warning(gateway, `it answered, but not as expected: ${reason.message}`, "Try again in a minute")
  }
}

const asked = Effect.gen(function* () {
  const config = yield* AlipayConfig
  const digits = Math.floor((yield* Random.next) * 1e12)
  const number = `paylayer_doctor_${digits}`
  const answer = yield* Effect.result(
    (yield* OpenPlatform).execute("alipay.trade.query", { out_trade_no: number }, { timeout: "10 seconds" })
  )
  return answer._tag === "Success"
    ? warning(gateway, `it knows an order ${number} that nobody has made`, "Look at what ALIPAY_GATEWAY points to")
    : diagnosis(config.gateway, answer.failure.reason)
})

/** Beyond it Alipay refuses what it takes for old, and windows of tokens are read wrongly. */
const mostApart = 60_000

const apart = Effect.gen(function* () {
  const config = yield* AlipayConfig
  const client = yield* HttpClient.HttpClient
  const before = yield* Clock.currentTimeMillis
  const response = yield* client.head(config.gateway)
  const after = yield* Clock.currentTimeMillis
  const told = DateTime.make(response.headers["date"] ?? "")
  if (Option.isNone(told)) return skipped(clock, "the gateway does not tell the time", "Run chronyd or ntpd here")
  // Its second is cut off, and it was some time between.
  const difference = told.value.epochMilliseconds + 500 - (before + after) / 2
  const seconds = Math.round(Math.abs(difference) / 1_000)
  return Math.abs(difference) <= mostApart
    ? ok(clock, seconds < 2 ? "agrees with the gateway's" : `${seconds} s from the gateway's`)
    : failed(
        clock,
        `${seconds} s ${difference > 0 ? "behind" : "ahead of"} the gateway's`,
        "Synchronise this machine's clock (chronyd, ntpd); tokens and signatures depend on it"
      )
}).pipe(
  Effect.timeout("10 seconds"),
  Effect.orElseSucceed(() => skipped(clock, "the gateway could not be asked for the time", "Mend the gateway first"))
)

export const checkAlipay = Effect.gen(function* () {
  if (!(yield* isConfigured)) {
    return [
      skipped(
        settings,
        "none of the ALIPAY_… variables is set",
        "Set them to take Alipay; docs/alipay-merchant-guide.md"
      )
    ]
  }
  const platform = Layer.provideMerge(OpenPlatform.layer, Layer.merge(AlipayConfig.layer, FetchHttpClient.layer))
  const found = Effect.all([Effect.succeed(ok(settings, "complete, and the keys can be read")), asked, apart], {
    concurrency: "unbounded"
  })
  return yield* Effect.provide(found, platform).pipe(
    Effect.catchTag("AlipayConfigError", ({ issues }) =>
      Effect.succeed(issues.map(({ hint, message, variable }) => failed(settings, `${variable}: ${message}`, hint)))
    )
  )
})
