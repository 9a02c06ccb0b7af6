/**
 * Amounts as Stripe writes them: whole numbers, for most currencies of the minor unit of ISO 4217. The exceptions are from
 * https://docs.stripe.com/currencies (zero-decimal currencies, three-decimal currencies, special cases).
 *
 * | currency | one minor unit of ISO 4217 | Stripe |
 * |---|---|---|
 * | MGA | 0.01 | writes whole ariary: a hundred of them is one |
 * | ISK, UGX | 1 | writes two decimals, which are zeros |
 * | BHD, JOD, KWD, OMR, TND | 0.001 | takes multiples of ten |
 */
import type { Currency } from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as Result from "effect/Result"

interface Scale {
  /** Minor units of ISO 4217 that the smallest amount has. */
  readonly step: bigint
  /** Stripe's number is `minor * times / by`. */
  readonly times: bigint
  readonly by: bigint
}

const scales: { readonly [C in Currency]?: Scale } = {
  MGA: { step: 100n, times: 1n, by: 100n },
  ISK: { step: 1n, times: 100n, by: 1n },
  UGX: { step: 1n, times: 100n, by: 1n },
  ...Object.fromEntries(["BHD", "JOD", "KWD", "OMR", "TND"].map((code) => [code, { step: 10n, times: 1n, by: 1n }]))
}

const scaleOf = (currency: Currency): Scale => scales[currency] ?? { step: 1n, times: 1n, by: 1n }

const largest = BigInt(Number.MAX_SAFE_INTEGER)

/** The most that Stripe can write of this, in minor units of ISO 4217. */
export const atMost = ({ currency, minor }: Money.Money): Money.Money => {
  const { by, step, times } = scaleOf(currency)
  const most = (largest / times) * by
  const bounded = minor < most ? minor : most
  return Money.of(currency, bounded - (bounded % step))
}

/** As Stripe writes it. What it cannot write exactly is refused. */
export const encode = (money: Money.Money): Result.Result<number, string> => {
  const { by, times } = scaleOf(money.currency)
  return Money.equals(atMost(money), money)
    ? Result.succeed(Number((money.minor * times) / by))
    : Result.fail(`Stripe cannot write ${Money.print(money)}`)
}

/** Minor units of ISO 4217, of Stripe's number. Inverse of `encode`; nothing for what is no whole amount. */
export const decode = (currency: Currency, amount: unknown): bigint | undefined => {
  if (!Number.isSafeInteger(amount) || (amount as number) < 0) return undefined
  const { by, times } = scaleOf(currency)
  const scaled = BigInt(amount as number) * by
  return scaled % times === 0n ? scaled / times : undefined
}
