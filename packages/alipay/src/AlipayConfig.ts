/**
 * What the Open Platform client and the plug-ins need to know, from the environment.
 *
 * | variable | what | default |
 * |---|---|---|
 * | `ALIPAY_APP_ID` | the application's id | required |
 * | `ALIPAY_PRIVATE_KEY` | the application's private key | required |
 * | `ALIPAY_PUBLIC_KEY` | *Alipay's* public key, not the application's | required, unless there are certificates |
 * | `ALIPAY_PREVIOUS_PUBLIC_KEY`, `ALIPAY_PREVIOUS_PUBLIC_KEY_UNTIL` | another key of Alipay's, believed until then: in a rotation | |
 * | `ALIPAY_APP_CERT`, `ALIPAY_PUBLIC_CERT`, `ALIPAY_ROOT_CERT` | certificate mode: the application's, Alipay's, its roots | |
 * | `ALIPAY_ENCRYPT_KEY` | encrypts contents: 16 bytes in Base64 | contents are not encrypted |
 * | `ALIPAY_API` | the protocol: `v2` (the gateway) or `v3` (REST, at the gateway's origin) | `v2` |
 * | `ALIPAY_GATEWAY` | where gateway v2 is; `http:` only on this machine | `https://openapi.alipay.com/gateway.do` |
 * | `ALIPAY_SELLER_ID` | the merchant's id, `2088…` | |
 * | `ALIPAY_SETTLE_CURRENCY` | what the merchant is settled in: `CNY`, `USD` or `EUR`, as contracted | the currency of each charge |
 * | `ALIPAY_NOTIFY_URL` | where Alipay tells what became of an order; `http:` only on this machine | Alipay tells nobody |
 * | `ALIPAY_AGENT_TOKEN_ISSUER`, `ALIPAY_AGENT_TOKEN_JWKS` | who signs agent tokens, and with which keys | |
 * | `ALIPAY_PAYMENT_METHODS` | what may pay: some of `balance,credit,huabei-instalments` | all of them |
 * | `ALIPAY_INSTALMENT_FEE` | who bears the fee of Huabei instalments: `payer` or `merchant` | `payer` |
 * | `ALIPAY_TIMEOUT` | how long one call may take | `5 seconds` |
 *
 * Every variable may be given as a file instead: `ALIPAY_PRIVATE_KEY_FILE=/run/secrets/alipay.pem`. Everything that is wrong is
 * reported at once.
 *
 * @example
 * OpenPlatform.layer.pipe(Layer.provide(AlipayConfig.layer))
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { Issuer } from "./AgentToken.ts"
import * as AlipayKeys from "./AlipayKeys.ts"
import * as Issuers from "./internal/configIssuers.ts"
import * as Keys from "./internal/configKeys.ts"
import * as Variable from "./internal/configVariable.ts"
import type { Taken } from "./PaymentMethods.ts"
import type * as Rsa2 from "./Rsa2.ts"

/** Alipay's production gateway. */
export const productionGateway = "https://openapi.alipay.com/gateway.do"

/** Everything that is wrong with the configuration. No value of a variable is repeated. */
export class AlipayConfigError extends Schema.TaggedError<AlipayConfigError>()("AlipayConfigError", {
  issues: Schema.Array(Variable.Issue)
}) {
  override get message() {
    const lines = this.issues.map(({ variable, message, hint }) => `  ${variable}: ${message}\n    ${hint}`)
    return ["Alipay is not configured:", ...lines].join("\n")
  }
}

/** Checked settings, keys parsed. */
export class AlipayConfig extends Context.Service<
  AlipayConfig,
  Taken & {
    readonly appId: string
    readonly privateKey: Rsa2.PrivateKey
    /** Alipay's, which signs the gateway's answers. */
    readonly alipayPublicKey: Rsa2.PublicKey
    /** The keys of this moment: several of Alipay's, certificates, a content key. Only the two above where it is absent. */
    readonly keys?: Effect.Effect<AlipayKeys.AlipayKeys>
    /** Which protocol is spoken; `v2` where it is absent. */
    readonly api?: "v2" | "v3"
    readonly gateway: string
    readonly sellerId?: string
    /** What orders ask the merchant to be settled in. Absent: the currency of each charge. */
    readonly settleCurrency?: "CNY" | "USD" | "EUR"
    /** The `notify_url` of orders: where `NotificationRoute` answers. */
    readonly notifyUrl?: string
    /** Who may sign agent tokens. None where only opaque tokens are taken. */
    readonly agentTokenIssuers: ReadonlyArray<Issuer>
    /** How long one call may take. */
    readonly timeout: Duration.Duration
  }
>()("@paylayer/alipay/AlipayConfig") {
  /** Reads the environment through `Config`, and files through `FileSystem`. */
  static readonly layer: Layer.Layer<AlipayConfig, AlipayConfigError, FileSystem.FileSystem> = Layer.effect(
    AlipayConfig,
    Effect.suspend(() => load)
  )

  /**
   * The same, but keys, certificates and the content key are read again that often, so that a file that was replaced counts
   * without a restart. What is wrong then is logged, and the keys stay as they were. Nothing else is read again.
   */
  static readonly layerReloading = (
    every: Duration.Input
  ): Layer.Layer<AlipayConfig, AlipayConfigError, FileSystem.FileSystem> => Layer.effect(AlipayConfig, reloading(every))
}

const matching = (form: RegExp, message: string, hint: string) => (text: string) =>
  form.test(text) ? Result.succeed(text) : Result.fail({ message, hint })

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

const address = (text: string, hint: string, risk: string): Result.Result<string, Variable.Problem> => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return Result.fail({ message: "this is not an http address", hint })
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    return Result.fail({ message: "the address must have no user, query or fragment", hint })
  }
  return url.protocol === "https:" || loopback.test(url.hostname)
    ? Result.succeed(url.href)
    : Result.fail({ message: `http is only for this machine: ${risk} would cross the network unencrypted`, hint })
}

const gateway = (text: string) =>
  address(
    text,
    `Use ${productionGateway}, the sandbox's https address, or http://127.0.0.1:PORT/gateway.do.`,
    "answers"
  )

const notifyUrl = (text: string) =>
  Result.flatMap(address(text, "Write the public https address of NotificationRoute.", "notifications"), (url) =>
    url.length <= 256
      ? Result.succeed(url)
      : Result.fail({ message: "the address has more than 256 characters", hint: "Alipay takes no longer ones." })
  )

const timeout = (text: string): Result.Result<Duration.Duration, Variable.Problem> => {
  const duration = Option.getOrUndefined(Duration.fromInput(text as Duration.Input))
  const millis = duration === undefined ? 0 : Duration.toMillis(duration)
  return duration !== undefined && millis >= 100 && millis <= 60_000
    ? Result.succeed(duration)
    : Result.fail({ message: "this is not a time between 100 millis and 60 seconds", hint: 'Write it as "5 seconds".' })
}

const methods = ["balance", "credit", "huabei-instalments"] as const

const paymentMethods = (text: string): Result.Result<NonNullable<Taken["paymentMethods"]>, Variable.Problem> => {
  const named = text.split(",").map((name) => name.trim())
  const known = methods.filter((method) => named.includes(method))
  return known.length > 0 && known.length === named.length
    ? Result.succeed(known)
    : Result.fail({
        message: `this is no list of ${methods.join(", ")}`,
        hint: `Write "balance,credit", or leave it out for all of them.`
      })
}

const instalmentFee = (text: string): Result.Result<"payer" | "merchant", Variable.Problem> =>
  text === "payer" || text === "merchant"
    ? Result.succeed(text)
    : Result.fail({ message: "this is neither payer nor merchant", hint: "Leave it out for payer." })

const settleCurrency = (text: string): Result.Result<"CNY" | "USD" | "EUR", Variable.Problem> =>
  text === "CNY" || text === "USD" || text === "EUR"
    ? Result.succeed(text)
    : Result.fail({
        message: "this is neither CNY, USD nor EUR",
        hint: "Leave it out to be settled in the currency of each charge."
      })

const api = (text: string): Result.Result<"v2" | "v3", Variable.Problem> =>
  text === "v2" || text === "v3"
    ? Result.succeed(text)
    : Result.fail({ message: "this is neither v2 nor v3", hint: "Leave it out for the gateway, v2." })

/** Reads and checks everything, and fails once with all that is wrong. */
export const load: Effect.Effect<AlipayConfig["Service"], AlipayConfigError, FileSystem.FileSystem> = Effect.gen(
  function* () {
    const read = yield* Variable.reader
    const appId = yield* read.required(
      "ALIPAY_APP_ID",
      matching(
        /^[0-9]{8,32}$/,
        "an application id is 8 to 32 digits",
        "It is on the application's page, e.g. 2021000000000001."
      )
    )
    const keys = yield* Keys.read(read)
    const protocol = yield* read.optional("ALIPAY_API", api)
    const url = yield* read.optional("ALIPAY_GATEWAY", gateway)
    const sellerId = yield* read.optional(
      "ALIPAY_SELLER_ID",
      matching(
        /^2088[0-9]{12}$/,
        "a merchant id is 2088 and twelve more digits",
        "It is the PID on the merchant's account page."
      )
    )
    const settle = yield* read.optional("ALIPAY_SETTLE_CURRENCY", settleCurrency)
    const notify = yield* read.optional("ALIPAY_NOTIFY_URL", notifyUrl)
    const accepted = yield* read.optional("ALIPAY_PAYMENT_METHODS", paymentMethods)
    const fee = yield* read.optional("ALIPAY_INSTALMENT_FEE", instalmentFee)
    const time = yield* read.optional("ALIPAY_TIMEOUT", timeout)
    const agentTokenIssuers = yield* Issuers.read(read)
    if (appId === undefined || keys === undefined || read.issues.length > 0) {
      return yield* new AlipayConfigError({ issues: read.issues })
    }
    return {
      appId,
      privateKey: keys.own,
      alipayPublicKey: keys.platform[0]!.key,
      keys: Effect.succeed(keys),
      ...(protocol !== undefined && { api: protocol }),
      gateway: url ?? productionGateway,
      ...(sellerId !== undefined && { sellerId }),
      ...(settle !== undefined && { settleCurrency: settle }),
      ...(notify !== undefined && { notifyUrl: notify }),
      ...(accepted !== undefined && { paymentMethods: accepted }),
      ...(fee !== undefined && { instalmentFee: fee }),
      agentTokenIssuers,
      timeout: time ?? Duration.seconds(5)
    }
  }
)

const reloading = Effect.fnUntraced(function* (every: Duration.Input) {
  const first = yield* load
  let current = AlipayKeys.of(first)
  const again = load.pipe(
    Effect.matchEffect({
      onFailure: (error) => Effect.logError(`keys are not read again: ${error.message}`),
      onSuccess: (next) => Effect.sync(() => void (current = AlipayKeys.of(next)))
    })
  )
  yield* Effect.forkScoped(Effect.schedule(again, Schedule.spaced(every)))
  return { ...first, keys: Effect.suspend(() => current) }
})
