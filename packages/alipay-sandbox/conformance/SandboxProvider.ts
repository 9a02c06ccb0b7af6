/**
 * The double of Alipay for the conformance kit: the sandbox, reached without a socket.
 *
 * `layer` mints VC-JWTs, whose terms a merchant can read and which their issuer signed; `layerOpaque` mints tokens whose terms
 * only the platform knows.
 */
import * as AgentToken from "@paylayer/alipay/AgentToken"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import * as Kit from "@paylayer/conformance/Fault"
import type * as KitMovement from "@paylayer/conformance/Movement"
import {
  type Abilities,
  type Minted,
  type Order,
  Provider,
  ProviderError,
  type Service
} from "@paylayer/conformance/Provider"
import * as Terms from "@paylayer/conformance/Terms"
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"
import { keys as processKeys } from "../src/internal/keys.ts"
import type { Movement } from "../src/Movement.ts"
import * as SandboxConfig from "../src/SandboxConfig.ts"

import * as Determinism from "./determinism.ts"
import { ofTrust, translated } from "./faults.ts"
import * as GatewayClient from "./gatewayClient.ts"
import { granted } from "./terms.ts"
import * as Tokens from "./tokens.ts"

const common = {
  terms: Terms.all,
  currencies: "one",
  // A query says what is there; there is nothing that it could decline.
  faults: [
    "verify",
    "settle",
    "refund",
    ...Kit.kinds.filter((kind) => kind !== "declined").map((kind) => `lookup ${kind}` as const)
  ]
} as const satisfies Partial<Abilities>

const failed = ({ message }: { readonly message: string }) => new ProviderError({ message })

const movement = ({ amount, currency, delegation_id, kind, trade_no }: Movement): KitMovement.Movement => {
  const code = Currency.is(currency) ? currency : "CNY"
  return {
    kind,
    mandate: delegation_id ?? trade_no,
    money: Result.getOrThrow(Money.parse(code, amount)),
    reference: trade_no
  }
}

const make = Effect.fnUntraced(function* (opaque: boolean) {
  const sandbox = yield* AlipaySandbox
  const keys = yield* processKeys
  const applicationKey = Redacted.value(keys.applicationPem).split("\n").slice(1, -2)
  /** Chooses among the faults that one of the kit's may be. */
  let draw = 0
  /** The token that was issued last: what `seal` puts around a credential. */
  let last = Redacted.make("")

  const issue = Effect.fnUntraced(function* (terms: Terms.Terms, order: Order) {
    draw = Number(order.charge.money.minor % 1_000_003n)
    const asked = yield* Effect.fromResult(granted(terms, order, yield* Clock.currentTimeMillis))
    // What the double does is not the plug-in's to keep secret.
    const issued = yield* Effect.withTracerEnabled(Effect.mapError(sandbox.issue({ ...asked, opaque }), failed), false)
    last = issued.token
    return issued
  })

  const minted = (mandate: string, token: string): Minted => ({
    mandate,
    entries: opaque ? [["Authorization", `Bearer ${token}`]] : [["X-Alipay-Agent-Token", token]],
    // The first part of a VC-JWT says only how it is signed.
    secrets: [
      token,
      ...token
        .slice(AgentToken.prefix.length)
        .split(".")
        .slice(opaque ? 0 : 1),
      ...applicationKey
    ]
  })

  const signed: Pick<Service, "mintTampered" | "mintForged" | "wire"> = {
    mintTampered: Effect.fnUntraced(function* (terms, order, field) {
      const issued = yield* issue(terms, order)
      const other = yield* issue({ currencies: [issued.terms.currency], payer: "somebody else" }, order)
      return minted(issued.delegation_id, yield* Effect.fromResult(Tokens.tampered(issued.token, field, other)))
    }),
    mintForged: (terms, order, forgery) =>
      Effect.map(issue(terms, order), ({ delegation_id, token }) =>
        minted(delegation_id, Tokens.forged(token, forgery, keys))
      ),
    // The Intent Authorization Credential, not the claims around it: what a claim may be is JWT's to say, which ignores those that
    // nobody knows.
    wire: {
      payload: (terms, order) => Effect.map(issue(terms, order), ({ token }) => Tokens.credentialOf(token)),
      seal: (credential) =>
        Effect.sync(() => {
          const id = /"delegation_id":"([^"]*)"/.exec(Buffer.from(credential).toString())?.[1] ?? "unknown"
          return minted(id, Tokens.sealed(credential, last, keys))
        }),
      required: [
        "/delegation_id",
        "/delegator_identity",
        "/agent_id",
        "/validity_start_time",
        "/validity_end_time",
        "/max_total_amount"
      ],
      amounts: ["/max_total_amount", "/ext/commerce/max_single_amount", "/ext/commerce/min_single_amount"],
      unknownFields: "refused"
    }
  }

  const refuse = () => Effect.fail(new ProviderError({ message: "an opaque token has nothing that is signed" }))

  return Provider.of({
    abilities: opaque
      ? { ...common, signed: [], forgeries: [] }
      : {
          ...common,
          signed: Tokens.signedFields,
          forgeries: ["unknown-key", "unsigned", "key-confusion", "other-version"]
        },
    mint: (terms, order) =>
      Effect.map(issue(terms, order), ({ delegation_id, token }) => minted(delegation_id, Redacted.value(token))),
    ...(opaque ? { mintTampered: refuse, mintForged: refuse } : signed),
    revoke: (mandate) =>
      Effect.mapError(sandbox.revoke(mandate), () => new ProviderError({ message: "no such delegation" })),
    movements: Effect.map(sandbox.movements, (all) => all.map(movement)),
    holds: Effect.succeed([]),
    fault: (fault) => Effect.flatMap(Effect.fromResult(translated(fault, draw, ofTrust)), sandbox.fault),
    unmet: Effect.map(sandbox.faults, (armed) => armed.reduce((sum, { times = 1 }) => sum + times, 0)),
    clearFaults: sandbox.clearFaults
  })
})

/** The platform, and all that a plug-in of Alipay's needs to reach it. */
export const platform = OpenPlatform.layer.pipe(
  Layer.provideMerge(SandboxConfig.layer),
  Layer.provideMerge(GatewayClient.layer),
  Layer.provideMerge(Layer.provide(AlipaySandbox.layer, Determinism.layerPlatform)),
  Layer.provideMerge(Determinism.layer)
)

/** The double, and all that `AlipayTrust.layer` needs. */
export const layer = Layer.effect(Provider, make(false)).pipe(Layer.provideMerge(platform))

/** The same, of tokens without readable terms. */
export const layerOpaque = Layer.effect(Provider, make(true)).pipe(Layer.provideMerge(platform))
