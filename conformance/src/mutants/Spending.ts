/** Defects in what is taken, and how often. */
import type { Charge } from "@paylayer/core/Charge"
import type { Mandate } from "@paylayer/core/Mandate"
import * as Money from "@paylayer/core/Money"
import type * as PaymentError from "@paylayer/core/PaymentError"
import * as Effect from "effect/Effect"
import * as Struct from "effect/Struct"
import * as Mutant from "../Mutant.ts"
import * as Reference from "../reference/Reference.ts"
import * as Till from "../reference/Till.ts"
import * as VoucherProvider from "../reference/VoucherProvider.ts"

const priced = (charge: Charge, minor: bigint): Charge => ({ ...charge, money: Money.of(charge.money.currency, minor) })

const offByOne = Mutant.make({
  name: "limit-off-by-one",
  defect: "lets one minor unit above the limit through",
  killedBy: ["LIM-01"],
  change: (plugin) => {
    const less = (charge: Charge) => priced(charge, charge.money.minor - 1n)
    return {
      ...plugin,
      validate: (credential, charge) => plugin.validate(credential, less(charge)),
      verify: (mandate, charge) =>
        Effect.tap(plugin.verify(mandate, less(charge)), () =>
          plugin.verify({ ...mandate, perCharge: undefined }, charge)
        )
    }
  }
})

const forgetsSpent = Mutant.make({
  name: "budget-per-charge",
  defect: "compares each charge with the whole budget, and forgets what was spent",
  killedBy: ["LIM-02"],
  of: { ...Reference.voucher, provider: VoucherProvider.layerOver(Till.Till.layerOf({ budgets: false })) },
  change: (plugin) => ({
    ...plugin,
    validate: (credential, charge) =>
      Effect.map(
        plugin.validate(credential, charge) as Effect.Effect<Mandate, PaymentError.PaymentError>,
        Struct.omit(["budget"])
      )
  })
})

const floats = Mutant.make({
  name: "float-amount",
  defect: "takes the amount through a floating-point number",
  killedBy: ["CUR-01"],
  change: (plugin) => ({
    ...plugin,
    settle: (authorization, charge) => {
      const minor = BigInt(Math.floor(Number(Money.decimalString(charge.money)) * 100))
      return Effect.map(plugin.settle(authorization, priced(charge, minor)), (receipt) => ({
        ...receipt,
        money: charge.money
      }))
    }
  })
})

const settlesAgain = Mutant.make({
  name: "settle-not-idempotent",
  defect: "takes a new order number for every attempt to settle",
  killedBy: ["IDM-01"],
  change: (plugin) => {
    let attempt = 0
    return {
      ...plugin,
      settle: (authorization, charge) =>
        Effect.map(plugin.settle(authorization, { ...charge, id: `${charge.id}-${attempt++}` }), (receipt) => ({
          ...receipt,
          chargeId: charge.id
        }))
    }
  }
})

const unstablePayer = Mutant.make({
  name: "unstable-payer",
  defect: "names the payer anew for every request, so that no repetition is recognised",
  killedBy: ["RPL-01"],
  change: (plugin) => {
    let payers = 0
    return {
      ...plugin,
      validate: (credential, charge) =>
        Effect.map(
          plugin.validate(credential, charge) as Effect.Effect<Mandate, PaymentError.PaymentError>,
          (mandate) => ({
            ...mandate,
            payer: `${mandate.payer}-${payers++}`
          })
        )
    }
  }
})

const verifyTakes = Mutant.make({
  name: "verify-takes",
  defect: "takes the money in verify",
  killedBy: ["LIF-04"],
  change: (plugin) => ({
    ...plugin,
    verify: (mandate, charge) =>
      Effect.tap(plugin.verify(mandate, charge), (authorization) => plugin.settle(authorization, charge))
  })
})

export const mutants: ReadonlyArray<Mutant.Mutant> = [
  offByOne,
  forgetsSpent,
  floats,
  settlesAgain,
  unstablePayer,
  verifyTakes
]
