/**
 * The kiosk: the provider behind tickets. Agents pay bills there by themselves and get a signed ticket; merchants ask whether a
 * ticket is good and confirm what they delivered for it, once.
 */
import type { Currency } from "@paylayer/core/Currency"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Crypto from "node:crypto"
import * as FaultKind from "../Fault.ts"
import type { Fault } from "../Fault.ts"
import type { Movement } from "../Movement.ts"

/** A pair made once for the process. */
const keys = Crypto.generateKeyPairSync("ed25519")
export const publicKey = keys.publicKey

export const sign = (text: string, privateKey = keys.privateKey): string =>
  Crypto.sign(null, Buffer.from(text), privateKey).toString("base64url")

/** What a merchant asks an agent to pay. */
export interface Bill {
  readonly binding: string
  readonly merchant: string
  readonly currency: Currency
  readonly minor: string
}

/** A bill that was paid. */
export interface Paid extends Bill {
  readonly number: string
  readonly payer: string
  /** ISO 8601; nothing is delivered for it afterwards. */
  readonly until: string
}

/** Whether a ticket is still good, and for which charge it was confirmed. */
export interface Standing {
  readonly good: boolean
  readonly confirmedFor: string | undefined
}

export class KioskError extends Schema.TaggedError<KioskError>()("KioskError", {
  why: Schema.Literals(["unknown ticket", "cancelled", "confirmed for another charge", "out of order", "not authentic"])
}) {}

const fails = (why: KioskError["why"]) => Effect.fail(new KioskError({ why }))

export class Kiosk extends Context.Service<
  Kiosk,
  {
    readonly pay: (paid: Omit<Paid, "number">) => Effect.Effect<Paid>
    readonly standing: (number: string) => Effect.Effect<Standing, KioskError>
    /** Confirms delivery, for good; the same charge may be confirmed again. */
    readonly confirm: (number: string, charge: string) => Effect.Effect<string, KioskError>
    readonly cancel: (number: string) => Effect.Effect<void>
    readonly movements: Effect.Effect<ReadonlyArray<Movement>>
    readonly faults: Array<Fault>
  }
>()("@paylayer/conformance/reference/Kiosk") {
  static readonly layer = Layer.sync(Kiosk, () => {
    const tickets = new Map<string, { readonly paid: Paid; good: boolean; confirmedFor: string | undefined }>()
    const movements: Array<Movement> = []
    const faults: Array<Fault> = []
    const move = (kind: Movement["kind"], { number, currency, minor }: Paid) =>
      movements.push({ kind, mandate: number, money: { currency, minor: BigInt(minor) }, reference: `kiosk-${number}` })

    const ticket = (number: string) => {
      const found = tickets.get(number)
      return found === undefined ? fails("unknown ticket") : Effect.succeed(found)
    }

    /** What a call comes to when it meets the next fault for it. */
    const meet = <A>(call: Fault["call"], act: Effect.Effect<A, KioskError>): Effect.Effect<A, KioskError> =>
      Effect.suspend(() => {
        const index = faults.findIndex((fault) => fault.call === call)
        const [fault] = index === -1 ? [] : faults.splice(index, 1)
        if (fault === undefined) return act
        if (fault.times !== undefined && fault.times > 1) faults.unshift({ ...fault, times: fault.times - 1 })
        if (fault.kind === "slow") return Effect.delay(act, fault.delayMillis ?? 1_000)
        const done = FaultKind.committed(fault.kind) ? Effect.exit(act) : Effect.void
        if (fault.kind.startsWith("hang")) return Effect.andThen(done, Effect.never)
        const unbelievable = ["bad-signature", "unsigned", "forged-success"].includes(fault.kind)
        return Effect.andThen(done, fails(unbelievable ? "not authentic" : "out of order"))
      })

    return Kiosk.of({
      pay: (bill) =>
        Effect.sync(() => {
          const paid = { ...bill, number: `ticket${tickets.size + 1}` }
          tickets.set(paid.number, { paid, good: true, confirmedFor: undefined })
          move("payment", paid)
          return paid
        }),
      standing: (number) =>
        meet(
          "verify",
          Effect.map(ticket(number), ({ good, confirmedFor }) => ({ good, confirmedFor }))
        ),
      confirm: (number, charge) =>
        meet(
          "settle",
          Effect.flatMap(ticket(number), (found) => {
            if (found.confirmedFor === charge) return Effect.succeed(`kiosk-${number}`)
            if (found.confirmedFor !== undefined) return fails("confirmed for another charge")
            if (!found.good) return fails("cancelled")
            found.confirmedFor = charge
            move("confirmation", found.paid)
            return Effect.succeed(`kiosk-${number}`)
          })
        ),
      cancel: (number) =>
        Effect.sync(() => {
          const found = tickets.get(number)
          if (found !== undefined) found.good = false
        }),
      movements: Effect.sync(() => movements.slice()),
      faults
    })
  })
}
