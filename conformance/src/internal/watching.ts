/**
 * Watching: a plug-in and a ledger whose every call is written to the timeline, and whose errors and settlements are kept.
 */
import type { Charge } from "@paylayer/core/Charge"
import * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import type { PaymentError } from "@paylayer/core/PaymentError"
import type { AnyProtocol, Authorization } from "@paylayer/core/PaymentProtocol"
import type { Receipt } from "@paylayer/core/Receipt"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { PluginDied } from "../Broken.ts"
import { CurrentCall, Going } from "../SeededScheduler.ts"
import type { Timeline } from "../Timeline.ts"

/** A call of `settle` that gave a receipt. */
export interface Settled {
  readonly authorization: Authorization
  readonly charge: Charge
  readonly receipt: Receipt
}

/** What was seen in one case. */
export interface Seen {
  readonly errors: Array<PaymentError>
  readonly settled: Array<Settled>
  readonly died: Array<PluginDied>
}

const said = (exit: Exit.Exit<unknown, PaymentError>, success: string): string => {
  if (Exit.isSuccess(exit)) return success
  const error = Option.getOrUndefined(Exit.findErrorOption(exit))
  if (error !== undefined) return `${error.code}, money moved: ${error.moved}`
  return Exit.hasInterrupts(exit) ? "interrupted" : "died"
}

/** Lets an effect through while the process lives. */
export type Living = <A, E>(effect: Effect.Effect<A, E>) => Effect.Effect<A, E>

/** The plug-in, watched. */
export const protocol = (plugin: AnyProtocol, timeline: Timeline, seen: Seen, living: Living): AnyProtocol => {
  const calls = new Map<string, number>()
  const watch = <A>(
    step: string,
    charge: Pick<Charge, "id" | "money">,
    effect: () => Effect.Effect<A, PaymentError>,
    success: (value: A) => string = () => "ok"
  ): Effect.Effect<A, PaymentError> =>
    Effect.suspend(() => {
      const name = `${step} of ${timeline.name("charge", charge.id)}, ${Money.print(charge.money)}`
      const call = (calls.get(step) ?? 0) + 1
      calls.set(step, call)
      timeline.add(name)
      return living(Effect.suspend(effect)).pipe(
        Effect.provideService(CurrentCall, new Going(step, call)),
        Effect.onExit((exit) =>
          Effect.sync(() => {
            const error = Option.getOrUndefined(Exit.findErrorOption(exit))
            if (error !== undefined) seen.errors.push(error)
            timeline.add(`${name}: ${said(exit, Exit.isSuccess(exit) ? success(exit.value) : "")}`)
          })
        ),
        Effect.catchDefect((defect) => {
          const died = new PluginDied({ step, defect })
          seen.died.push(died)
          return Effect.die(died)
        })
      )
    })

  const { release, refund } = plugin
  return {
    ...plugin,
    validate: (credential, charge) => watch("validate", charge, () => plugin.validate(credential, charge)),
    verify: (mandate, charge) => watch("verify", charge, () => plugin.verify(mandate, charge)),
    settle: (authorization, charge) =>
      watch(
        "settle",
        charge,
        () => plugin.settle(authorization, charge),
        (receipt) => {
          seen.settled.push({ authorization, charge, receipt })
          return "settled"
        }
      ),
    challenge: (charge) => watch("challenge", charge, () => plugin.challenge(charge)),
    lookup: (authorization, charge) =>
      watch(
        "lookup",
        charge,
        () => plugin.lookup(authorization, charge),
        (outcome) => outcome._tag
      ),
    ...(release === undefined
      ? {}
      : {
          release: (authorization, charge) => watch("release", charge, () => release(authorization, charge))
        }),
    ...(refund === undefined
      ? {}
      : {
          refund: (receipt, amount, refundId, reason) =>
            watch(
              "refund",
              { id: receipt.chargeId, money: amount },
              () => refund(receipt, amount, refundId, reason),
              () => "given back"
            )
        })
  }
}

/** What happens around each write of the ledger: `before` may fail it, `after` may lose its answer. */
export interface Gate {
  readonly before: (steps: ReadonlyArray<string>) => Effect.Effect<void, Ledger.LedgerError>
  readonly after: (steps: ReadonlyArray<string>) => Effect.Effect<void, Ledger.LedgerError>
  readonly living: Living
}

/** The ledger, watched and gated. */
export const ledger = (inner: Ledger.Ledger["Service"], timeline: Timeline, gate: Gate): Ledger.Ledger["Service"] => {
  const gated = <A, E>(
    steps: ReadonlyArray<string>,
    write: Effect.Effect<A, E | Ledger.LedgerError>,
    done: (value: A) => string
  ) =>
    gate.living(gate.before(steps)).pipe(
      Effect.andThen(write),
      Effect.tap((value) => Effect.sync(() => timeline.add(done(value)))),
      Effect.tap(() => gate.after(steps)),
      Effect.tapCause((cause) =>
        Effect.sync(() => {
          if (!Cause.hasInterruptsOnly(cause)) timeline.add(`ledger refuses ${steps.join(" and ")}`)
        })
      )
    )
  return {
    ...inner,
    open: (opening) =>
      gated(["opened"], inner.open(opening), ({ _tag, entry }) =>
        _tag === "Claimed"
          ? `ledger: ${timeline.name("charge", entry.charge.id)} opened`
          : `ledger: the key belongs to ${timeline.name("charge", entry.charge.id)}, which is ${entry.state}`
      ),
    advance: (chargeId, ...steps) => {
      const states = steps.map(({ to }) => to)
      const done = () => `ledger: ${timeline.name("charge", chargeId)} ${states.join(" and ")}`
      return gated(states, inner.advance(chargeId, ...steps), done)
    }
  }
}
