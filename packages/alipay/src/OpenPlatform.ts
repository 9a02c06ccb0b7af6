/**
 * The client of Alipay's Open Platform: gateway v2, and REST v3.
 *
 * - Every request is signed with the application's key, every answer is verified over its raw text, always.
 * - Every call is bounded in time: five seconds unless `ALIPAY_TIMEOUT` or the call says otherwise.
 * - A call that did not succeed fails with one `OpenPlatformError`; its `outcome` says whether anything may have happened.
 * - Which protocol is spoken is a setting (`ALIPAY_API`), or said by the call. The methods, their contents and the errors are the same.
 *
 * Written from the public SDKs and tried against the sandbox of this project, never against a live Alipay endpoint. That the methods of
 * agents' delegations exist in v3 is not documented; v2 is the default.
 *
 * @example
 * const openPlatform = yield* OpenPlatform
 * const answer = yield* openPlatform.execute("alipay.trade.query", { out_trade_no: "order-1" })
 */
import type * as StrictJson from "@paylayer/core/StrictJson"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import { AlipayConfig } from "./AlipayConfig.ts"
import * as AlipayKeys from "./AlipayKeys.ts"
import * as GatewayAnswer from "./GatewayAnswer.ts"
import * as GatewayV2 from "./internal/gatewayV2.ts"
import { bytesWithin, unredirected } from "./internal/response.ts"
import * as RestV3 from "./internal/restV3.ts"
import * as TransportFailure from "./internal/transportFailure.ts"
import type { Wire } from "./internal/wire.ts"
import { Malformed, OpenPlatformError, type Reason, Timeout } from "./OpenPlatformError.ts"
import { SignatureEngine } from "./SignatureEngine.ts"

/** What a call may say besides its `biz_content`. */
export interface ExecuteOptions {
  /** Acts for another merchant's application. */
  readonly appAuthToken?: Redacted.Redacted<string>
  readonly notifyUrl?: string
  readonly timeout?: Duration.Input
  /** The protocol of this call, where it is not that of the configuration. */
  readonly api?: "v2" | "v3"
}

type BizContent = { readonly [name: string]: StrictJson.ExactJson | undefined }

const bytesOf = (response: HttpClientResponse) =>
  bytesWithin(
    response,
    GatewayAnswer.maximumBytes,
    () => new Malformed({ message: `the gateway's answer is longer than ${GatewayAnswer.maximumBytes} bytes` })
  ).pipe(Effect.mapError((error) => (error._tag === "Malformed" ? error : TransportFailure.fromClient(error))))

const presentIn = (bizContent: BizContent): GatewayAnswer.AnswerJson =>
  (Object.values(bizContent).includes(undefined)
    ? Object.fromEntries(Object.entries(bizContent).filter(([, value]) => value !== undefined))
    : bizContent) as GatewayAnswer.AnswerJson

const make = Effect.gen(function* () {
  const config = yield* AlipayConfig
  const client = yield* HttpClient.HttpClient
  const engine = yield* SignatureEngine
  const keysNow = AlipayKeys.of(config)
  const wires: Readonly<Record<"v2" | "v3", Wire>> = {
    v2: GatewayV2.make(config.gateway),
    v3: RestV3.make(new URL(config.gateway).origin)
  }

  const exchange = Effect.fnUntraced(function* (
    method: string,
    bizContent: BizContent,
    { api = config.api ?? "v2", appAuthToken, notifyUrl }: ExecuteOptions,
    seen: { traceId?: string }
  ) {
    const wire = wires[api]
    const keys = yield* keysNow
    const now = yield* Clock.currentTimeMillis
    const call = { appId: config.appId, method, content: presentIn(bizContent), notifyUrl, appAuthToken, keys, now }
    const response = yield* client
      .execute(yield* wire.request(call))
      .pipe(unredirected, Effect.mapError(TransportFailure.fromClient))
    const traceId = response.headers[wire.traceHeader]
    if (traceId !== undefined) {
      seen.traceId = traceId.slice(0, 64)
      yield* Effect.annotateCurrentSpan("trace_id", seen.traceId)
    }
    const unreadable = wire.unreadable(response.status)
    if (unreadable !== undefined) return yield* unreadable
    const { codes, judge, signed } = yield* Effect.fromResult(wire.read(call, response, yield* bytesOf(response)))
    const { code, sub_code } = codes
    if (typeof code === "string") yield* Effect.annotateCurrentSpan("code", code.slice(0, 64))
    if (typeof sub_code === "string") yield* Effect.annotateCurrentSpan("sub_code", sub_code.slice(0, 64))
    return yield* Effect.fromResult(judge(yield* AlipayKeys.authenticity(keys, signed, now)))
  })

  // The client's own span would carry the whole URL, and with it the application's tokens.
  const services = Context.make(SignatureEngine, engine).pipe(Context.add(HttpClient.TracerDisabledWhen, () => true))

  const execute = (
    method: string,
    bizContent: BizContent,
    options: ExecuteOptions = {}
  ): Effect.Effect<GatewayAnswer.AnswerJson, OpenPlatformError> =>
    Effect.suspend(() => {
      const limit = options.timeout ?? config.timeout
      const seen: { traceId?: string } = {}
      return exchange(method, bizContent, options, seen).pipe(
        Effect.provideContext(services),
        Effect.timeoutOrElse({
          duration: limit,
          orElse: () =>
            Effect.fail<Reason>(
              new Timeout({ message: `no answer within ${Duration.format(Duration.fromInputUnsafe(limit))}` })
            )
        }),
        Effect.mapError((reason: Reason) => new OpenPlatformError({ method, reason, ...seen })),
        // Where it was called is not looked up on every call.
        Effect.withSpan("OpenPlatform.execute", { attributes: { method } }, { captureStackTrace: false })
      )
    })

  return OpenPlatform.of({ execute })
})

/** Calls methods of the Open Platform. */
export class OpenPlatform extends Context.Service<
  OpenPlatform,
  {
    /**
     * Calls `method` with `bizContent`. Succeeds with the answer's object only when it is signed by Alipay and says that the call
     * succeeded: code 10000 in v2, HTTP 200 in v3. Members that are `undefined` are left out.
     */
    readonly execute: (
      method: string,
      bizContent: { readonly [name: string]: StrictJson.ExactJson | undefined },
      options?: ExecuteOptions
    ) => Effect.Effect<GatewayAnswer.AnswerJson, OpenPlatformError>
  }
>()("@paylayer/alipay/OpenPlatform") {
  static readonly layer: Layer.Layer<OpenPlatform, never, AlipayConfig | HttpClient.HttpClient> = Layer.effect(
    OpenPlatform,
    Effect.suspend(() => make)
  )
}
