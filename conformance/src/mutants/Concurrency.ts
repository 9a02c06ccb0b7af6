/** Defects that only show when things happen at once, or stop half-way. */
import type { Charge } from "@paylayer/core/Charge"
import type { Mandate } from "@paylayer/core/Mandate"
import * as PaymentError from "@paylayer/core/PaymentError"
import * as Effect from "effect/Effect"
import * as Ref from "effect/Ref"
import * as Mutant from "../Mutant.ts"
import * as Reference from "../reference/Reference.ts"
import * as Till from "../reference/Till.ts"
import type { Grant } from "../reference/Voucher.ts"
import * as VoucherProvider from "../reference/VoucherProvider.ts"

/** The plug-in keeps the books itself; between reading and writing there is no waiting, only a place to be preempted. */
const checkThenAct = Mutant.make({
  name: "check-then-act-limit",
  defect: "reads what is spent, compares, and writes it back as three steps",
  killedBy: ["RAC-02"],
  of: { ...Reference.voucher, provider: VoucherProvider.layerOver(Till.Till.layerOf({ budgets: false })) },
  change: (plugin) => {
    const budgets = new Map<string, bigint>()
    const spent = Ref.makeUnsafe<ReadonlyMap<string, bigint>>(new Map())
    return {
      ...plugin,
      validate: (credential, charge) =>
        Effect.map(
          plugin.validate(credential, charge) as Effect.Effect<Mandate, PaymentError.PaymentError>,
          ({ budget, ...mandate }) => {
            for (const { currency, minor } of budget ?? []) budgets.set(`${mandate.id} ${currency}`, minor)
            return mandate
          }
        ),
      settle: (authorization: Grant, charge: Charge) =>
        Effect.gen(function* () {
          const account = `${authorization.mandate.id} ${charge.money.currency}`
          const before = (yield* Ref.get(spent)).get(account) ?? 0n
          const after = before + charge.money.minor
          if (after > (budgets.get(account) ?? after)) {
            return yield* PaymentError.fail(new PaymentError.BudgetExceeded({ detail: "the voucher is used up" }))
          }
          yield* Ref.update(spent, (books) => new Map(books).set(account, after))
          return yield* plugin.settle(authorization, charge)
        })
    }
  }
})

const leaksHold = Mutant.make({
  name: "leaks-hold-on-interrupt",
  defect: "gives nothing back when it is told to release",
  killedBy: ["RES-02"],
  change: (plugin) => ({ ...plugin, release: () => Effect.void })
})

export const mutants: ReadonlyArray<Mutant.Mutant> = [checkThenAct, leaksHold]
