/** Defects in how money goes back. */
import type { Mandate } from "@paylayer/core/Mandate"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import type { Receipt } from "@paylayer/core/Receipt"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Mutant from "../Mutant.ts"
import * as Reference from "../reference/Reference.ts"
import * as Till from "../reference/Till.ts"
import type { Grant } from "../reference/Voucher.ts"
import * as VoucherProvider from "../reference/VoucherProvider.ts"

type Refund = NonNullable<AnyProtocol["refund"]>

const refunding =
  (change: (refund: Refund) => Refund) =>
  (plugin: AnyProtocol): AnyProtocol => {
    const { refund } = plugin
    return refund === undefined ? plugin : { ...plugin, refund: change(refund) }
  }

/** Asks once for each key, and remembers what it was told. */
const remembering = (
  keyOf: (receipt: Receipt, id: string) => string,
  again: (before: Receipt, receipt: Receipt, amount: Money.Money) => Receipt
) =>
  refunding((refund) => {
    const receipts = new Map<string, Receipt>()
    return (receipt, amount, id) =>
      Effect.suspend(() => {
        const key = keyOf(receipt, id)
        const before = receipts.get(key)
        return before === undefined
          ? Effect.tap(refund(receipt, amount, id), (given) => Effect.sync(() => receipts.set(key, given)))
          : Effect.succeed(again(before, receipt, amount))
      })
  })

const uncounted = Mutant.make({
  name: "refunds-uncounted",
  defect: "gives back whatever it is asked for, without a look at what was taken",
  killedBy: ["LIM-13"],
  of: { ...Reference.voucher, provider: VoucherProvider.layerOver(Till.Till.layerOf({ refunds: false })) },
  change: (plugin) => plugin
})

const anyCurrency = Mutant.make({
  name: "refund-ignores-currency",
  defect: "gives back the number that it is asked for in the currency of the charge, whatever currency was asked for",
  killedBy: ["LIM-13"],
  change: refunding(
    (refund) => (receipt, amount, id) =>
      Effect.map(refund(receipt, Money.of(receipt.money.currency, amount.minor), id), (given) => ({
        ...given,
        money: amount
      }))
  )
})

const oneNumberForAll = Mutant.make({
  name: "refund-number-of-every-charge",
  defect: "takes the number of a refund for the same refund whichever charge it is of",
  killedBy: ["LIM-13"],
  change: remembering(
    (_, id) => id,
    (before, { chargeId }) => ({ ...before, chargeId })
  )
})

const anyAmount = Mutant.make({
  name: "refund-number-of-every-amount",
  defect: "gives a receipt for whatever amount is asked for under a number that was used",
  killedBy: ["LIM-13"],
  change: remembering(
    ({ chargeId }, id) => `${chargeId} ${id}`,
    (before, _, money) => ({ ...before, money })
  )
})

const newMovement = Mutant.make({
  name: "refund-told-as-another",
  defect: "gives the same refund under another reference each time it is asked for it",
  killedBy: ["LIM-13"],
  change: refunding((refund) => {
    let times = 0
    return (receipt, amount, id) =>
      Effect.map(refund(receipt, amount, id), (given) => ({ ...given, reference: `${given.reference}-${times++}` }))
  })
})

const whenLost = (name: string, defect: string, otherwise: (refund: Refund) => Refund) =>
  Mutant.make({
    name,
    defect,
    killedBy: ["LIM-13"],
    change: refunding(
      (refund) => (receipt, amount, id) =>
        Effect.catchIf(
          refund(receipt, amount, id),
          ({ moved }) => moved === "unknown",
          () => otherwise(refund)(receipt, amount, id)
        )
    )
  })

const refusesAgain = Mutant.make({
  name: "refund-refused-after-refund",
  defect: "says that nothing went back when the provider refuses the repetition of a refund that it made",
  killedBy: ["LIM-13"],
  change: refunding((refund) => {
    const asked = new Set<string>()
    return (receipt, amount, id) =>
      Effect.suspend(() => {
        const isNew = !asked.has(`${receipt.chargeId} ${id}`)
        asked.add(`${receipt.chargeId} ${id}`)
        return isNew
          ? refund(receipt, amount, id)
          : PaymentError.fail(new PaymentError.PaymentDeclined({ detail: "the number was used" }))
      })
  })
})

const onePart = Mutant.make({
  name: "refunds-one-part",
  defect: "gives back one part of a charge and refuses all others",
  killedBy: ["LIM-13"],
  change: refunding((refund) => {
    const parts = new Map<string, string>()
    return (receipt, amount, id) =>
      Effect.suspend(() => {
        const part = parts.get(receipt.chargeId) ?? id
        return part === id
          ? Effect.tap(refund(receipt, amount, id), () => Effect.sync(() => parts.set(receipt.chargeId, id)))
          : PaymentError.fail(new PaymentError.PaymentDeclined({ detail: "a part was given back before" }))
      })
  })
})

const budgetAnew = Mutant.make({
  name: "refund-restores-budget",
  defect: "opens the whole budget anew when a part of a charge went back",
  killedBy: ["LIM-13"],
  change: (plugin, environment) => {
    const till = Context.get(environment as Context.Context<Till.Till>, Till.Till)
    const mandates = new Map<string, Mandate>()
    const settle: AnyProtocol["settle"] = (authorization: Grant, charge) => {
      mandates.set(charge.id, authorization.mandate)
      return plugin.settle(authorization, charge)
    }
    const opening = refunding((refund) => (receipt, amount, id) => {
      const mandate = mandates.get(receipt.chargeId)
      return Effect.tap(refund(receipt, amount, id), () => (mandate === undefined ? Effect.void : till.open(mandate)))
    })
    return opening({ ...plugin, settle })
  }
})

export const mutants: ReadonlyArray<Mutant.Mutant> = [
  uncounted,
  anyCurrency,
  oneNumberForAll,
  anyAmount,
  newMovement,
  refusesAgain,
  budgetAnew,
  onePart,
  whenLost(
    "lost-refund-under-new-number",
    "gives back under a new number when the answer is lost",
    (refund) => (receipt, amount, id) => refund(receipt, amount, `${id}-2`)
  ),
  whenLost(
    "lost-refund-is-none",
    "says that nothing went back when the answer is lost",
    () => () => PaymentError.fail(new PaymentError.ProviderUnavailable({ detail: "no answer" }))
  )
]
