/** What differs by currency, made once for each: a schema that is made on every call is compiled on every call. */
import type { Currency } from "@paylayer/core/Currency"

export const perCurrency = <A>(make: (currency: Currency) => A): ((currency: Currency) => A) => {
  const made = new Map<Currency, A>()
  return (currency) => {
    const known = made.get(currency) ?? make(currency)
    made.set(currency, known)
    return known
  }
}
