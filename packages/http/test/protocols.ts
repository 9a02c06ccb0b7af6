// Two tiny protocols over one purse: `coin`, which may be used many times, and `stub`, a proof bound to one request.
import * as CanonicalBody from "@paylayer/core/CanonicalBody"
import type { Charge } from "@paylayer/core/Charge"
import * as Detection from "@paylayer/core/Detection"
import * as Ledger from "@paylayer/core/Ledger"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import { contractVersion, type Manifest } from "@paylayer/core/Manifest"
import { Mandate } from "@paylayer/core/Mandate"
import * as PaidRequest from "@paylayer/core/PaidRequest"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { Outcome, PaymentProtocol } from "@paylayer/core/PaymentProtocol"
import * as Paywall from "@paylayer/core/Paywall"
import type { Receipt } from "@paylayer/core/Receipt"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/** What the provider did, and how it is told to behave. */
export class Provider {
  /** `lost`: the money moves and the answer does not come; `unknown`: nobody can say. */
  settles: "ok" | "decline" | "lost" | "unknown" = "ok"
  settleCalls = 0
  readonly settled = new Map<string, Receipt>()
  released = 0
  verified = 0
}

export class Purse extends Context.Service<Purse, Provider>()("test/Purse") {}

const Grant = Schema.Struct({ mandate: Mandate })
interface Grant extends Schema.Schema.Type<typeof Grant> {}

const protocol = (manifest: Manifest, provider: Provider): PaymentProtocol<Detection.Credential, Mandate, Grant> => {
  const header = manifest.triggers[0].header
  const receiptOf = (charge: Charge): Receipt => ({
    chargeId: charge.id,
    protocol: manifest.id,
    merchant: charge.merchant,
    resource: charge.resource,
    money: charge.money,
    reference: `tx-${charge.id}`,
    settledAt: DateTime.makeUnsafe(1_800_000_000_000)
  })
  return {
    manifest,
    authorization: Grant,
    detect: (headers) => {
      const schemed = RequestHeaders.distinct(headers, "authorization").flatMap((value) =>
        value.startsWith(`${manifest.displayName} `) ? [value.slice(manifest.displayName.length + 1)] : []
      )
      const found = [...new Set([...RequestHeaders.distinct(headers, header), ...schemed])]
      if (found.length === 0) return Detection.none
      return found.length === 1
        ? Detection.found({ secret: Redacted.make(found[0]!) })
        : Detection.ambiguous([header, header])
    },
    validate: ({ secret }, charge) => {
      const [kind, payer = "", binding = ""] = Redacted.value(secret).split(":")
      if (kind !== "ok" || payer === "")
        return PaymentError.fail(new PaymentError.CredentialMalformed({ detail: `${header} is not ok:payer` }))
      if (manifest.use === "once" && binding !== charge.binding)
        return PaymentError.fail(new PaymentError.BindingMismatch({ detail: "the proof is for another request" }))
      return Effect.succeed<Mandate>({ id: `m-${payer}`, payer })
    },
    verify: (mandate) =>
      Effect.sync(() => {
        provider.verified++
        return { mandate }
      }),
    settle: (_, charge) =>
      Effect.suspend(() => {
        provider.settleCalls++
        if (provider.settles === "decline")
          return PaymentError.fail(new PaymentError.PaymentDeclined({ detail: "the purse is empty" }))
        if (provider.settles === "unknown")
          return PaymentError.fail(new PaymentError.OutcomeUnknown({ detail: "no answer" }), { moved: "unknown" })
        const receipt = provider.settled.get(charge.id) ?? receiptOf(charge)
        provider.settled.set(charge.id, receipt)
        return provider.settles === "lost"
          ? PaymentError.fail(new PaymentError.OutcomeUnknown({ detail: "no answer" }), { moved: "unknown" })
          : Effect.succeed(receipt)
      }),
    lookup: (_, charge) =>
      Effect.sync((): Outcome => {
        const receipt = provider.settled.get(charge.id)
        return receipt === undefined ? { _tag: "Unknown" } : { _tag: "Settled", receipt }
      }),
    release: () =>
      Effect.sync(() => {
        provider.released++
      }),
    challenge: (charge) =>
      Effect.succeed({
        headers: { [`x-${manifest.id}-needed`]: `pay-${charge.money.currency}` },
        offer: { binding: charge.binding, note: "x".repeat(80) }
      })
  }
}

const manifest = (id: string, use: Manifest["use"]): Manifest => ({
  id,
  contract: contractVersion,
  displayName: id,
  flow: "authorize-then-settle",
  use,
  identityType: `${id}-token`,
  paymentType: `${id}-rails`,
  triggers: [{ header: `x-${id}` }, { header: "authorization", scheme: id }],
  currencies: ["CNY", "USD"],
  capabilities: ["release"]
})

type Simple = PaymentProtocol<Detection.Credential, Mandate, Grant>

/** Used many times: `x-coin: ok:<payer>`. */
export class Coin extends Context.Service<Coin, Simple>()("test/Coin") {
  static readonly layer = Layer.effect(
    Coin,
    Effect.map(Purse, (purse) => protocol(manifest("coin", "many"), purse))
  )
}

/** Used once, for one request: `x-stub: ok:<payer>:<binding>`. */
export class Stub extends Context.Service<Stub, Simple>()("test/Stub") {
  static readonly layer = Layer.effect(
    Stub,
    Effect.map(Purse, (purse) => protocol(manifest("stub", "once"), purse))
  )
}

/** As many protocols as wanted, for header budgets. */
export const many = (count: number) =>
  Array.from({ length: count }, (_, index) =>
    Effect.map(Purse, (purse) => protocol(manifest(`many-p${index}`, "many"), purse))
  )

/** A ledger that records nothing. */
const ledgerDown = Layer.effect(
  Ledger.Ledger,
  Effect.map(Ledger.Ledger, (ledger) => ({
    ...ledger,
    open: () => Effect.fail(new Ledger.LedgerError({ message: "the disk is full" }))
  }))
).pipe(Layer.provide(LedgerMemory.layerSilent))

export interface Taking {
  readonly options?: Paywall.Options | undefined
  /** Further protocols. */
  readonly extra?: number | undefined
  readonly ledger?: "down" | undefined
}

export const paywall = (provider: Provider, { options = {}, extra = 0, ledger }: Taking = {}) =>
  // Nobody waits in a test for a provider that stays silent.
  Paywall.Paywall.layer([Coin, Stub, ...many(extra)], { retryPause: "1 millis", ...options }).pipe(
    Layer.provide(Layer.mergeAll(Coin.layer, Stub.layer)),
    Layer.provide(Layer.succeed(Purse, provider)),
    Layer.provide(ledger === "down" ? ledgerDown : LedgerMemory.layerSilent),
    Layer.provideMerge(Logger.layer([]))
  )

/** A proof for one request, as its agent would have paid for it. */
export const proof = (method: string, resource: string, body = "", payer = "alice") =>
  `ok:${payer}:${PaidRequest.binding(
    {
      headers: {},
      method,
      resource,
      bodyDigest: CanonicalBody.digest("application/json", new TextEncoder().encode(body))
    },
    "merchant"
  )}`
