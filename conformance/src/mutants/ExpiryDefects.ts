/** Defects in when a credential is good, and by whose clock. */
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Struct from "effect/Struct"
import * as Mutant from "../Mutant.ts"
import * as Reference from "../reference/Reference.ts"
import * as Till from "../reference/Till.ts"
import * as VoucherProvider from "../reference/VoucherProvider.ts"
import { misreading } from "../internal/misreading.ts"

const inattentive = {
  ...Reference.voucher,
  provider: VoucherProvider.layerOver(Till.Till.layerOf({ expiry: false }))
}

const beginIgnored = Mutant.make({
  name: "not-before-ignored",
  defect: "looks at the end of the window, and not at its beginning",
  killedBy: ["EXP-02"],
  change: misreading((mandate) => Struct.omit(mandate, ["notBefore"]))
})

const beginExclusive = Mutant.make({
  name: "not-before-exclusive",
  defect: "refuses a credential in the first moment of its window",
  killedBy: ["EXP-02"],
  change: misreading((mandate) =>
    mandate.notBefore === undefined
      ? mandate
      : { ...mandate, notBefore: DateTime.makeUnsafe(mandate.notBefore.epochMilliseconds + 1) }
  )
})

const endAtVerifyOnly = Mutant.make({
  name: "expiry-only-at-verify",
  defect: "looks at the window before the handler runs, and settles whenever that is done",
  killedBy: ["EXP-04"],
  of: inattentive,
  change: (plugin) => plugin
})

/** The plug-in with another clock, while its provider keeps the right one. */
const timed = (plugin: AnyProtocol, clock: Clock.Clock): AnyProtocol => ({
  ...plugin,
  validate: (credential, charge) => Effect.provideService(plugin.validate(credential, charge), Clock.Clock, clock),
  verify: (mandate, charge) => Effect.provideService(plugin.verify(mandate, charge), Clock.Clock, clock)
})

const machineTime = Mutant.make({
  name: "date-now-instead-of-clock",
  defect: "reads the time off the machine it runs on",
  killedBy: ["EXP-05"],
  change: (plugin) => timed(plugin, Clock.Clock.defaultValue())
})

const timeOnce = Mutant.make({
  name: "time-read-once",
  defect: "reads the time when it is built, and never again",
  killedBy: ["EXP-05"],
  change: (plugin) =>
    Clock.clockWith((clock) => {
      const now = clock.currentTimeMillisUnsafe()
      return Effect.succeed(
        timed(plugin, {
          ...clock,
          currentTimeMillisUnsafe: () => now,
          currentTimeMillis: Effect.succeed(now)
        })
      )
    })
})

export const mutants: ReadonlyArray<Mutant.Mutant> = [
  beginIgnored,
  beginExclusive,
  endAtVerifyOnly,
  machineTime,
  timeOnce
]
