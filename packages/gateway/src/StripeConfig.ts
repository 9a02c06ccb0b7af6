/**
 * What payouts over Stripe need to know, from the environment.
 *
 * | variable | what | default |
 * |---|---|---|
 * | `STRIPE_SECRET_KEY` | the platform's secret key, `sk_…`, or a restricted one that may write transfers, `rk_…` | required |
 * | `STRIPE_WEBHOOK_SECRET` | the signing secret of the webhook, `whsec_…`; several in a rotation, with commas | no webhook is believed |
 * | `STRIPE_API` | where the API is; `http:` only on this machine | `https://api.stripe.com` |
 * | `STRIPE_TIMEOUT` | how long one call may take | `20 seconds` |
 *
 * Both secrets may be given as files instead: `STRIPE_SECRET_KEY_FILE=/run/secrets/stripe`. Everything that is wrong is reported at
 * once, and no value is repeated.
 */
import * as Config from "effect/Config"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/** Everything that is wrong with the configuration. */
export class StripeConfigError extends Schema.TaggedError<StripeConfigError>()("StripeConfigError", {
  issues: Schema.Array(Schema.Struct({ variable: Schema.String, message: Schema.String }))
}) {
  override get message() {
    const lines = this.issues.map(({ message, variable }) => `  ${variable}: ${message}`)
    return ["Stripe is not configured:", ...lines].join("\n")
  }
}

export class StripeConfig extends Context.Service<
  StripeConfig,
  {
    readonly secretKey: Redacted.Redacted<string>
    /** The secrets that a webhook's signature may be made with. */
    readonly webhookSecrets: ReadonlyArray<Redacted.Redacted<string>>
    /** Scheme, host and port: `https://api.stripe.com`. */
    readonly api: URL
    readonly timeout: Duration.Duration
  }
>()("@paylayer/gateway/StripeConfig") {
  /** Reads the environment through `Config`, and files through `FileSystem`. */
  static readonly layer: Layer.Layer<StripeConfig, StripeConfigError, FileSystem.FileSystem> = Layer.effect(
    StripeConfig,
    Effect.suspend(() => load)
  )
}

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

const addressOf = (text: string): URL | string => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) return "this is not an http address"
  if (url.pathname !== "/" || url.search !== "" || url.hash !== "" || url.username !== "") {
    return "the address is a scheme, a host and a port, and nothing else"
  }
  return url.protocol === "https:" || loopback.test(url.hostname)
    ? url
    : "http is only for this machine: the secret key would cross the network unencrypted"
}

/** Reads and checks everything, and fails once with all that is wrong. */
export const load: Effect.Effect<StripeConfig["Service"], StripeConfigError, FileSystem.FileSystem> = Effect.gen(
  function* () {
    const files = yield* FileSystem.FileSystem
    const issues: Array<{ readonly variable: string; readonly message: string }> = []
    const report = (variable: string, message: string) => void issues.push({ variable, message })

    /** The text of a variable; blank is absent. */
    const variable = (name: string) =>
      Config.option(Config.Redacted(name)).pipe(
        Effect.map(Option.match({ onNone: () => "", onSome: (secret) => Redacted.value(secret).trim() })),
        Effect.catch(() => Effect.sync(() => (report(name, "the configuration source could not be read"), "")))
      )
    const secret = Effect.fnUntraced(function* (name: string) {
      const [direct, path] = [yield* variable(name), yield* variable(`${name}_FILE`)]
      if (direct !== "" && path !== "") report(name, `both it and ${name}_FILE are set`)
      if (path === "" || direct !== "") return direct
      const text = yield* Effect.option(files.readFileString(path))
      if (Option.isNone(text)) report(`${name}_FILE`, "the file cannot be read")
      else if (text.value.trim() === "") report(`${name}_FILE`, "the file is empty")
      return Option.getOrElse(text, () => "").trim()
    })

    const key = yield* secret("STRIPE_SECRET_KEY")
    if (key === "" && issues.length === 0) report("STRIPE_SECRET_KEY", "it is not set")
    if (key !== "" && !/^(?:sk|rk)_[A-Za-z0-9_]{8,}$/.test(key)) {
      report("STRIPE_SECRET_KEY", "this is not a secret key: it begins with sk_ or rk_")
    }
    const webhooks = (yield* secret("STRIPE_WEBHOOK_SECRET")).split(",").map((text) => text.trim())
    const webhookSecrets = webhooks.filter((text) => text !== "")
    if (!webhookSecrets.every((text) => /^whsec_\S{8,}$/.test(text))) {
      report("STRIPE_WEBHOOK_SECRET", "this is not a signing secret: it begins with whsec_")
    }
    const address = yield* variable("STRIPE_API")
    const api = addressOf(address === "" ? "https://api.stripe.com" : address)
    if (typeof api === "string") report("STRIPE_API", api)
    const time = yield* variable("STRIPE_TIMEOUT")
    const timeout = Option.getOrUndefined(Duration.fromInput((time === "" ? "20 seconds" : time) as Duration.Input))
    const millis = timeout === undefined ? 0 : Duration.toMillis(timeout)
    if (millis < 100 || millis > 120_000)
      report("STRIPE_TIMEOUT", "this is not a time between 100 millis and 2 minutes")
    if (issues.length > 0 || typeof api === "string" || timeout === undefined) {
      return yield* new StripeConfigError({ issues })
    }
    return {
      secretKey: Redacted.make(key),
      webhookSecrets: webhookSecrets.map((text) => Redacted.make(text)),
      api,
      timeout
    }
  }
)
