/**
 * What the provider moved and what the ledger says, by currency, to the fen.
 */
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import * as Currency from "@paylayer/core/Currency"
import { Ledger } from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"

/** The sum per currency, and how many amounts there were. */
const total = (amounts: ReadonlyArray<Money.Money>): string => {
  const sums = new Map<Currency.Currency, bigint>()
  for (const { currency, minor } of amounts) sums.set(currency, (sums.get(currency) ?? 0n) + minor)
  const printed = [...sums]
    .toSorted(([a], [b]) => a.localeCompare(b))
    .map(([currency, minor]) => Money.print({ currency, minor }))
  return `${printed.join(" + ") || "nothing"} (${amounts.length})`
}

const provider = AlipaySandbox.use((sandbox) => sandbox.movements).pipe(
  Effect.map((movements) =>
    movements.map(({ amount, currency }) => Result.getOrThrow(Money.parse(Result.getOrThrow(known(currency)), amount)))
  )
)

const known = (code: string): Result.Result<Currency.Currency, string> =>
  Currency.is(code) ? Result.succeed(code) : Result.fail(`${code} is no currency`)

const ledger = Ledger.use((ledger) => ledger.list()).pipe(
  Effect.map((entries) => entries.filter(({ state }) => state === "settled").map(({ charge }) => charge.money))
)

export const compare = Effect.gen(function* () {
  const [moved, settled] = [total(yield* provider), total(yield* ledger)]
  return { moved, settled, equal: moved === settled }
})
