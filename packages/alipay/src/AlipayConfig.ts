/**
 * What the Open Platform client and the plug-ins need to know, from the environment.
 *
 * | variable | what | default |
 * |---|---|---|
 * | `ALIPAY_APP_ID` | the application's id | required |
 * | `ALIPAY_PRIVATE_KEY` | the application's private key | required |
 * | `ALIPAY_PUBLIC_KEY` | *Alipay's* public key, not the application's | required |
 * | `ALIPAY_GATEWAY` | where gateway v2 is; `http:` only on this machine | `https://openapi.alipay.com/gateway.do` |
 * | `ALIPAY_SELLER_ID` | the merchant's id, `2088…` | |
 * | `ALIPAY_AGENT_TOKEN_ISSUER`, `ALIPAY_AGENT_TOKEN_JWKS` | who signs agent tokens, and with which keys | |
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
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Issuer } from "./AgentToken.ts"
import * as Issuers from "./internal/configIssuers.ts"
import * as Variable from "./internal/configVariable.ts"
import * as Rsa2 from "./Rsa2.ts"

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
  {
    readonly appId: string
    readonly privateKey: Rsa2.PrivateKey
    /** Alipay's, which signs the gateway's answers. */
    readonly alipayPublicKey: Rsa2.PublicKey
    readonly gateway: string
    readonly sellerId?: string
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
}

const keyHint =
  "Copy it again from the Alipay Open Platform console or the key tool, whole, or point the _FILE variable at it."

const matching = (form: RegExp, message: string, hint: string) => (text: string) =>
  form.test(text) ? Result.succeed(text) : Result.fail({ message, hint })

const privateKey = (text: string) =>
  Result.mapError(Rsa2.privateKey(Redacted.make(text)), ({ message }) => ({ message, hint: keyHint }))

const publicKey = (text: string) => Result.mapError(Rsa2.publicKey(text), ({ message }) => ({ message, hint: keyHint }))

const loopback = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

const gateway = (text: string): Result.Result<string, Variable.Problem> => {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const hint = `Use ${productionGateway}, the sandbox's https address, or http://127.0.0.1:PORT/gateway.do.`
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return Result.fail({ message: "this is not an http address", hint })
  if (url.username !== "" || url.password !== "" || url.search !== "" || url.hash !== "") {
    return Result.fail({ message: "the address must have no user, query or fragment", hint })
  }
  return url.protocol === "https:" || loopback.test(url.hostname)
    ? Result.succeed(url.href)
    : Result.fail({ message: "http is only for this machine: answers would cross the network unencrypted", hint })
}

const timeout = (text: string): Result.Result<Duration.Duration, Variable.Problem> => {
  const duration = Option.getOrUndefined(Duration.fromInput(text as Duration.Input))
  const millis = duration === undefined ? 0 : Duration.toMillis(duration)
  return duration !== undefined && millis >= 100 && millis <= 60_000
    ? Result.succeed(duration)
    : Result.fail({ message: "this is not a time between 100 millis and 60 seconds", hint: 'Write it as "5 seconds".' })
}

const swapped: Variable.Issue = {
  variable: "ALIPAY_PUBLIC_KEY",
  message: "this is the application's own public key, the other half of ALIPAY_PRIVATE_KEY; Alipay's belongs here",
  hint: "In the console, open the application's signing settings and copy the Alipay public key (支付宝公钥), not the application public key (应用公钥)."
}

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
    const own = yield* read.required("ALIPAY_PRIVATE_KEY", privateKey)
    const alipay = yield* read.required("ALIPAY_PUBLIC_KEY", publicKey)
    const url = yield* read.optional("ALIPAY_GATEWAY", gateway)
    const sellerId = yield* read.optional(
      "ALIPAY_SELLER_ID",
      matching(
        /^2088[0-9]{12}$/,
        "a merchant id is 2088 and twelve more digits",
        "It is the PID on the merchant's account page."
      )
    )
    const time = yield* read.optional("ALIPAY_TIMEOUT", timeout)
    const agentTokenIssuers = yield* Issuers.read(read)
    if (own !== undefined && alipay !== undefined && Rsa2.samePublicKey(Rsa2.publicKeyOf(own), alipay))
      read.report(swapped)
    if (appId === undefined || own === undefined || alipay === undefined || read.issues.length > 0) {
      return yield* new AlipayConfigError({ issues: read.issues })
    }
    return {
      appId,
      privateKey: own,
      alipayPublicKey: alipay,
      gateway: url ?? productionGateway,
      ...(sellerId !== undefined && { sellerId }),
      agentTokenIssuers,
      timeout: time ?? Duration.seconds(5)
    }
  }
)
