// Money keeps its currency in its type.
import type { Charge } from "@paylayer/core/Charge"
import type { Reservation, ReservationRefused } from "@paylayer/core/Ledger"
import type { Mandate } from "@paylayer/core/Mandate"
import * as Money from "@paylayer/core/Money"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import * as Price from "@paylayer/core/Price"
import type { Receipt } from "@paylayer/core/Receipt"
import type { Offer } from "@paylayer/core/Refusal"
import type { SpendingLimit } from "@paylayer/core/SpendingLimit"
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

// No public amount is a number.
expectTypeOf<Charge["money"]>().toEqualTypeOf<Money.Money>()
expectTypeOf<Receipt["money"]>().toEqualTypeOf<Money.Money>()
expectTypeOf<Offer["money"]>().toEqualTypeOf<Money.Money>()
expectTypeOf<Price.Price[number]>().toEqualTypeOf<Money.Money>()
expectTypeOf<SpendingLimit["amount"]>().toEqualTypeOf<Money.Money>()
expectTypeOf<NonNullable<Mandate["perCharge" | "minimum" | "budget"]>[number]>().toEqualTypeOf<Money.Money>()
expectTypeOf<Reservation["units" | "limit"]>().toEqualTypeOf<bigint>()
expectTypeOf<ReservationRefused["remaining"]>().toEqualTypeOf<bigint>()
expectTypeOf<Parameters<NonNullable<AnyProtocol["refund"]>>[1]>().toEqualTypeOf<Money.Money>()
expectTypeOf(Money.maximum).toBeBigInt()

Price.make({ CNY: "15.00" })
// @ts-expect-error 'number' is not assignable to type 'string'
Price.make({ CNY: 15 })
// @ts-expect-error 'RMB' does not exist in type
Price.make({ RMB: "15.00" })
Money.parse("CNY", "15.00")
// @ts-expect-error 'number' is not assignable to parameter of type 'string'
Money.parse("CNY", 15)
