/** Defects in what a repetition is recognised by. */
import { type Credential, found } from "@paylayer/core/Detection"
import type { Mandate } from "@paylayer/core/Mandate"
import * as PaymentError from "@paylayer/core/PaymentError"
import * as Effect from "effect/Effect"
import * as Mutant from "../Mutant.ts"

type Reading = Effect.Effect<Mandate, PaymentError.PaymentError>

const payerPerRequest = Mutant.make({
  name: "payer-per-request",
  defect: "names the payer after the request, so that a key that is taken looks free to another request",
  killedBy: ["IDM-02"],
  change: (plugin) => ({
    ...plugin,
    validate: (credential, charge) =>
      Effect.map(plugin.validate(credential, charge) as Reading, (mandate) => ({
        ...mandate,
        payer: `${mandate.payer} for ${charge.binding}`
      }))
  })
})

const payerByClient = Mutant.make({
  name: "payer-by-client",
  defect: "names the payer after the client that it came with, so that a retry through another client pays again",
  killedBy: ["IDM-02"],
  change: (plugin) => ({
    ...plugin,
    detect: (headers) => {
      const detection = plugin.detect(headers)
      return detection._tag === "Found"
        ? found({ ...detection.credential, client: headers["user-agent"]?.join() ?? "nobody" })
        : detection
    },
    validate: (credential: Credential & { readonly client: string }, charge) =>
      Effect.map(plugin.validate(credential, charge) as Reading, (mandate) => ({
        ...mandate,
        payer: `${mandate.payer} with ${credential.client}`
      }))
  })
})

const payerNumberRace = Mutant.make({
  name: "payer-number-race",
  defect: "gives a payer it has not seen a number, and another one to the same payer who comes meanwhile",
  killedBy: ["IDM-07"],
  change: (plugin) => {
    const numbers = new Map<string, number>()
    let last = 0
    return {
      ...plugin,
      validate: (credential, charge) =>
        Effect.flatMap(
          plugin.validate(credential, charge) as Reading,
          Effect.fnUntraced(function* (mandate) {
            let number = numbers.get(mandate.payer)
            if (number === undefined) {
              yield* Effect.yieldNow
              number = ++last
              numbers.set(mandate.payer, number)
            }
            return { ...mandate, payer: `payer-number-${number}` }
          })
        )
    }
  }
})

const secondSettleIsError = Mutant.make({
  name: "second-settle-is-error",
  defect: "refuses to settle what is settled instead of giving its receipt again",
  killedBy: ["IDM-01"],
  change: (plugin) => {
    const settled = new Set<string>()
    return {
      ...plugin,
      settle: (authorization, charge) =>
        Effect.suspend(() =>
          settled.has(charge.id)
            ? PaymentError.fail(new PaymentError.AlreadySettled({ detail: "the charge is settled" }), { moved: "yes" })
            : Effect.tap(plugin.settle(authorization, charge), () => Effect.sync(() => void settled.add(charge.id)))
        )
    }
  }
})

export const mutants: ReadonlyArray<Mutant.Mutant> = [
  payerPerRequest,
  payerByClient,
  payerNumberRace,
  secondSettleIsError
]
