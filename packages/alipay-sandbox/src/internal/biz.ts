/**
 * `biz_content`, decoded. A member that is missing or wrong is answered with 40004 `ACQ.INVALID_PARAMETER`, naming it.
 */
import * as Money from "@paylayer/core/Money"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Books from "./books.ts"
import { type Answer, business, type Failure, refuse } from "./failure.ts"
import type { Numbers } from "./numbers.ts"
import type { NotifyTo, Trade } from "./trade.ts"

/** What a method is given. `now` is read once, when the call is committed. */
export interface Call {
  readonly books: Books.Books
  readonly biz: unknown
  readonly now: number
  readonly numbers: Numbers
  /** The merchant of the application, for orders that name none. */
  readonly sellerId: string
  /** Whom to tell what becomes of a trade, where the call says so. */
  readonly notify: NotifyTo | undefined
  /** Where the caller reached the platform, for addresses in answers: `"http://127.0.0.1:34567"`. */
  readonly origin: string
}

/** A method of the platform. It runs in one step: everything it checks and writes is one critical section. */
export type Method = (call: Call) => Answer

/** A method from the schema of its `biz_content`. */
export const method = <S extends Schema.ConstraintDecoder<unknown>>(
  schema: S,
  run: (biz: S["Type"], call: Call) => Answer
): Method => {
  const decode = Schema.decodeUnknownResult(schema)
  return (call) =>
    Result.flatMap(
      Result.mapError(decode(call.biz), ({ message }) => invalid(message)),
      (biz) => run(biz, call)
    )
}

/** 40004 `ACQ.INVALID_PARAMETER`. */
export const invalid = (message: string): Failure => business("ACQ.INVALID_PARAMETER", message.replaceAll("\n", ""))

/** A merchant's number of an order: 1 to 64 letters, digits and underscores. */
export const OutTradeNo = Schema.String.check(Schema.isPattern(/^[A-Za-z0-9_]{1,64}$/))

/** Any other number or name, up to 64 characters. */
export const Text = Schema.String.check(Schema.isMinLength(1), Schema.isMaxLength(64))

/** An amount in major units, written as text or, as many clients do, as a number. */
export const Amount = Schema.Union([Schema.String, Schema.Finite])

/** Reads an amount above zero. */
export const amount = (
  member: string,
  currency: Money.Money["currency"],
  value: string | number
): Result.Result<Money.Money, Failure> => {
  const parsed = Money.parse(currency, String(value))
  if (Result.isFailure(parsed)) return Result.fail(invalid(`${member}: ${parsed.failure.message}`))
  return parsed.success.minor > 0n
    ? Result.succeed(parsed.success)
    : Result.fail(invalid(`${member}: an amount is above zero`))
}

/** The two ways to name a trade. One is needed; where both are given, both must fit. */
export const TradeNumbers = {
  out_trade_no: Schema.optionalKey(OutTradeNo),
  trade_no: Schema.optionalKey(Text)
}

/** The trade that they name. */
export const trade = (
  books: Books.Books,
  numbers: { readonly out_trade_no?: string; readonly trade_no?: string }
): Result.Result<Trade, Failure> => {
  if (numbers.out_trade_no === undefined && numbers.trade_no === undefined) {
    return Result.fail(invalid("out_trade_no or trade_no is needed"))
  }
  const found = Books.trade(books, numbers)
  return found === undefined ? refuse("ACQ.TRADE_NOT_EXIST", "no such trade") : Result.succeed(found)
}
