// A protocol of the tests: a voucher with a budget, used many times. The bank holds the money at verify and takes it at settle.
import type * as Charge from "@paylayer/core/Charge"
import * as Detection from "@paylayer/core/Detection"
import * as Mandate from "@paylayer/core/Mandate"
import * as Manifest from "@paylayer/core/Manifest"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { Outcome, PaymentProtocol } from "@paylayer/core/PaymentProtocol"
import type { Receipt } from "@paylayer/core/Receipt"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { canary } from "../canary.ts"
import { script } from "./faults.ts"

const Terms = Schema.fromJsonString(Schema.toCodecJson(Mandate.Mandate))

export interface VoucherCode extends Detection.Credential {
  readonly header: string
}

const Grant = Schema.Struct({ mandate: Schema.toCodecJson(Mandate.Mandate), hold: Schema.String })
type Grant = (typeof Grant)["Type"]

interface Hold {
  readonly mandate: string
  readonly minor: bigint
}

/** The bank: what it holds, what it took, and what it will never take. */
export const makeBank = () => ({
  faults: script(),
  /** What each mandate may take in all, where the bank knows. */
  budgets: new Map<string, bigint>(),
  holds: new Map<string, Hold>(),
  movements: new Map<string, Receipt>(),
  /** What it gave back, by charge and refund id. */
  refunds: new Map<string, Receipt>(),
  taken: new Map<string, bigint>(),
  closed: new Set<string>(),
  releases: [] as Array<string>,
  calls: [] as Array<string>,
  /** What the bank confirms of a mandate beyond what the voucher says. */
  terms: {} as Partial<Mandate.Mandate>,
  /** How long each step takes. */
  latency: 0
})
export class VoucherBank extends Context.Service<VoucherBank, ReturnType<typeof makeBank>>()("test/VoucherBank") {}

export const mint = (terms: Partial<Mandate.Mandate> = {}): { readonly "x-voucher": string } => ({
  "x-voucher": Buffer.from(
    `${canary}:${Schema.encodeSync(Terms)({ id: "m-1", payer: "payer-1", agent: "agent-1", ...terms })}`
  ).toString("base64url")
})

export const manifest: Manifest.Manifest = {
  id: "voucher",
  contract: Manifest.contractVersion,
  displayName: "Voucher",
  flow: "authorize-then-settle",
  use: "many",
  identityType: "voucher",
  paymentType: "bank",
  triggers: [{ header: "x-voucher" }, { header: "authorization", scheme: "Voucher" }],
  currencies: ["CNY", "USD", "JPY"],
  capabilities: ["release", "refund", "partial-capture"]
}

const malformed = new PaymentError.CredentialMalformed({ detail: "not a voucher" })

export const make = (merchant?: string) =>
  Effect.gen(function* () {
    const bank = yield* VoucherBank
    const { faults } = bank
    const call = (step: string, id: string) =>
      Effect.suspend(() => {
        bank.calls.push(`${step} ${id}`)
        return bank.latency === 0 ? Effect.void : Effect.sleep(bank.latency)
      })

    const hold = (mandate: Mandate.Mandate, charge: Charge.Charge) =>
      Effect.gen(function* () {
        const { minor } = charge.money
        const budget = bank.budgets.get(mandate.id)
        const held = [...bank.holds.values()].filter((hold) => hold.mandate === mandate.id)
        const spoken = held.reduce((sum, hold) => sum + hold.minor, bank.taken.get(mandate.id) ?? 0n)
        if (budget !== undefined && spoken + minor > budget) {
          return yield* PaymentError.fail(new PaymentError.BudgetExceeded({ detail: "the bank has less" }))
        }
        bank.holds.set(charge.id, { mandate: mandate.id, minor })
        return { mandate: { ...mandate, ...bank.terms }, hold: charge.id }
      })

    const take = ({ mandate }: Grant, charge: Charge.Charge) =>
      Effect.gen(function* () {
        const before = bank.movements.get(charge.id)
        if (before !== undefined) return before
        if (!bank.holds.has(charge.id)) {
          return yield* PaymentError.fail(new PaymentError.PaymentDeclined({ detail: "nothing is held" }))
        }
        const receipt: Receipt = {
          chargeId: charge.id,
          protocol: manifest.id,
          merchant: charge.merchant,
          resource: charge.resource,
          money: charge.money,
          reference: `bank-${bank.movements.size + 1}`,
          settledAt: DateTime.makeUnsafe(yield* Clock.currentTimeMillis)
        }
        bank.holds.delete(charge.id)
        bank.taken.set(mandate.id, (bank.taken.get(mandate.id) ?? 0n) + charge.money.minor)
        bank.movements.set(charge.id, receipt)
        return receipt
      })

    const giveBack = (paid: Receipt, money: Money.Money, refundId: string) =>
      Effect.gen(function* () {
        const name = `${paid.chargeId} ${refundId}`
        const before = bank.refunds.get(name)
        if (before !== undefined) {
          return Money.equals(before.money, money)
            ? before
            : yield* PaymentError.fail(new PaymentError.PaymentDeclined({ detail: "another amount" }))
        }
        const back = [...bank.refunds.values()].filter(({ chargeId }) => chargeId === paid.chargeId)
        if (back.reduce((sum, one) => sum + one.money.minor, money.minor) > paid.money.minor) {
          return yield* PaymentError.fail(new PaymentError.PaymentDeclined({ detail: "more than was taken" }))
        }
        const receipt: Receipt = {
          ...paid,
          money,
          reference: `back-${bank.refunds.size + 1}`,
          settledAt: DateTime.makeUnsafe(yield* Clock.currentTimeMillis)
        }
        bank.refunds.set(name, receipt)
        return receipt
      })

    const seek = (charge: Charge.Charge): Outcome => {
      const receipt = bank.movements.get(charge.id)
      if (receipt !== undefined) return { _tag: "Settled", receipt }
      bank.closed.add(charge.id)
      return { _tag: "NotSettled" }
    }

    const service: PaymentProtocol<VoucherCode, Mandate.Mandate, Grant> = {
      manifest: merchant === undefined ? manifest : { ...manifest, merchant },
      authorization: Grant,
      detect: (headers) => {
        const fault = faults.next("detect")
        if (fault === "throw") throw new Error(canary)
        if (fault === "garbage") return undefined as never
        const sent = [
          ...RequestHeaders.distinct(headers, "x-voucher"),
          ...RequestHeaders.distinct(headers, "authorization").flatMap(
            (value) => /^voucher +(.*)$/i.exec(value)?.[1] ?? []
          )
        ]
        const [code, ...others] = new Set(sent)
        if (code === undefined) return Detection.none
        if (others.length > 0) return Detection.ambiguous(["x-voucher", "authorization"])
        return Detection.found({ secret: Redacted.make(code), header: "x-voucher" })
      },
      validate: ({ secret }, charge) =>
        faults.run(
          "validate",
          Effect.gen(function* () {
            const text = Buffer.from(Redacted.value(secret), "base64url").toString()
            if (!text.startsWith(`${canary}:`)) return yield* PaymentError.fail(malformed)
            const mandate = yield* Schema.decodeEffect(Terms)(text.slice(canary.length + 1)).pipe(
              Effect.mapError(() => PaymentError.make(malformed))
            )
            const refusal = Mandate.refusal(mandate, charge, yield* Clock.currentTimeMillis)
            return refusal === undefined ? mandate : yield* PaymentError.fail(refusal)
          })
        ),
      // The hold is the last thing that happens, so that nobody can be interrupted between it and its answer.
      verify: (mandate, charge) =>
        faults.run("verify", Effect.andThen(call("verify", charge.id), hold(mandate, charge))),
      settle: (grant, charge) => faults.run("settle", Effect.andThen(call("settle", charge.id), take(grant, charge))),
      challenge: (charge) =>
        faults.run(
          "challenge",
          Effect.succeed({ headers: { "x-voucher-needed": charge.money.currency }, offer: { charge: charge.id } })
        ),
      lookup: (_, charge) =>
        faults.run(
          "lookup",
          Effect.andThen(
            call("lookup", charge.id),
            Effect.sync(() => seek(charge))
          )
        ),
      release: (_, charge) =>
        faults.run(
          "release",
          Effect.andThen(
            call("release", charge.id),
            Effect.sync(() => {
              bank.releases.push(charge.id)
              bank.holds.delete(charge.id)
            })
          )
        ),
      refund: (receipt, amount, refundId) =>
        faults.run(
          "refund",
          Effect.andThen(call("refund", `${receipt.chargeId} ${refundId}`), giveBack(receipt, amount, refundId))
        )
    }
    return service
  })

export class Voucher extends Context.Service<Voucher, PaymentProtocol<VoucherCode, Mandate.Mandate, Grant>>()(
  "test/Voucher"
) {
  static readonly layer = Layer.effect(Voucher, make())
}
