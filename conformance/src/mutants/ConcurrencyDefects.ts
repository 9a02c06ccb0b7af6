/** Defects that need two requests at the same time. */
import type { Charge } from "@paylayer/core/Charge"
import { type Credential, found } from "@paylayer/core/Detection"
import type { Mandate } from "@paylayer/core/Mandate"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Mutant from "../Mutant.ts"
import * as Reference from "../reference/Reference.ts"
import * as Till from "../reference/Till.ts"
import type { Grant } from "../reference/Voucher.ts"
import * as VoucherProvider from "../reference/VoucherProvider.ts"

type Reading = Effect.Effect<Mandate, PaymentError.PaymentError>
type Granting = Effect.Effect<Grant, PaymentError.PaymentError>

/** A till that leaves budgets and uses to the plug-in. */
const careless = { ...Reference.voucher, provider: VoucherProvider.layerOver(Till.Till.layerOf({ budgets: false })) }

const sharedRequest = Mutant.make({
  name: "shared-request-state",
  defect: "keeps the request it is working on in a field of its own, where the next request overwrites it",
  killedBy: ["RAC-01"],
  change: (plugin) => {
    let current: Grant | undefined
    return {
      ...plugin,
      verify: (mandate, charge) =>
        Effect.map(plugin.verify(mandate, charge) as Granting, (granted) => {
          current = granted
          return granted
        }),
      settle: (authorization, charge) => Effect.suspend(() => plugin.settle(current ?? authorization, charge))
    }
  }
})

const refusesWhenBusy = Mutant.make({
  name: "refuses-when-busy",
  defect: "refuses every charge while it is asking the provider about another one",
  killedBy: ["RAC-01"],
  change: (plugin) => {
    let busy = false
    return {
      ...plugin,
      verify: (mandate, charge) =>
        Effect.suspend(() => {
          if (busy) return PaymentError.fail(new PaymentError.PaymentDeclined({ detail: "another charge is at it" }))
          busy = true
          return Effect.ensuring(
            plugin.verify(mandate, charge),
            Effect.sync(() => {
              busy = false
            })
          )
        })
    }
  }
})

/** Hides terms from the ledger, and hands them to whoever counts them instead. */
const hiding = (plugin: AnyProtocol, seen: (mandate: Mandate) => void): AnyProtocol => ({
  ...plugin,
  validate: (credential, charge) =>
    Effect.map(plugin.validate(credential, charge) as Reading, (mandate) => {
      seen(mandate)
      const { budget: _budget, uses: _uses, ...rest } = mandate
      return rest
    })
})

const usesThenAct = Mutant.make({
  name: "check-then-act-uses",
  defect: "looks whether a voucher may be used once more, asks the till, and only then counts the use",
  killedBy: ["RAC-03"],
  of: careless,
  change: (plugin) => {
    const most = new Map<string, number>()
    const used = new Map<string, number>()
    const hidden = hiding(plugin, ({ id, uses }) => uses !== undefined && most.set(id, uses))
    return {
      ...hidden,
      verify: (mandate: Mandate, charge) =>
        Effect.gen(function* () {
          const before = used.get(mandate.id) ?? 0
          if (before >= (most.get(mandate.id) ?? Number.POSITIVE_INFINITY)) {
            return yield* PaymentError.fail(new PaymentError.UsesExceeded({ detail: "the voucher is used up" }))
          }
          const granted = yield* hidden.verify(mandate, charge)
          used.set(mandate.id, before + 1)
          return granted
        })
    }
  }
})

const budgetAtVerify = Mutant.make({
  name: "budget-at-verify-only",
  defect: "compares with the budget when it verifies, and counts what is spent when it settles",
  killedBy: ["RAC-02"],
  of: careless,
  change: (plugin) => {
    const budgets = new Map<string, bigint>()
    const spent = new Map<string, bigint>()
    const account = ({ id }: Mandate, { money }: Charge) => `${id} ${money.currency}`
    const hidden = hiding(plugin, ({ id, budget }) => {
      for (const { currency, minor } of budget ?? []) budgets.set(`${id} ${currency}`, minor)
    })
    return {
      ...hidden,
      verify: (mandate: Mandate, charge) =>
        Effect.suspend(() => {
          const key = account(mandate, charge)
          const after = (spent.get(key) ?? 0n) + charge.money.minor
          return after > (budgets.get(key) ?? after)
            ? PaymentError.fail(new PaymentError.BudgetExceeded({ detail: "the voucher is used up" }))
            : hidden.verify(mandate, charge)
        }),
      settle: (granted: Grant, charge) =>
        Effect.tap(hidden.settle(granted, charge), () =>
          Effect.sync(() => {
            const key = account(granted.mandate, charge)
            spent.set(key, (spent.get(key) ?? 0n) + charge.money.minor)
          })
        )
    }
  }
})

const respells = Mutant.make({
  name: "respells-credential",
  defect:
    "hands on a credential that is used once in a spelling of its own, so that the ledger takes each copy for another",
  killedBy: ["RAC-03"],
  of: Reference.ticket,
  change: (plugin) => {
    let copies = 0
    return {
      ...plugin,
      detect: (headers) => {
        const detection = plugin.detect(headers)
        if (detection._tag !== "Found") return detection
        const { secret } = detection.credential as Credential
        return found({ secret: Redacted.make(`${Redacted.value(secret)}${" ".repeat(++copies)}`) })
      },
      validate: ({ secret }: Credential, charge) =>
        plugin.validate({ secret: Redacted.make(Redacted.value(secret).trim()) }, charge)
    }
  }
})

export const mutants: ReadonlyArray<Mutant.Mutant> = [
  sharedRequest,
  refusesWhenBusy,
  usesThenAct,
  budgetAtVerify,
  respells
]
