/**
 * The bank's double: accounts in memory, and the part of the bank that the conformance kit talks to.
 *
 * It mints tokens, says what really moved, and misbehaves when it is told to.
 */
import { committed, type Fault } from "@paylayer/conformance/Fault"
import type { Movement } from "@paylayer/conformance/Movement"
import { type Minted, Provider, ProviderError } from "@paylayer/conformance/Provider"
import type { Charge } from "@paylayer/core/Charge"
import type { Mandate } from "@paylayer/core/Mandate"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import { Bank, BankError, type Slip } from "../src/Bank.ts"

interface Account {
  readonly mandate: Mandate
  readonly token: string
  revoked: boolean
  readonly taken: Map<string, { readonly charge: Charge; readonly slip: Slip }>
  readonly closed: Set<string>
}

const no = (why: BankError["why"]) => Effect.fail(new BankError({ why }))

const make = Effect.sync(() => {
  const accounts = new Map<string, Account>()
  const movements: Array<Movement> = []
  let faults: ReadonlyArray<Fault> = []

  /** One call to the bank. A fault that waits for it decides what is heard of it. */
  const call = <A>(name: Fault["call"], act: Effect.Effect<A, BankError>): Effect.Effect<A, BankError> =>
    Effect.suspend(() => {
      const fault = faults.find((armed) => armed.call === name)
      if (fault === undefined) return act
      const left = (fault.times ?? 1) - 1
      faults = faults.flatMap((armed) => (armed !== fault ? [armed] : left > 0 ? [{ ...fault, times: left }] : []))
      if (fault.kind === "slow") return Effect.delay(act, fault.delayMillis ?? 1_000)
      if (fault.kind === "declined") return no("declined")
      const done = committed(fault.kind) ? Effect.exit(act) : Effect.void
      if (fault.kind.startsWith("hang")) return Effect.andThen(done, Effect.never)
      const forged = ["bad-signature", "unsigned", "forged-success"].includes(fault.kind)
      return Effect.andThen(done, no(forged ? "not authentic" : "no answer"))
    })

  const account = (found: Account | undefined): Effect.Effect<Account, BankError> =>
    found === undefined || found.revoked ? no("revoked") : Effect.succeed(found)

  /** Why the account cannot bear this charge now. */
  const refusal = (
    { closed, mandate, taken }: Account,
    charge: Charge,
    now: DateTime.Utc
  ): BankError["why"] | undefined => {
    if (closed.has(charge.id)) return "declined"
    if (mandate.expiresAt !== undefined && DateTime.isGreaterThanOrEqualTo(now, mandate.expiresAt)) return "expired"
    if (mandate.uses !== undefined && taken.size >= mandate.uses) return "uses"
    const { currency, minor } = charge.money
    const budget = mandate.budget?.find((money) => money.currency === currency)
    const spent = [...taken.values()]
      .filter((entry) => entry.charge.money.currency === currency)
      .reduce((sum, entry) => sum + entry.charge.money.minor, 0n)
    return budget !== undefined && spent + minor > budget.minor ? "budget" : undefined
  }

  const bank = Bank.of({
    terms: (token) =>
      call(
        "verify",
        Effect.suspend(() => {
          const found = [...accounts.values()].find((each) => each.token === Redacted.value(token))
          return Effect.map(account(found), ({ mandate }) => mandate)
        })
      ),
    take: (mandateId, charge) =>
      call(
        "settle",
        Effect.gen(function* () {
          const { mandate, taken, ...rest } = yield* account(accounts.get(mandateId))
          const before = taken.get(charge.id)
          if (before !== undefined) return before.slip
          const takenAt = yield* DateTime.now
          const why = refusal({ mandate, taken, ...rest }, charge, takenAt)
          if (why !== undefined) return yield* no(why)
          const slip = { reference: `bank-${movements.length + 1}`, takenAt }
          taken.set(charge.id, { charge, slip })
          movements.push({ kind: "charge", mandate: mandateId, money: charge.money, reference: slip.reference })
          return slip
        })
      ),
    find: (mandateId, charge) =>
      call(
        "lookup",
        Effect.sync(() => {
          const found = accounts.get(mandateId)
          const taken = found?.taken.get(charge.id)
          if (taken === undefined) found?.closed.add(charge.id)
          return taken?.slip
        })
      )
  })

  const provider = Provider.of({
    // What is listed here must work; the laws that need what is not listed do not apply.
    abilities: {
      terms: [
        "currencies",
        "perCharge",
        "minimum",
        "budget",
        "uses",
        "notBefore",
        "expiresAt",
        "merchants",
        "categories"
      ],
      currencies: "many",
      signed: [],
      forgeries: [],
      faults: ["verify", "settle", "lookup"]
    },
    mint: (terms) =>
      Effect.gen(function* () {
        const number = `token-${accounts.size + 1}`
        const secret = (yield* Random.nextIntBetween(2 ** 47, 2 ** 48)).toString(2)
        const token = `${number}.${secret}`
        const { payer: _, ...limits } = terms
        const mandate = { ...limits, id: number, payer: number }
        accounts.set(number, { mandate, token, revoked: false, taken: new Map(), closed: new Set() })
        return { mandate: number, entries: [["new-protocol-token", token]], secrets: [token, secret] } satisfies Minted
      }),
    mintTampered: () => Effect.fail(new ProviderError({ message: "a token carries no fields" })),
    mintForged: () => Effect.fail(new ProviderError({ message: "a token carries no signature" })),
    revoke: (mandate) =>
      Effect.sync(() => {
        const found = accounts.get(mandate)
        if (found !== undefined) found.revoked = true
      }),
    movements: Effect.sync(() => movements.slice()),
    holds: Effect.succeed([]),
    fault: (fault) => Effect.sync(() => void (faults = [...faults, fault])),
    unmet: Effect.sync(() => faults.length),
    clearFaults: Effect.sync(() => void (faults = []))
  })

  return Context.make(Bank, bank).pipe(Context.add(Provider, provider))
})

/** The double, and the bank that the protocol needs. */
export const layer = Layer.effectContext(make)
