/**
 * The double of Alipay for metered payments: an agent whose wallet pays the bill of a challenge, and sends the proof.
 *
 * A proof is opaque to the seller, so nothing of it is signed for the kit; its JSON is readable all the same. The wallet's sessions
 * are as long as makes a proof end without padding: that the padding may be left out is tested elsewhere, and here every letter of
 * a credential has to count.
 */
import { A402Config } from "@paylayer/alipay/A402Config"
import type * as KitMovement from "@paylayer/conformance/Movement"
import { type Minted, type Order, Provider, ProviderError } from "@paylayer/conformance/Provider"
import type { Terms } from "@paylayer/conformance/Terms"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"
import { keys as processKeys } from "../src/internal/keys.ts"
import * as SandboxConfig from "../src/SandboxConfig.ts"
import type { Payment } from "../src/Wallet.ts"
import { ofA402, translated } from "./faults.ts"
import { platform } from "./SandboxProvider.ts"
import { accountOf } from "./terms.ts"

const failed = ({ message }: { readonly message: string }) => new ProviderError({ message })

const jsonOf = (proof: string): string => Buffer.from(proof, "base64").toString()

const movements = ({ amount, confirmed, trade_no }: Payment): ReadonlyArray<KitMovement.Movement> => {
  const kinds = confirmed ? (["payment", "confirmation"] as const) : (["payment"] as const)
  return kinds.map((kind) => ({ kind, mandate: trade_no, money: amount, reference: trade_no }))
}

const make = Effect.gen(function* () {
  const sandbox = yield* AlipaySandbox
  const keys = yield* processKeys
  const applicationKey = Redacted.value(keys.applicationPem).split("\n").slice(1, -2)
  /** Chooses among the faults that one of the kit's may be. */
  let draw = 0

  const minted = (mandate: string, proof: string): Minted => {
    const secret = /"payment_proof":"([^"]+)"/.exec(jsonOf(proof))?.[1]
    return {
      mandate,
      entries: [["Payment-Proof", proof]],
      secrets: [proof, ...(secret === undefined ? [] : [secret]), ...applicationKey]
    }
  }

  const buy = Effect.fnUntraced(function* (terms: Terms, { challenge, charge }: Order) {
    draw = Number(charge.money.minor % 1_000_003n)
    const { headers } = yield* Effect.mapError(challenge, failed)
    const paying = sandbox.wallet.pay(headers["payment-needed"] ?? "", { payer: accountOf(terms.payer) })
    // What the double does is not the plug-in's to keep secret.
    const { proof, trade_no } = yield* Effect.withTracerEnabled(Effect.mapError(paying, failed), false)
    return { trade_no, proof: Redacted.value(proof) }
  })

  return Provider.of({
    abilities: {
      terms: ["payer"],
      currencies: "one",
      signed: [],
      forgeries: ["unknown-key"],
      faults: ["verify", "settle"]
    },
    mint: (terms, order) => Effect.map(buy(terms, order), ({ proof, trade_no }) => minted(trade_no, proof)),
    mintTampered: () => Effect.fail(new ProviderError({ message: "a proof has nothing that a seller could check" })),
    // A trade that was paid, and a proof of it that Alipay never gave.
    mintForged: (terms, order) =>
      Effect.map(buy(terms, order), ({ proof, trade_no }) =>
        minted(trade_no, Buffer.from(jsonOf(proof).replace(/[0-9a-f]{64}/, "0".repeat(64))).toString("base64"))
      ),
    wire: {
      payload: (terms, order) => Effect.map(buy(terms, order), ({ proof }) => jsonOf(proof)),
      seal: (payload) => Effect.sync(() => minted("unknown", Buffer.from(payload).toString("base64"))),
      required: ["/protocol/payment_proof", "/protocol/trade_no", "/method/client_session"],
      amounts: [],
      unknownFields: "ignored"
    },
    revoke: (tradeNo) =>
      Effect.mapError(sandbox.wallet.close(tradeNo), () => new ProviderError({ message: "no such payment" })),
    movements: Effect.map(sandbox.wallet.payments, (payments) => payments.flatMap(movements)),
    holds: Effect.succeed([]),
    fault: (fault) => Effect.flatMap(Effect.fromResult(translated(fault, draw, ofA402)), sandbox.fault),
    unmet: Effect.map(sandbox.faults, (armed) => armed.reduce((sum, { times = 1 }) => sum + times, 0)),
    clearFaults: sandbox.clearFaults
  })
})

/** The kit pays any price: what the product does not take is refused by one setting, and tested with it. */
const config = Layer.effect(
  A402Config,
  Effect.map(A402Config, (config) => ({ ...config, maximum: Money.of("CNY", Money.maximum) }))
).pipe(Layer.provide(SandboxConfig.layerA402))

/** The double, and all that `AlipayA402.layer` needs. */
export const layer = Layer.effect(Provider, make).pipe(Layer.provideMerge(config), Layer.provideMerge(platform))
