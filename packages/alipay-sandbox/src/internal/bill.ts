/**
 * Bills that wait to be downloaded: an address is good for 30 seconds, and a bill is made when it is fetched.
 */
import * as BeijingTime from "@paylayer/alipay/BeijingTime"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as BillLines from "./billLines.ts"
import type { Books } from "./books.ts"

const day = 86_400_000

/** When the day ends in Beijing. */
export const endOf = (date: string): number => Result.getOrThrow(BeijingTime.parse(`${date} 00:00:00`)) + day

const lifetime = 30_000

export const path = "/downloadBillFile.resource"

/** An address from which the bill of a day can be fetched, once or more, for 30 seconds. */
export const address = (
  books: Books,
  { date, now, origin, sellerId, token }: { date: string; now: number; origin: string; sellerId: string; token: string }
): string => {
  for (const [old, { expires }] of books.bills) if (expires <= now) books.bills.delete(old)
  books.bills.set(token, { date, expires: now + lifetime })
  const account = BillLines.accountOf(sellerId)
  const digits = date.replaceAll("-", "")
  const query = new URLSearchParams({
    bizType: "trade",
    userId: account,
    fileType: "csv.zip",
    bizDates: digits,
    downloadFileName: `${account}_${digits}.csv.zip`,
    fileId: `/trade/${account}/${digits}.csv.zip`,
    timestamp: String(Math.floor(now / 1_000)),
    token
  })
  return `${origin}${path}?${query}`
}

/** The archive that waits under a token, if any does. */
export const archive = (books: Books, sellerId: string, token: string): Effect.Effect<Uint8Array | undefined> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const bill = books.bills.get(token)
    if (bill === undefined || bill.expires <= now) return Effect.undefined
    const { date } = bill
    const nextDate = BillLines.dateOf(endOf(date))
    return Effect.promise(() => import("./billArchive.ts")).pipe(
      Effect.flatMap((archive) => Effect.promise(() => archive.of(books, { date, nextDate, now, sellerId })))
    )
  })
