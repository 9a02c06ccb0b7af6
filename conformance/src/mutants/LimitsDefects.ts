/** Defects in what fits into a mandate, whose it is, and when it is given back. */
import type { Charge } from "@paylayer/core/Charge"
import type { Mandate } from "@paylayer/core/Mandate"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Struct from "effect/Struct"
import * as Mutant from "../Mutant.ts"
import * as Reference from "../reference/Reference.ts"
import * as Till from "../reference/Till.ts"
import type { Grant } from "../reference/Voucher.ts"
import * as VoucherProvider from "../reference/VoucherProvider.ts"
import { misreading } from "../internal/misreading.ts"

/** A limit for one charge that is compared in another way. */
const comparing = (fits: (charge: Money.Money, limit: Money.Money) => boolean) =>
  misreading((mandate, { charge }) => {
    const limit = mandate.perCharge?.find(({ currency }) => currency === charge.money.currency)
    if (limit === undefined) return mandate
    return fits(charge.money, limit)
      ? Struct.omit(mandate, ["perCharge"])
      : { ...mandate, perCharge: [Money.zero(limit.currency)] }
  })

const asText = Mutant.make({
  name: "limit-compared-as-text",
  defect: "compares the decimals of charge and limit as text, so that 10.00 is less than 9.99",
  killedBy: ["LIM-03"],
  change: comparing((charge, limit) => Money.decimalString(charge) <= Money.decimalString(limit))
})

const overflows = Mutant.make({
  name: "limit-overflows-at-32-bits",
  defect: "compares charge and limit in 32 bits",
  killedBy: ["LIM-03"],
  change: comparing((charge, limit) => BigInt.asUintN(32, charge.minor) <= BigInt.asUintN(32, limit.minor))
})

const exclusive = Mutant.make({
  name: "limit-exclusive",
  defect: "refuses a charge of exactly the limit",
  killedBy: ["LIM-01"],
  change: comparing((charge, limit) => charge.minor < limit.minor)
})

const refusesEverything = Mutant.make({
  name: "refuses-everything",
  defect: "refuses every charge, which is safe and sells nothing",
  killedBy: ["LIM-04", "LIM-05", "EXP-02"],
  change: (plugin) => ({
    ...plugin,
    verify: () => PaymentError.fail(new PaymentError.PaymentDeclined({ detail: "not today" }))
  })
})

const acceptsEverything = Mutant.make({
  name: "limits-for-show",
  defect: "reads limit, least, budget and uses, and looks at none of them",
  killedBy: ["LIM-01", "LIM-02", "LIM-09", "LIM-10"],
  of: { ...Reference.voucher, provider: VoucherProvider.layerOver(Till.Till.layerOf({ budgets: false })) },
  change: misreading((mandate) => Struct.omit(mandate, ["perCharge", "minimum", "budget", "uses"]))
})

const lastUnit = Mutant.make({
  name: "budget-exclusive",
  defect: "keeps the last minor unit of every budget",
  killedBy: ["LIM-04"],
  change: misreading((mandate) =>
    mandate.budget === undefined
      ? mandate
      : { ...mandate, budget: mandate.budget.map(({ currency, minor }) => ({ currency, minor: minor - 1n })) }
  )
})

const countsAttempts = Mutant.make({
  name: "counts-what-is-asked",
  defect: "counts a charge against the budget when it is asked for, not when it is settled",
  killedBy: ["LIM-04", "LIM-06"],
  change: (plugin) => {
    const asked = new Map<string, bigint>()
    return {
      ...plugin,
      verify: (mandate: Mandate, charge: Charge) =>
        Effect.suspend(() => {
          const { currency, minor } = charge.money
          const budget = mandate.budget?.find((money) => money.currency === currency)
          const before = asked.get(`${mandate.id} ${currency}`) ?? 0n
          asked.set(`${mandate.id} ${currency}`, before + minor)
          return budget !== undefined && before + minor > budget.minor
            ? PaymentError.fail(new PaymentError.BudgetExceeded({ detail: "too much was asked for" }))
            : plugin.verify(mandate, charge)
        })
    }
  }
})

/** A plug-in that knows mandates by other names than the till. */
export const renaming =
  (rename: (mandate: Mandate, atMillis: number) => Mandate) =>
  (plugin: AnyProtocol): AnyProtocol => {
    const real = new Map<string, Mandate>()
    const own = (grant: Grant, charge: Charge): Grant => ({ mandate: real.get(charge.id) ?? grant.mandate })
    const { release } = plugin
    return {
      ...plugin,
      validate: (credential, charge) =>
        Effect.gen(function* () {
          const mandate: Mandate = yield* plugin.validate(credential, charge)
          real.set(charge.id, mandate)
          return rename(mandate, yield* Clock.currentTimeMillis)
        }),
      verify: (mandate, charge) => Effect.as(plugin.verify(real.get(charge.id), charge), { mandate }),
      settle: (grant, charge) => plugin.settle(own(grant, charge), charge),
      lookup: (grant, charge) => plugin.lookup(own(grant, charge), charge),
      ...(release === undefined
        ? {}
        : { release: (grant, charge) => release(grant === undefined ? grant : own(grant, charge), charge) })
    }
  }

const sharedBudget = Mutant.make({
  name: "one-budget-for-all-mandates",
  defect: "names every mandate alike, so that all of them share one budget",
  killedBy: ["LIM-05"],
  change: renaming((mandate) => ({ ...mandate, id: "voucher" }))
})

const budgetByPayer = Mutant.make({
  name: "budget-by-payer",
  defect: "counts the mandates of one payer together",
  killedBy: ["LIM-05"],
  change: renaming((mandate) => ({ ...mandate, id: mandate.payer }))
})

const onePayer = Mutant.make({
  name: "one-payer-for-all",
  defect: "names every payer alike, so that one exhausts the limits of all",
  killedBy: ["LIM-05"],
  change: renaming((mandate) => ({ ...mandate, payer: "payer" }))
})

const payerPerMandate = Mutant.make({
  name: "payer-per-mandate",
  defect: "names the payer after the mandate, so that each new one comes with a fresh limit",
  killedBy: ["LIM-05", "LIM-07"],
  change: renaming((mandate) => ({ ...mandate, payer: mandate.id }))
})

const payerByDay = Mutant.make({
  name: "payer-by-utc-day",
  defect: "has the day in UTC in the payer's name, so that limits begin anew at midnight in UTC",
  killedBy: ["LIM-07"],
  change: renaming((mandate, now) => ({
    ...mandate,
    payer: `${mandate.payer}-${DateTime.formatIso(DateTime.makeUnsafe(now)).slice(0, 10)}`
  }))
})

const keepsLostHold = Mutant.make({
  name: "keeps-hold-of-lost-answer",
  defect: "leaves the hold of a verify whose answer was lost where it is",
  killedBy: ["LIM-06"],
  change: (plugin, environment) => {
    const till = Context.get(environment as Context.Context<Till.Till>, Till.Till)
    return {
      ...plugin,
      verify: (mandate: Mandate, charge: Charge) =>
        Effect.matchEffect(till.hold(mandate.id, charge.id, charge.money), {
          onFailure: () => PaymentError.fail(new PaymentError.ProviderUnavailable({ detail: "no answer" })),
          onSuccess: ({ authentic }) =>
            authentic
              ? Effect.succeed({ mandate })
              : PaymentError.fail(new PaymentError.ProviderUntrusted({ detail: "not the till's answer" }))
        })
    }
  }
})

const keepsDeclined = Mutant.make({
  name: "keeps-hold-when-declined",
  defect: "gives nothing back once it has tried to settle",
  killedBy: ["LIM-06"],
  change: (plugin) => {
    const tried = new Set<string>()
    const { release } = plugin
    return {
      ...plugin,
      settle: (grant, charge) => {
        tried.add(charge.id)
        return plugin.settle(grant, charge)
      },
      ...(release === undefined
        ? {}
        : { release: (grant, charge) => (tried.has(charge.id) ? Effect.void : release(grant, charge)) })
    }
  }
})

const holdsAnew = Mutant.make({
  name: "holds-for-every-verify",
  defect: "holds the money once more each time that a charge is verified",
  killedBy: ["LIM-09"],
  change: (plugin) => {
    const times = new Map<string, number>()
    return {
      ...plugin,
      verify: (mandate, charge) => {
        const before = times.get(charge.id) ?? 0
        times.set(charge.id, before + 1)
        return plugin.verify(mandate, before === 0 ? charge : { ...charge, id: `${charge.id}-${before}` })
      }
    }
  }
})

const usesNotCounted = Mutant.make({
  name: "uses-not-counted",
  defect: "counts money and not how often it is taken",
  killedBy: ["LIM-09"],
  of: { ...Reference.voucher, provider: VoucherProvider.layerOver(Till.Till.layerOf({ budgets: false })) },
  change: misreading((mandate) => Struct.omit(mandate, ["uses"]))
})

const minimumIgnored = Mutant.make({
  name: "minimum-ignored",
  defect: "looks at the most that one charge may take, and not at the least",
  killedBy: ["LIM-10"],
  change: misreading((mandate) => Struct.omit(mandate, ["minimum"]))
})

const minimumExclusive = Mutant.make({
  name: "minimum-exclusive",
  defect: "refuses a charge of exactly the least",
  killedBy: ["LIM-10"],
  change: misreading((mandate) =>
    mandate.minimum === undefined
      ? mandate
      : { ...mandate, minimum: mandate.minimum.map(({ currency, minor }) => ({ currency, minor: minor + 1n })) }
  )
})

const zeroIsNone = Mutant.make({
  name: "zero-limit-is-no-limit",
  defect: "takes a limit of zero for no limit, as a test for truth does",
  killedBy: ["LIM-10"],
  change: misreading((mandate) =>
    mandate.perCharge?.every(({ minor }) => minor === 0n) === true ? Struct.omit(mandate, ["perCharge"]) : mandate
  )
})

export const mutants: ReadonlyArray<Mutant.Mutant> = [
  asText,
  overflows,
  exclusive,
  refusesEverything,
  acceptsEverything,
  lastUnit,
  countsAttempts,
  sharedBudget,
  budgetByPayer,
  onePayer,
  payerPerMandate,
  payerByDay,
  keepsLostHold,
  keepsDeclined,
  holdsAnew,
  usesNotCounted,
  minimumIgnored,
  minimumExclusive,
  zeroIsNone
]
