/**
 * The till: the provider behind vouchers. It keeps accounts in memory, holds money for authorized charges, takes it, and can be
 * told to misbehave.
 *
 * Every change of its books is one synchronous step. Its answers say whether they are authentic, and whoever asks has to look.
 */
import type { Mandate } from "@paylayer/core/Mandate"
import * as Money from "@paylayer/core/Money"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import type { Call, Fault } from "../Fault.ts"
import type { Hold, Movement } from "../Movement.ts"

/** The till's own "no", or no answer at all. */
export class TillError extends Schema.TaggedError<TillError>()("TillError", {
  /** `lost`: the connection broke, and the till may or may not have done it. */
  code: Schema.Literals(["revoked", "expired", "budget", "uses", "closed", "declined", "busy", "lost"]),
  retryAfter: Schema.optionalKey(Schema.Int)
}) {}

/** An answer, and whether the till really gave it. */
export interface Answer<A> {
  readonly authentic: boolean
  readonly value: A
}

/** A charge as the till knows it. */
export interface Slip {
  readonly reference: string
  readonly money: Money.Money
  readonly atMillis: number
}

type Ask<A> = Effect.Effect<Answer<A>, TillError>

/** Which terms the till itself sees to. */
export interface Attention {
  readonly budgets: boolean
  readonly expiry: boolean
  /** Whether no more goes back than was taken. */
  readonly refunds: boolean
}

const attentive: Attention = { budgets: true, expiry: true, refunds: true }

interface Account {
  readonly mandate: Mandate
  revoked: boolean
  readonly held: Map<string, Money.Money>
  readonly taken: Map<string, Slip>
}

export class Till extends Context.Service<
  Till,
  {
    /** Opens an account with these terms. */
    readonly open: (mandate: Mandate) => Effect.Effect<void>
    readonly revoke: (mandate: string) => Effect.Effect<void>
    /** Holds money for a charge, once per charge. */
    readonly hold: (mandate: string, charge: string, money: Money.Money) => Ask<void>
    /** Takes what was held, once per charge. */
    readonly take: (mandate: string, charge: string, money: Money.Money) => Ask<Slip>
    /** What became of a charge. One that was not taken never will be: asking closes it. */
    readonly close: (charge: string) => Ask<Slip | undefined>
    /** Gives money back, once per charge and refund id. */
    readonly giveBack: (reference: string, money: Money.Money, refund: string) => Ask<Slip>
    /** What went back of a charge under a refund id. */
    readonly givenBack: (reference: string, refund: string) => Ask<Slip | undefined>
    readonly movements: Effect.Effect<ReadonlyArray<Movement>>
    readonly holds: Effect.Effect<ReadonlyArray<Hold>>
    readonly fault: (fault: Fault) => Effect.Effect<void>
    readonly unmet: Effect.Effect<number>
    readonly clearFaults: Effect.Effect<void>
  }
>()("@paylayer/conformance/reference/Till") {
  /** A till with empty books. */
  static readonly layer = Layer.sync(Till, () => make(attentive))
  /** A till that leaves some terms to whoever asks. */
  static readonly layerOf = (attention: Partial<Attention>) =>
    Layer.sync(Till, () => make({ ...attentive, ...attention }))
}

const lost = new TillError({ code: "lost" })

const make = ({ budgets, expiry, refunds }: Attention): Till["Service"] => {
  const accounts = new Map<string, Account>()
  const closed = new Set<string>()
  const movements: Array<Movement> = []
  /** Of each charge, by refund id. */
  const returned = new Map<string, Map<string, Slip>>()
  const armed: Array<Fault & { left: number }> = []

  const meet = (call: Call): Fault | undefined => {
    const index = armed.findIndex((fault) => fault.call === call)
    const fault = armed[index]
    if (fault !== undefined && --fault.left === 0) armed.splice(index, 1)
    return fault
  }

  /** One call over the wire: the books change in `commit`, and the fault decides what is heard of it. */
  const call = <A>(name: Call, forged: () => A, commit: Effect.Effect<A, TillError>): Ask<A> =>
    Effect.suspend((): Ask<A> => {
      const fault = meet(name)
      if (fault === undefined)
        return Effect.map(Effect.andThen(Effect.yieldNow, commit), (value) => ({ authentic: true, value }))
      const answer = (value: A, authentic = true): Answer<A> => ({ authentic, value })
      const heard = Effect.map(Effect.andThen(Effect.yieldNow, commit), (value) => answer(value))
      switch (fault.kind) {
        case "hang":
          return Effect.never
        case "hang-after-commit":
          return Effect.andThen(Effect.exit(heard), Effect.never)
        case "slow":
          return Effect.forkDetach(Effect.delay(commit, fault.delayMillis ?? 1_000)).pipe(
            Effect.flatMap(Fiber.join),
            Effect.map((value) => answer(value))
          )
        case "bad-signature":
        case "unsigned":
          return Effect.map(heard, ({ value }) => answer(value, false))
        case "forged-success":
          return Effect.sync(() => answer(forged(), false))
        case "declined":
          return Effect.fail(new TillError({ code: "declined" }))
        case "rate-limited":
          return Effect.fail(new TillError({ code: "busy", retryAfter: fault.retryAfterSeconds ?? 1 }))
        default:
          return fault.kind.endsWith("-after-commit")
            ? Effect.andThen(Effect.exit(heard), Effect.fail(lost))
            : Effect.fail(lost)
      }
    })

  const account = (mandate: string): Effect.Effect<Account, TillError> =>
    Effect.suspend(() => {
      const found = accounts.get(mandate)
      return found === undefined || found.revoked
        ? Effect.fail(new TillError({ code: "revoked" }))
        : Effect.succeed(found)
    })

  /** Why the account cannot bear one more charge, or nothing. */
  const refusal = ({ mandate, held, taken }: Account, charge: string, money: Money.Money): TillError | undefined => {
    if (!budgets) return undefined
    const others = [...held, ...taken]
      .filter(([id]) => id !== charge)
      .map(([, one]) => ("money" in one ? one.money : one))
    if (mandate.uses !== undefined && others.length >= mandate.uses) return new TillError({ code: "uses" })
    const budget = mandate.budget?.find(({ currency }) => currency === money.currency)
    const spent = others.reduce((sum, one) => (one.currency === money.currency ? sum + one.minor : sum), 0n)
    return budget !== undefined && spent + money.minor > budget.minor ? new TillError({ code: "budget" }) : undefined
  }

  /** Why a charge cannot be taken now, or nothing. */
  const untakeable = (found: Account, charge: string, money: Money.Money, now: number): TillError | undefined => {
    const { expiresAt } = found.mandate
    if (found.revoked) return new TillError({ code: "revoked" })
    if (expiry && expiresAt !== undefined && now >= expiresAt.epochMilliseconds)
      return new TillError({ code: "expired" })
    return closed.has(charge) ? new TillError({ code: "closed" }) : refusal(found, charge, money)
  }

  const nothing: Slip = { reference: "forged", money: { currency: "CNY", minor: 0n }, atMillis: 0 }

  return {
    open: (mandate) =>
      Effect.sync(() => {
        accounts.set(mandate.id, { mandate, revoked: false, held: new Map(), taken: new Map() })
      }),
    revoke: (mandate) =>
      Effect.sync(() => {
        const found = accounts.get(mandate)
        if (found !== undefined) found.revoked = true
      }),
    hold: (mandate, charge, money) =>
      call(
        "verify",
        () => undefined,
        Effect.flatMap(account(mandate), (found) =>
          Effect.suspend(() => {
            if (closed.has(charge)) return Effect.fail(new TillError({ code: "closed" }))
            if (found.taken.has(charge)) return Effect.void
            const refused = refusal(found, charge, money)
            if (refused !== undefined) return Effect.fail(refused)
            found.held.set(charge, money)
            return Effect.void
          })
        )
      ),
    take: (mandate, charge, money) =>
      call(
        "settle",
        () => nothing,
        Effect.flatMap(Clock.currentTimeMillis, (atMillis) => {
          const found = accounts.get(mandate)
          const before = found?.taken.get(charge)
          if (before !== undefined) return Effect.succeed(before)
          const refused =
            found === undefined ? new TillError({ code: "revoked" }) : untakeable(found, charge, money, atMillis)
          if (found === undefined || refused !== undefined) return Effect.fail(refused ?? lost)
          const slip: Slip = { reference: `till-${movements.length + 1}`, money, atMillis }
          found.held.delete(charge)
          found.taken.set(charge, slip)
          movements.push({ kind: "charge", mandate, money, reference: slip.reference })
          return Effect.succeed(slip)
        })
      ),
    close: (charge) =>
      call(
        "lookup",
        () => undefined,
        Effect.sync(() => {
          for (const { held, taken } of accounts.values()) {
            const slip = taken.get(charge)
            if (slip !== undefined) return slip
            held.delete(charge)
          }
          closed.add(charge)
          return undefined
        })
      ),
    giveBack: (reference, money, refund) =>
      call(
        "refund",
        () => nothing,
        Effect.flatMap(Clock.currentTimeMillis, (atMillis) => {
          const charge = movements.find((movement) => movement.kind === "charge" && movement.reference === reference)
          const back = returned.get(reference) ?? new Map<string, Slip>()
          const before = back.get(refund)
          if (before !== undefined && Money.equals(before.money, money)) return Effect.succeed(before)
          const sum = [...back.values()].reduce((total, slip) => total + slip.money.minor, money.minor)
          if (
            charge === undefined ||
            before !== undefined ||
            charge.money.currency !== money.currency ||
            (refunds && sum > charge.money.minor)
          ) {
            return Effect.fail(new TillError({ code: "declined" }))
          }
          const slip: Slip = { reference: `${reference}-back-${back.size + 1}`, money, atMillis }
          returned.set(reference, back.set(refund, slip))
          movements.push({ kind: "refund", mandate: charge.mandate, money, reference: slip.reference })
          return Effect.succeed(slip)
        })
      ),
    givenBack: (reference, refund) =>
      call(
        "lookup",
        () => undefined,
        Effect.sync(() => returned.get(reference)?.get(refund))
      ),
    movements: Effect.sync(() => [...movements]),
    holds: Effect.sync(() =>
      [...accounts.values()].flatMap(({ held, mandate }) =>
        [...held.values()].map((money): Hold => ({ mandate: mandate.id, money }))
      )
    ),
    fault: (fault) =>
      Effect.sync(() => {
        armed.push({ ...fault, left: fault.times ?? 1 })
      }),
    unmet: Effect.sync(() => armed.reduce((sum, { left }) => sum + left, 0)),
    clearFaults: Effect.sync(() => {
      armed.length = 0
    })
  }
}
