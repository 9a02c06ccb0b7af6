/**
 * The archive of a bill: its files in GBK, zipped. Loaded where a bill is downloaded and nowhere else, because the tables of GBK and
 * the zip library take longer to load than the rest of the sandbox.
 */
import * as Zip from "@zip.js/zip.js"
import * as DateTime from "effect/DateTime"
import iconv from "iconv-lite"
import * as BillText from "./billText.ts"
import type { Books } from "./books.ts"

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

/** The bill of a day, as it is downloaded. */
export const of = (books: Books, bill: Parameters<typeof BillText.files>[1]): Promise<Uint8Array> =>
  zip(BillText.files(books, bill), bill.now)
