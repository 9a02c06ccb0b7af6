/**
 * Money, charges' amounts and mandates' limits, at the edges where programs go wrong.
 */
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as Gen from "../Gen.ts"

/** Amounts in minor units: the smallest, round ones, floats' favourites, and those beyond the integers of a double. */
const minor: Gen.Gen<bigint> = Gen.oneof(
  { weight: 3, arbitrary: Gen.bigInt({ min: 1n, max: 1_000_00n }) },
  {
    weight: 2,
    arbitrary: Gen.constantFrom(
      1n,
      2n,
      9n,
      10n,
      11n,
      29n,
      57n,
      99n,
      100n,
      101n,
      1_10n,
      4_35n,
      8_20n,
      1_000_00n,
      1_001_15n
    )
  },
  { weight: 1, arbitrary: Gen.bigInt({ min: 1n, max: 10_000_000_00n }) }
)

/** Amounts that a double cannot hold, up to the largest there is. */
export const hugeMinor: Gen.Gen<bigint> = Gen.oneof(
  Gen.constantFrom(2n ** 53n - 1n, 2n ** 53n + 1n, 90_071_992_547_409_93n, Money.maximum - 1n, Money.maximum),
  Gen.bigInt({ min: 2n ** 53n, max: Money.maximum })
)

/** An amount of one of these currencies, above zero and payable. */
export const payable = (currencies: ReadonlyArray<Currency.Currency>): Gen.Gen<Money.Money> =>
  Gen.tuple(Gen.constantFrom(...currencies), minor).map(([currency, units]) => Money.of(currency, units))

/** Amounts of any size, also beyond 2^53. */
export const any = (currencies: ReadonlyArray<Currency.Currency>): Gen.Gen<Money.Money> =>
  Gen.tuple(Gen.constantFrom(...currencies), Gen.oneof(minor, hugeMinor)).map(([currency, units]) =>
    Money.of(currency, units)
  )

/** Text that looks like a currency's code and is none, or names one that cards and banks do not settle in. */
export const lookalikes: ReadonlyArray<string> = [
  "cny",
  "Cny",
  "RMB",
  "CNH",
  "¥",
  "￥",
  "元",
  "€",
  "$",
  "US$",
  "USDC",
  "EURO",
  "XXX",
  "XAU",
  "CNY ",
  " CNY",
  "СNY",
  "156",
  "",
  "constructor"
]

/** Text that some reader takes for an amount, and that means another one to another reader, or nothing. */
export const notDecimals: ReadonlyArray<string> = [
  "",
  " ",
  "1,00",
  "1.000,00",
  "1 000.00",
  "1,000.00",
  "１.００",
  "١.٠٠",
  "+1",
  "-1",
  "-0",
  "1e2",
  "1E2",
  "0x10",
  "01.00",
  ".5",
  "5.",
  "1.0.0",
  "NaN",
  "Infinity",
  "null",
  "1_000",
  "1.00 ",
  "¥1.00",
  "1.005"
]
