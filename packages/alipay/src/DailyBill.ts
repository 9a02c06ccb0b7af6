/**
 * Alipay's trade bill of a day: `alipay.data.dataservice.bill.downloadurl.query`, the download, the archive.
 *
 * The answer is signed, the file is not: it is taken only over https from Alipay's own host (or over http from this machine,
 * where the gateway is on this machine), no redirect is followed, and its totals must add up. The address is good for 30
 * seconds and whoever has it can read the bill, so it is never shown.
 *
 * The bill of a day is ready at about 10:00 in Beijing on the next. Until then, and for a day without trades, Alipay answers
 * `isp.bill_not_exist` (seen by merchants; Alipay's documents write `BILL_NOT_EXIST`). The documents show the host
 * `dwbillcenter.alipay.com` and the scheme http; that it speaks https was reported, and is required here. Never tried with a
 * live account.
 *
 * @example
 * const bill = yield* DailyBill.download("2026-11-21")
 */
import * as Zip from "@zip.js/zip.js"
import * as Effect from "effect/Effect"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { AlipayConfig } from "./AlipayConfig.ts"
import * as Answer from "./internal/answerSchema.ts"
import { bytesWithin, unredirected } from "./internal/response.ts"
import * as TransportFailure from "./internal/transportFailure.ts"
import { OpenPlatform } from "./OpenPlatform.ts"
import type { OpenPlatformError } from "./OpenPlatformError.ts"
import * as TradeBill from "./TradeBill.ts"

/**
 * Why there is no bill.
 *
 * - `not-ready`: it is not made yet, or nothing was traded on that day
 * - `untrusted`: the address is not on a host that bills come from
 * - `download`: it was not given, or not all of it; ask again
 * - `too-large`: it is larger than `maximumBytes`
 * - `malformed`: what was given is not this account's bill of that day, or cannot be read
 */
export class DailyBillError extends Schema.TaggedError<DailyBillError>()("DailyBillError", {
  reason: Schema.Literals(["not-ready", "untrusted", "download", "too-large", "malformed"]),
  message: Schema.String,
  /** The file of the archive in which it is wrong, and where. */
  file: Schema.optionalKey(Schema.String),
  issues: Schema.optionalKey(Schema.Array(TradeBill.Issue))
}) {}

export interface Options {
  /** The hosts that bills come from. Default: `dwbillcenter.alipay.com`. */
  readonly hosts?: ReadonlyArray<string>
  /** Of the archive, and of the files in it together. Default: 64 MiB, some 300,000 trades. */
  readonly maximumBytes?: number
}

const method = "alipay.data.dataservice.bill.downloadurl.query"

const fail = (reason: DailyBillError["reason"], message: string) => new DailyBillError({ reason, message })

const Answered = Schema.Struct({ bill_download_url: Schema.String })

const hasNoBill = ({ reason }: OpenPlatformError): boolean =>
  "subCode" in reason && (reason.subCode === "isp.bill_not_exist" || reason.subCode === "BILL_NOT_EXIST")

const isLoopback = (hostname: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/.test(hostname)

/** The address to download from, or nothing where it is not one to trust. */
export const trusted = (address: string, gateway: string, hosts: ReadonlyArray<string>): URL | undefined => {
  if (!URL.canParse(address)) return undefined
  const url = new URL(address)
  if (url.username !== "" || url.password !== "" || !/^https?:$/.test(url.protocol)) return undefined
  if (isLoopback(url.hostname)) return isLoopback(new URL(gateway).hostname) ? url : undefined
  if (url.port !== "" || !hosts.includes(url.hostname)) return undefined
  // Alipay writes http; anybody between could then write the bill.
  url.protocol = "https:"
  return url
}

const retrieve = Effect.fnUntraced(function* (url: URL, maximumBytes: number) {
  const client = yield* HttpClient.HttpClient
  const broken = () => fail("download", "the download broke before the bill was there")
  const response = yield* client.execute(HttpClientRequest.get(url)).pipe(
    unredirected,
    // The span would carry the address.
    Effect.provideService(HttpClient.TracerDisabledWhen, () => true),
    Effect.mapError((error) => fail("download", `the bill: ${TransportFailure.fromClient(error).message}`))
  )
  if (response.status !== 200) {
    return yield* fail("download", `the host of bills answered HTTP ${response.status}; no redirect is followed`)
  }
  return yield* bytesWithin(response, maximumBytes, () =>
    fail("too-large", `the bill is larger than ${maximumBytes} bytes`)
  ).pipe(Effect.mapError((error) => (error._tag === "DailyBillError" ? error : broken())))
})

interface Extracted {
  readonly name: string
  readonly bytes: Uint8Array
}

/** The files of the archive. An archive that unpacks to more than it says is given up in time. */
const extract = Effect.fnUntraced(function* (archive: Uint8Array<ArrayBuffer>, maximumBytes: number) {
  const malformed = () => fail("malformed", "this is not a whole zip archive; the address may have expired")
  const attempt = <A>(run: () => Promise<A>) => Effect.tryPromise({ try: run, catch: malformed })
  const reader = new Zip.ZipReader(new Zip.Uint8ArrayReader(archive), {
    filenameEncoding: "gbk",
    checkSignature: true,
    useWebWorkers: false
  })
  const entries = yield* attempt(() => reader.getEntries())
  const files: Array<Extracted> = []
  let length = 0
  for (const entry of entries) {
    if (entry.directory) continue
    const chunks: Array<Uint8Array> = []
    const before = length
    const sink = new WritableStream<Uint8Array>({
      write: (chunk) => {
        length += chunk.length
        if (length > maximumBytes) throw new RangeError("too large")
        chunks.push(chunk)
      }
    })
    const unpacked = yield* Effect.result(attempt(() => entry.getData(sink)))
    if (length > maximumBytes) return yield* fail("too-large", `the bill unpacks to more than ${maximumBytes} bytes`)
    if (Result.isFailure(unpacked) || length - before !== entry.uncompressedSize) return yield* malformed()
    files.push({ name: entry.filename, bytes: Buffer.concat(chunks) })
  }
  return files
})

const isDetail = ({ name }: Extracted): boolean => !name.includes("汇总")

const readFile = ({ bytes, name }: Extracted) =>
  Result.mapError(
    TradeBill.fromBytes(bytes),
    ({ issues, message }) => new DailyBillError({ reason: "malformed", message, file: name, issues })
  )

/**
 * The trade bill of a day in Beijing, `"yyyy-MM-dd"`. Fails with `OpenPlatformError` where Alipay did not answer, with
 * `DailyBillError` for everything behind the answer.
 */
export const download = Effect.fn("DailyBill.download")(function* (
  date: string,
  { hosts = ["dwbillcenter.alipay.com"], maximumBytes = 64 * 1_024 * 1_024 }: Options = {}
): Effect.fn.Return<
  TradeBill.TradeBill,
  DailyBillError | OpenPlatformError,
  AlipayConfig | HttpClient.HttpClient | OpenPlatform
> {
  const { gateway, sellerId } = yield* AlipayConfig
  const platform = yield* OpenPlatform
  const { bill_download_url } = yield* platform.execute(method, { bill_type: "trade", bill_date: date }).pipe(
    Effect.flatMap(Answer.decode(method, () => Answered)),
    Effect.mapError((error) =>
      hasNoBill(error)
        ? fail("not-ready", `Alipay has no bill of ${date}: it is made at about 10:00 in Beijing on the next day`)
        : error
    )
  )
  const url = trusted(bill_download_url, gateway, hosts)
  if (url === undefined) return yield* fail("untrusted", `the bill is not on one of these hosts: ${hosts.join(", ")}`)
  const archive = yield* retrieve(url, maximumBytes).pipe(
    Effect.timeoutOrElse({
      duration: "2 minutes",
      orElse: () => Effect.fail(fail("download", "the bill was not there within 2 minutes"))
    })
  )
  const files = (yield* extract(archive, maximumBytes)).filter(isDetail)
  const bills = yield* Effect.fromResult(Result.all(files.map(readFile)))
  const [first] = bills
  if (first === undefined) return yield* fail("malformed", "there is no bill in the archive")
  for (const bill of bills) {
    if (bill.date !== date) return yield* fail("malformed", `this is the bill of ${bill.date}, not of ${date}`)
    if (bill.account !== first.account || (sellerId !== undefined && !bill.account.startsWith(sellerId))) {
      return yield* fail("malformed", "this is the bill of another account")
    }
  }
  return { ...first, lines: bills.flatMap(({ lines }) => lines) }
})
