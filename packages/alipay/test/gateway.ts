/** A gateway in memory: an `HttpClient` that answers as it is told, with answers signed by node:crypto. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import * as HttpClientResponse from "effect/http/HttpClientResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Crypto from "node:crypto"
import { AlipayConfig } from "../src/AlipayConfig.ts"
import { OpenPlatform } from "../src/OpenPlatform.ts"
import * as Rsa2 from "../src/Rsa2.ts"
import { vector } from "./vectors.ts"

/** The application signs with `strange`, Alipay with `key`. */
export const config: AlipayConfig["Service"] = {
  appId: "2021000000000001",
  privateKey: Result.getOrThrow(Rsa2.privateKey(Redacted.make(vector("strange.pkcs8.pem")))),
  alipayPublicKey: Result.getOrThrow(Rsa2.publicKey(vector("key.spki.pem"))),
  gateway: "https://openapi.alipay.com/gateway.do",
  agentTokenIssuers: [],
  timeout: Duration.seconds(5)
}

export const signature = (raw: string, key = "key.pkcs8.pem"): string =>
  Crypto.sign("RSA-SHA256", Buffer.from(raw), vector(key)).toString("base64")

/** As PHP writes JSON: slashes escaped. */
export const rawOf = (body: object): string => JSON.stringify(body).replaceAll("/", "\\/")

/** A signed answer under any name. */
export const signed = (name: string, raw: string, key?: string): string =>
  `{"${name}":${raw},"sign":"${signature(raw, key)}"}`

/** An answer of REST v3, with the signature headers of `key`, or of `over` where something else was signed. */
export const rest = (body: string, { key = "key.pkcs8.pem", over = body, sn = "", status = 200 } = {}): Response =>
  new Response(body, {
    status,
    headers: {
      "alipay-timestamp": "1655869956500",
      "alipay-nonce": "5f2c0a",
      "alipay-signature": signature(`1655869956500\n5f2c0a\n${over}\n`, key),
      ...(sn !== "" && { "alipay-sn": sn })
    }
  })

export interface Seen {
  readonly url: URL
  readonly parameters: Record<string, string>
  readonly biz: Record<string, unknown>
}

const readable = (text: string): unknown => (text.startsWith("{") ? JSON.parse(text) : {})

/** What the request says, read as the gateway would. */
export const seen = (request: HttpClientRequest, url: URL): Seen => {
  const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
  const form = Object.fromEntries(new URLSearchParams(body))
  return {
    url,
    parameters: { ...Object.fromEntries(url.searchParams), ...form },
    biz: readable(form["biz_content"] ?? body) as Record<string, unknown>
  }
}

type Answer = string | Response | Effect.Effect<Response, HttpClientError>

/** The Open Platform client in front of `answer`. */
export const platform = (
  answer: (seen: Seen, request: HttpClientRequest) => Answer,
  settings: AlipayConfig["Service"] = config
): Layer.Layer<OpenPlatform> => {
  const client = HttpClient.make((request, url) => {
    const given = answer(seen(request, url), request)
    const response = Effect.isEffect(given)
      ? given
      : Effect.succeed(typeof given === "string" ? new Response(given) : given)
    return Effect.map(response, (response) => HttpClientResponse.fromWeb(request, response))
  })
  return OpenPlatform.layer.pipe(
    Layer.provide(Layer.succeed(HttpClient.HttpClient, client)),
    Layer.provide(Layer.succeed(AlipayConfig, settings))
  )
}

/** Answers every method with these members, signed, code 10000. */
export const succeeding = (members: object): Layer.Layer<OpenPlatform> =>
  platform(({ parameters }) =>
    signed(
      `${parameters["method"]?.replaceAll(".", "_")}_response`,
      rawOf({ code: "10000", msg: "Success", ...members })
    )
  )
