/** Defects in how less is taken than was authorized. */
import type { Charge } from "@paylayer/core/Charge"
import * as Money from "@paylayer/core/Money"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Mutant from "../Mutant.ts"
import * as Till from "../reference/Till.ts"
import type { Grant } from "../reference/Voucher.ts"

/** Remembers each charge as it was verified. */
const rememberingVerified =
  (change: (plugin: AnyProtocol, verified: (charge: Charge) => Charge) => AnyProtocol) =>
  (plugin: AnyProtocol): AnyProtocol => {
    const charges = new Map<string, Charge>()
    const verified = (charge: Charge) => charges.get(charge.id) ?? charge
    const changed = change(plugin, verified)
    return {
      ...changed,
      verify: (mandate, charge) => {
        charges.set(charge.id, charge)
        return changed.verify(mandate, charge)
      }
    }
  }

const allOfIt = Mutant.make({
  name: "captures-what-was-verified",
  defect: "takes the money that was verified, and writes the captured amount on the receipt",
  killedBy: ["LIM-14"],
  change: rememberingVerified((plugin, verified) => ({
    ...plugin,
    settle: (grant, charge) =>
      Effect.map(plugin.settle(grant, verified(charge)), (receipt) => ({ ...receipt, money: charge.money }))
  }))
})

const looksUpAll = Mutant.make({
  name: "looks-up-what-was-verified",
  defect: "tells of a settled charge with the money that was verified, not the money that was taken",
  killedBy: ["LIM-14"],
  change: rememberingVerified((plugin, verified) => ({
    ...plugin,
    lookup: (grant, charge) =>
      Effect.map(plugin.lookup(grant, charge), (outcome) =>
        outcome._tag === "Settled"
          ? { ...outcome, receipt: { ...outcome.receipt, money: verified(charge).money } }
          : outcome
      )
  }))
})

const keepsTheRest = Mutant.make({
  name: "keeps-holding-the-rest",
  defect: "goes on holding what was authorized beyond what it took",
  killedBy: ["LIM-14"],
  change: (plugin, environment) => {
    const till = Context.get(environment as Context.Context<Till.Till>, Till.Till)
    return rememberingVerified((plugin, verified) => ({
      ...plugin,
      settle: (grant: Grant, charge) =>
        Effect.tap(plugin.settle(grant, charge), () => {
          const { currency, minor } = verified(charge).money
          const rest = minor - charge.money.minor
          return rest > 0n
            ? Effect.ignore(till.hold(grant.mandate.id, `${charge.id} rest`, Money.of(currency, rest)))
            : Effect.void
        })
    }))(plugin)
  }
})

export const mutants: ReadonlyArray<Mutant.Mutant> = [allOfIt, looksUpAll, keepsTheRest]
