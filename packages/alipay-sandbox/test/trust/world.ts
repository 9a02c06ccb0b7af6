/** A merchant that takes Alipay Trust, and the platform behind it: in process, on one test clock. */
import { AlipayConfig } from "@paylayer/alipay/AlipayConfig"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import { onThisThread, SignatureEngine } from "@paylayer/alipay/SignatureEngine"
import { TokenSignature } from "@paylayer/alipay/TokenSignature"
import type { Charge } from "@paylayer/core/Charge"
import * as Money from "@paylayer/core/Money"
import type * as PaymentError from "@paylayer/core/PaymentError"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { AlipaySandbox, type Token } from "../../src/AlipaySandbox.ts"
import type { Fault } from "../../src/Fault.ts"
import * as SandboxConfig from "../../src/SandboxConfig.ts"
import * as SandboxHttpClient from "../../src/SandboxHttpClient.ts"
import type { Terms } from "../../src/Terms.ts"
import { issuer, issuerJwk } from "./issuer.ts"
import * as Jws from "../../conformance/jws.ts"

/** 2026-11-22T12:00:00Z: a full second, so that windows can be told apart to the millisecond. */
export const noon = DateTime.makeUnsafe("2026-11-22T12:00:00Z").epochMilliseconds

type Api = NonNullable<AlipayConfig["Service"]["api"]>
type Settings = Partial<Pick<AlipayConfig["Service"], "settleCurrency">>

const configOf = (api: Api, settings: Settings = {}) =>
  Layer.effect(
    AlipayConfig,
    Effect.map(AlipayConfig, (own) => ({
      ...own,
      ...settings,
      api,
      agentTokenIssuers: [...own.agentTokenIssuers, { issuer, jwks: { keys: [issuerJwk] } }]
    }))
  ).pipe(Layer.provide(SandboxConfig.layer))

/** The sandbox's configuration, which also trusts `issuer.ts`: a test may then sign whatever it likes. */
export const config = configOf("v2")

/** The plug-in over the platform in scope. */
const trustOf = (api: Api, settings?: Settings) =>
  AlipayTrust.layer.pipe(Layer.provideMerge(OpenPlatform.layer), Layer.provideMerge(configOf(api, settings)))

export const platform = SandboxHttpClient.layer.pipe(Layer.provideMerge(AlipaySandbox.layer))

const worldOf = (api: Api, settings?: Settings) =>
  trustOf(api, settings).pipe(
    Layer.provideMerge(platform),
    Layer.provideMerge(Layer.effectDiscard(TestClock.setTime(noon))),
    // Also where a call is made, and not only where the layers are built.
    Layer.provideMerge(Layer.succeed(SignatureEngine, onThisThread)),
    Layer.provideMerge(Layer.succeed(TokenSignature, Jws.over(onThisThread)))
  )

export const world = worldOf("v2")

type World = Layer.Success<typeof world>

/** Runs in a world of its own, at noon, which speaks gateway v2 unless it is told otherwise. */
export const inWorld = <A, E>(effect: Effect.Effect<A, E, World>, api: Api = "v2", settings?: Settings) =>
  Effect.provide(effect, worldOf(api, settings))

export const seller = "2088000000000000"

let made = 0

/** A charge of this amount in major units, opened now. */
export const charge = (
  amount = "15.00",
  currency: Money.Money["currency"] = "CNY",
  more: Partial<Charge> & { readonly category?: string } = {}
): Charge & { readonly category: string } => ({
  id: `ch_${String(++made).padStart(32, "0")}`,
  money: Money.of(
    currency,
    Money.parse(currency, amount).pipe((parsed) => (parsed._tag === "Success" ? parsed.success.minor : 0n))
  ),
  merchant: seller,
  category: "5734",
  method: "POST",
  resource: "/api/proxy/market-research",
  binding: "binding",
  openedAt: DateTime.makeUnsafe(noon),
  expiresAt: DateTime.makeUnsafe(noon + 900_000),
  ...more
})

export const detect = (token: Redacted.Redacted<string> | string, session?: string) =>
  Effect.map(AlipayTrust, (protocol) => {
    const text = typeof token === "string" ? token : Redacted.value(token)
    const detection = protocol.detect(
      RequestHeaders.fromEntries([
        ["x-alipay-agent-token", text],
        ...(session === undefined ? [] : [["x-alipay-session-id", session] as const])
      ])
    )
    if (detection._tag !== "Found") throw new Error(detection._tag)
    return detection.credential
  })

export const validate = (token: Redacted.Redacted<string> | string, asked: Charge, session?: string) =>
  Effect.flatMap(AlipayTrust, (protocol) =>
    Effect.flatMap(detect(token, session), (credential) => protocol.validate(credential, asked))
  )

export const verify = (token: Redacted.Redacted<string> | string, asked: Charge, session?: string) =>
  Effect.flatMap(AlipayTrust, (protocol) =>
    Effect.flatMap(validate(token, asked, session), (mandate) => protocol.verify(mandate, asked))
  )

export const settle = (grant: Effect.Success<ReturnType<typeof verify>>, asked: Charge) =>
  AlipayTrust.use((protocol) => protocol.settle(grant, asked))

export const lookup = (grant: Effect.Success<ReturnType<typeof verify>>, asked: Charge) =>
  AlipayTrust.use((protocol) => protocol.lookup(grant, asked))

export const issue = (terms: Terms = {}): Effect.Effect<Token, never, AlipaySandbox> =>
  AlipaySandbox.use((sandbox) => Effect.orDie(sandbox.issue(terms)))

export const fault = (one: Fault) => AlipaySandbox.use((sandbox) => sandbox.fault(one))

/** What moved: `out_trade_no amount`, refunds with a minus. */
export const moved = AlipaySandbox.use((sandbox) =>
  Effect.map(sandbox.movements, (all) =>
    all.map(({ amount, kind, out_trade_no }) => `${out_trade_no} ${kind === "refund" ? "-" : ""}${amount}`)
  )
)

/** The code and `moved` of a refusal; of a success, `ok`. */
export const outcome = <A, R>(
  effect: Effect.Effect<A, PaymentError.PaymentError, R>
): Effect.Effect<string, never, R> =>
  Effect.match(effect, { onFailure: ({ code, moved }) => `${code} ${moved}`, onSuccess: () => "ok" })

/** Only the code. */
export const code = <A, R>(effect: Effect.Effect<A, PaymentError.PaymentError, R>): Effect.Effect<string, never, R> =>
  Effect.match(effect, { onFailure: ({ code }) => code, onSuccess: () => "ok" })
