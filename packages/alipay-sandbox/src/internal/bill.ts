/**
 * Bills that wait to be downloaded: an address is good for 30 seconds, and a bill is made when it is fetched.
 */
import * as BeijingTime from "@paylayer/alipay/BeijingTime"
import * as Zip from "@zip.js/zip.js"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Result from "effect/Result"
import iconv from "iconv-lite"
import { AlipaySandbox } from "../AlipaySandbox.ts"
import * as BillText from "./billText.ts"
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
  const account = BillText.accountOf(sellerId)
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

// The names in the archive are GBK too, and the archive does not say so.
const zip = (files: ReturnType<typeof BillText.files>, now: number): Promise<Uint8Array> => {
  const writer = new Zip.ZipWriter(new Zip.Uint8ArrayWriter(), {
    useWebWorkers: false,
    useUnicodeFileNames: false,
    encodeText: (text) => Uint8Array.from(iconv.encode(text, "gbk"))
  })
  const lastModDate = DateTime.toDateUtc(DateTime.makeUnsafe(now))
  return files
    .reduce(
      (done, [name, bytes]) => done.then(() => writer.add(name, new Zip.Uint8ArrayReader(bytes), { lastModDate })),
      Promise.resolve<unknown>(undefined)
    )
    .then(() => writer.close())
}

/** The archive that waits under a token, if any does. */
export const archive = (books: Books, sellerId: string, token: string): Effect.Effect<Uint8Array | undefined> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const bill = books.bills.get(token)
    if (bill === undefined || bill.expires <= now) return Effect.undefined
    const { date } = bill
    const nextDate = BillText.dateOf(endOf(date))
    return Effect.promise(() => zip(BillText.files(books, { date, nextDate, now, sellerId }), now))
  })

const late = HttpServerResponse.uint8Array(iconv.encode("<html><body>下载超时，请重新下载</body></html>", "gbk"), {
  contentType: "text/html;charset=GBK"
})

/** The route of the download. */
export const billDownload = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const sandbox = yield* AlipaySandbox
    yield* router.add(
      "GET",
      path,
      Effect.flatMap(HttpServerRequest, ({ url }) =>
        Effect.map(sandbox.bill(new URLSearchParams(url.slice(url.indexOf("?") + 1)).get("token") ?? ""), (bytes) =>
          bytes === undefined ? late : HttpServerResponse.uint8Array(bytes, { contentType: "application/octet-stream" })
        )
      )
    )
  })
)
