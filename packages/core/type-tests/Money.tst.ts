// Money keeps its currency in its type.
import * as Money from "@paylayer/core/Money"
import { expectTypeOf } from "vitest"

const yuan = Money.of("CNY", 1500n)
const dollars = Money.of("USD", 1500n)

expectTypeOf(yuan).toEqualTypeOf<Money.Money<"CNY">>()
expectTypeOf(Money.zero("JPY").minor).toEqualTypeOf<bigint>()

// Money of a known currency is money; money of an unknown one is not money of a known one.
const some: Money.Money = yuan
// @ts-expect-error 'Money<.*>' is not assignable to type 'Money<"CNY">'
export const known: Money.Money<"CNY"> = some

Money.add(yuan, yuan)
// @ts-expect-error 'Money<"USD">' is not assignable to parameter of type 'Money<"CNY">'
Money.add(yuan, dollars)
// @ts-expect-error 'Money<"USD">' is not assignable to parameter of type 'Money<"CNY">'
Money.isWithin(yuan, dollars)

// @ts-expect-error 'number' is not assignable to parameter of type 'bigint'
Money.of("CNY", 15)
// @ts-expect-error '"RMB"' is not assignable to parameter of type
Money.of("RMB", 1n)
// @ts-expect-error 'minor' because it is a read-only property
yuan.minor = 1n
