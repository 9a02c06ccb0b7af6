/** Defects in what is made of a provider's failures. */
import type { Charge } from "@paylayer/core/Charge"
import * as Mandate from "@paylayer/core/Mandate"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { Outcome } from "@paylayer/core/PaymentProtocol"
import type { Receipt } from "@paylayer/core/Receipt"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Mutant from "../Mutant.ts"
import { Provider } from "../Provider.ts"
import type { Grant } from "../reference/Voucher.ts"
import * as Voucher from "../reference/Voucher.ts"

/** A receipt that nobody but the plug-in gave. */
const invented = ({ id, merchant, money, resource }: Charge): Effect.Effect<Receipt> =>
  Effect.map(Clock.currentTimeMillis, (now) => ({
    chargeId: id,
    protocol: Voucher.manifest.id,
    merchant,
    resource,
    money,
    reference: `till-${id}`,
    settledAt: DateTime.makeUnsafe(now)
  }))

const takesForSuccess = (name: string, defect: string, tag: PaymentError.Reason["_tag"]) =>
  Mutant.make({
    name,
    defect,
    killedBy: ["FLT-01"],
    change: (plugin) => ({
      ...plugin,
      settle: (authorization, charge) =>
        Effect.catchIf(
          plugin.settle(authorization, charge),
          ({ reason }) => reason._tag === tag,
          () => invented(charge)
        )
    })
  })

const breaker = Mutant.make({
  name: "breaker-never-closes",
  defect: "asks a provider that failed once never again",
  killedBy: ["FLT-01"],
  change: (plugin) => {
    let broken = false
    return {
      ...plugin,
      verify: (mandate, charge) =>
        Effect.suspend(() =>
          broken
            ? PaymentError.fail(new PaymentError.ProviderUnavailable({ detail: "the till is out of order" }))
            : plugin.verify(mandate, charge)
        ),
      settle: (authorization, charge) =>
        Effect.tapError(plugin.settle(authorization, charge), () =>
          Effect.sync(() => {
            broken = true
          })
        )
    }
  }
})

const settlesUnderNewNumber = Mutant.make({
  name: "retries-on-unknown",
  defect: "takes the money under a new number when the answer is lost",
  killedBy: ["FLT-02"],
  change: (plugin) => ({
    ...plugin,
    settle: (authorization, charge) =>
      Effect.catchIf(
        plugin.settle(authorization, charge),
        ({ moved }) => moved === "unknown",
        () =>
          Effect.map(plugin.settle(authorization, { ...charge, id: `${charge.id}-2` }), (receipt) => ({
            ...receipt,
            chargeId: charge.id
          }))
      )
  })
})

const looksOnly = Mutant.make({
  name: "never-closes-at-provider",
  defect: "calls a charge not settled that is not settled yet, and leaves it to be settled later",
  killedBy: ["FLT-02"],
  change: (plugin, environment) => ({
    ...plugin,
    lookup: (authorization: Grant, charge) =>
      Effect.flatMap(
        Effect.orDie(Context.get(environment as Context.Context<Provider>, Provider).movements),
        (movements): Effect.Effect<Outcome, PaymentError.PaymentError> =>
          movements.some(({ mandate }) => mandate === authorization.mandate.id)
            ? plugin.lookup(authorization, charge)
            : Effect.succeed({ _tag: "NotSettled" })
      ),
    release: () => Effect.void
  })
})

const remembers = Mutant.make({
  name: "lookup-from-memory",
  defect: "looks a charge up in its own memory, which a restart empties",
  killedBy: ["FLT-07"],
  change: (plugin) => {
    const receipts = new Map<string, Receipt>()
    return {
      ...plugin,
      settle: (authorization, charge) =>
        Effect.tap(plugin.settle(authorization, charge), (receipt) =>
          Effect.sync(() => void receipts.set(charge.id, receipt))
        ),
      lookup: (_, charge) =>
        Effect.sync((): Outcome => {
          const receipt = receipts.get(charge.id)
          return receipt === undefined ? { _tag: "NotSettled" } : { _tag: "Settled", receipt }
        })
    }
  }
})

const ofThisProcess = Mutant.make({
  name: "authorization-of-one-process",
  defect: "writes authorizations down so that only the process that wrote them can read them",
  killedBy: ["FLT-07"],
  change: (plugin, environment) => {
    const process = (processes.get(environment) ?? 0) + 1
    processes.set(environment, process)
    const authorization = Schema.Struct({ mandate: Mandate.Mandate, process: Schema.Literal(process) })
    return {
      ...plugin,
      authorization: Schema.toCodecJson(authorization),
      verify: (mandate, charge) =>
        Effect.map(plugin.verify(mandate, charge) as Effect.Effect<Grant, PaymentError.PaymentError>, (granted) => ({
          ...granted,
          process
        }))
    }
  }
})

/** How many instances each world has had. */
const processes = new WeakMap<Context.Context<never>, number>()

export const mutants: ReadonlyArray<Mutant.Mutant> = [
  takesForSuccess(
    "believes-unsigned-success",
    "takes an answer that is not the provider's for a success",
    "ProviderUntrusted"
  ),
  takesForSuccess("lost-answer-is-success", "takes a lost answer for a success", "OutcomeUnknown"),
  breaker,
  settlesUnderNewNumber,
  looksOnly,
  remembers,
  ofThisProcess
]
