/** Defects that make the books differ. */
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Mutant from "../Mutant.ts"

const addsFee = Mutant.make({
  name: "adds-fee",
  defect: "takes one minor unit more than the charge, and says nothing of it",
  killedBy: ["LIF-03"],
  change: (plugin) => ({
    ...plugin,
    settle: (authorization, charge) => {
      const more = Money.of(charge.money.currency, charge.money.minor + 1n)
      return Effect.map(plugin.settle(authorization, { ...charge, money: more }), (receipt) => ({
        ...receipt,
        money: charge.money
      }))
    }
  })
})

const ownReference = Mutant.make({
  name: "reference-of-its-own",
  defect: "gives receipts that name no settlement of the provider",
  killedBy: ["LIF-03"],
  change: (plugin) => ({
    ...plugin,
    settle: (authorization, charge) =>
      Effect.map(plugin.settle(authorization, charge), (receipt) => ({ ...receipt, reference: charge.id }))
  })
})

const chargesFailed = Mutant.make({
  name: "charges-failed-handler",
  defect: "takes the money for a charge that came to nothing instead of giving it back",
  killedBy: ["LIF-03", "RES-02"],
  change: (plugin) => ({
    ...plugin,
    release: (authorization, charge) => Effect.asVoid(plugin.settle(authorization, charge))
  })
})

const refundsTwice = Mutant.make({
  name: "refund-not-idempotent",
  defect: "gives money back under a new number each time it is asked to",
  killedBy: ["LIF-03"],
  change: (plugin) => {
    const { refund } = plugin
    let times = 0
    return refund === undefined
      ? plugin
      : { ...plugin, refund: (receipt, amount, id) => refund(receipt, amount, `${id}-${times++}`) }
  }
})

const refundsAll = Mutant.make({
  name: "refunds-everything",
  defect: "gives the whole charge back where a part was asked for",
  killedBy: ["LIF-03"],
  change: (plugin) => {
    const { refund } = plugin
    return refund === undefined
      ? plugin
      : { ...plugin, refund: (receipt, _amount, id) => refund(receipt, receipt.money, id) }
  }
})

export const mutants: ReadonlyArray<Mutant.Mutant> = [addsFee, ownReference, chargesFailed, refundsTwice, refundsAll]
