/**
 * What is on the bill of a day: whatever moved on it, in Beijing's time and in CNY.
 */
import * as BeijingTime from "@paylayer/alipay/BeijingTime"
import * as DateTime from "effect/DateTime"
import type { Movement } from "../Movement.ts"
import type { Books } from "./books.ts"

/** The day in Beijing, `"yyyy-MM-dd"`. */
export const dateOf = (at: number): string => BeijingTime.format(at).slice(0, 10)

/** One line of the table. */
export interface Line {
  readonly movement: Movement
  readonly kind: "交易" | "退款"
  readonly subject: string
  readonly paidAt: string
  readonly at: string
  readonly requestNo: string
}

const beijing = (iso: string): string => BeijingTime.format(DateTime.makeUnsafe(iso).epochMilliseconds)

/** What moved on the day, in order. Only in CNY: the bill's amounts are in yuan, and it has no column for a currency. */
export const linesOf = (books: Books, date: string): ReadonlyArray<Line> => {
  const paidAt = new Map<string, string>()
  const refunds = new Map<string, number>()
  const lines: Array<Line> = []
  for (const movement of books.movements) {
    const { at, kind, out_trade_no } = movement
    const trade = books.trades.get(out_trade_no)
    const isRefund = kind === "refund"
    const count = refunds.get(out_trade_no) ?? 0
    if (isRefund) refunds.set(out_trade_no, count + 1)
    else paidAt.set(out_trade_no, at)
    if (movement.currency !== "CNY" || !beijing(at).startsWith(date)) continue
    lines.push({
      movement,
      kind: isRefund ? "退款" : "交易",
      subject: trade?.subject ?? "",
      paidAt: beijing(paidAt.get(out_trade_no) ?? at),
      at: beijing(at),
      // Refunds are made in the order in which they are kept.
      requestNo: isRefund ? ([...(trade?.refunds.keys() ?? [])][count] ?? "").trim() : ""
    })
  }
  return lines
}

/** Whether there is anything to bill. */
export const isEmpty = (books: Books, date: string): boolean => linesOf(books, date).length === 0

/** The account as bills and addresses write it. */
export const accountOf = (sellerId: string): string => `${sellerId}0156`
