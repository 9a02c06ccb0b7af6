/** RAC: what happens at once could have happened one after the other. */
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as About from "../About.ts"
import * as Books from "../Books.ts"
import { Broken, words } from "../Broken.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import type { Minted } from "../Provider.ts"
import * as Race from "../Race.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

/** A mandate, and what is charged to it. */
interface Account {
  readonly budget: Money.Money | undefined
  readonly charges: ReadonlyArray<Money.Money>
}

/** A credential that is used once has one price, and the same request comes once or twice. */
const account = (about: About.About): Gen.Gen<Account> =>
  about.manifest.use === "once"
    ? Gen.tuple(MandateGen.price(about), Gen.boolean()).map(([money, twice]) => ({
        budget: undefined,
        charges: twice ? [money, money] : [money]
      }))
    : About.canMint(about, "budget")
      ? MandateGen.contended(about, { minLength: 1, maxLength: 3 })
      : Gen.array(MandateGen.price(about), { minLength: 1, maxLength: 3 }).map((charges) => ({
          budget: undefined,
          charges
        }))

interface Command {
  readonly minted: Minted
  readonly account: Account
  readonly money: Money.Money
}

const refusals = ["budget_exceeded", "charge_in_flight"]

/** Why the answers to the charges on one account cannot have come one after the other, or nothing. */
const disorder = (
  { budget }: Account,
  answers: ReadonlyArray<readonly [Money.Money, Result.Result<unknown, { readonly code: string }>]>
): string | undefined => {
  const served = answers.filter(([, answer]) => Result.isSuccess(answer))
  if (served.length === 0) return "none of its charges was served"
  if (budget === undefined) return undefined
  const total = served.reduce((sum, [{ minor }]) => sum + minor, 0n)
  const fits = answers.find(([{ minor }, answer]) => Result.isFailure(answer) && total + minor <= budget.minor)
  if (total > budget.minor) return `charges of ${Money.print(Money.of(budget.currency, total))} were served`
  return fits === undefined
    ? undefined
    : `${Money.print(fits[0])} was refused beside ${Money.print(Money.of(budget.currency, total))} that were served`
}

const linear = Law.schedule({
  id: "RAC-01",
  severity: "critical",
  clause: "Ledger, PaymentProtocol.settle",
  statement: "gives answers to racing charges that it could have given one after the other, each from its own mandate",
  why: "One agent pays what another one bought, or is refused money that it has.",
  gen: (about) => Gen.array(account(about), { minLength: 1, maxLength: 3 }),
  interesting: ["several mandates", "not all were served"],
  weight: 0.12,
  run: (accounts) =>
    Effect.gen(function* () {
      const { about } = yield* World
      if (accounts.length > 1) yield* met("several mandates")
      const commands: Array<Command> = []
      for (const [index, account] of accounts.entries()) {
        const terms = {
          ...(account.budget === undefined ? {} : { budget: [account.budget] }),
          ...(About.canMint(about, "payer") ? { payer: `payer-${index}` } : {})
        }
        const [money] = account.charges
        const minted = yield* Shop.mint(terms, yield* Shop.charge(money!))
        commands.push(...account.charges.map((one) => ({ minted, account, money: one })))
      }
      const answers = yield* Race.all(
        commands.map(({ minted, money }) => Shop.sell({ entries: minted.entries, money }))
      )
      if (answers.some(Result.isFailure)) yield* met("not all were served")
      const odd = answers.find((answer) => Result.isFailure(answer) && !refusals.includes(answer.failure.code))
      if (odd !== undefined) {
        return yield* new Broken({
          expected: "a charge is served, or refused because the budget is used up",
          actual: `one was ${words(odd)}`
        })
      }
      for (const account of accounts) {
        const own = commands.flatMap(({ account: its, money }, index) =>
          its === account ? [[money, answers[index]!] as const] : []
        )
        const why = disorder(account, own)
        if (why === undefined) continue
        return yield* new Broken({
          expected: "some order of the charges, one after the other, gives the same answers",
          actual: why,
          facts: [
            account.budget === undefined ? "no budget" : `budget ${Money.print(account.budget)}`,
            ...own.map(([money, answer]) => `${Money.print(money)}: ${words(answer as never)}`)
          ]
        })
      }
      const moved = yield* Shop.settlements
      for (const [index, { minted, money }] of commands.entries()) {
        const answer = answers[index]!
        const receipt = Result.isSuccess(answer) ? answer.success.receipt : undefined
        if (receipt === undefined) continue
        const movement = moved.find(({ reference }) => reference === receipt.reference)
        if (movement?.mandate !== minted.mandate || !Money.equals(movement.money, money)) {
          return yield* new Broken({
            expected: "each receipt is for money of the mandate that was sent",
            actual:
              movement === undefined
                ? `nothing was settled as ${receipt.reference}`
                : `${receipt.reference} took ${Money.print(movement.money)} from ${movement.mandate === minted.mandate ? "it" : "another mandate"}`,
            facts: [`the charge was ${Money.print(money)}`]
          })
        }
      }
      yield* Books.agree()
    })
})

const oneWins = Law.schedule({
  id: "RAC-03",
  severity: "critical",
  needs: {
    unless: (about) =>
      about.manifest.use === "once" || About.canMint(about, "uses")
        ? undefined
        : "no credential is good for a number of charges"
  },
  clause: "Manifest.use, Mandate.uses, Ledger.open",
  statement: "serves and settles no more often than a credential is good for when it comes many times at once",
  why: "One payment buys as many answers as somebody can send requests at once.",
  gen: () => Gen.record({ uses: Gen.integer({ min: 1, max: 2 }), more: Gen.integer({ min: 1, max: 3 }) }),
  interesting: ["more came than it is good for"],
  weight: 0.1,
  run: ({ uses, more }) =>
    Effect.gen(function* () {
      const { about, delivered } = yield* World
      const once = about.manifest.use === "once"
      const good = once ? 1 : uses
      const money = Money.of(about.manifest.currencies[0], 15_00n)
      const { entries } = yield* Shop.mint(once ? {} : { uses }, yield* Shop.charge(money))
      yield* met("more came than it is good for")
      const handler = Effect.as(Effect.yieldNow, "the answer")
      const answers = yield* Race.all(Array.from({ length: good + more }, () => Shop.sell({ entries, money, handler })))
      yield* Effect.sleep("5 minutes")
      const moved = (yield* Shop.settlements).length
      if (moved !== good || delivered.length !== good) {
        return yield* new Broken({
          expected: `${good} of ${good + more} requests are settled and delivered`,
          actual: `${moved} were settled and ${delivered.length} delivered`,
          facts: answers.map(words)
        })
      }
    })
})

export const laws: ReadonlyArray<Law.Law> = [linear, oneWins]
