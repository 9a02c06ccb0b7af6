/**
 * One file of Alipay's trade bill of a day (业务明细): CSV in GBK, with comment lines that begin with `#` around the table.
 *
 * | part | what it looks like |
 * |---|---|
 * | title | `#支付宝业务明细查询`, `#账号：[…]`, `#起始日期：[2026年11月21日 00:00:00]   终止日期：[…]` |
 * | table | one line of names, then one line per payment (`交易`) or refund (`退款`, amounts below zero) |
 * | end | `#-----业务明细列表结束-----`, then `#交易合计：6笔，商家实收共0.06元…` and `#退款合计：…` |
 *
 * Where this is from: the names of the 25 columns, the comment lines, the tabs behind numbers and the signs of refunds are the
 * same in bills of 2017, 2019, 2021 and 2026 that merchants published (confidence high). How a comma or a quotation mark within
 * a text is written is not known; quotation as in RFC 4180 is understood. That amounts are in yuan only is what the names of
 * the columns say; how a trade in another currency is billed is not known. Never tried with a bill from a live account.
 *
 * Columns are found by name, so that Alipay may add some. Everything else fails closed: a line that cannot be read, a file that
 * ends early, and totals that its lines do not add up to.
 */
import * as Money from "@paylayer/core/Money"
import { parse as parseCsv } from "csv-parse/sync"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as BeijingTime from "./BeijingTime.ts"

/** One payment or refund. */
export interface TradeBillLine {
  readonly kind: "payment" | "refund"
  /** Alipay's number of the trade. A refund has that of its payment. */
  readonly trade_no: string
  readonly out_trade_no: string
  /** 订单金额: what was paid or given back. Never negative; `kind` says which way. */
  readonly total: Money.Money<"CNY">
  /** 商家实收: of it, what the merchant receives before fees. */
  readonly received: Money.Money<"CNY">
  /** 完成时间. */
  readonly completedAtMillis: number
  /** 退款批次号/请求号: the `out_request_no` of a refund. */
  readonly out_request_no?: string
}

export interface TradeBill {
  /** 账号: the merchant's id and `0156`. */
  readonly account: string
  /** The day, `"yyyy-MM-dd"`, in Beijing. */
  readonly date: string
  readonly lines: ReadonlyArray<TradeBillLine>
}

/** What is wrong at a line of the file, which begins with line 1. Line 0 is the file as a whole. */
export const Issue = Schema.Struct({ line: Schema.Int, message: Schema.String })

/** A file that cannot be read. */
export class TradeBillError extends Schema.TaggedError<TradeBillError>()("TradeBillError", {
  issues: Schema.Array(Issue)
}) {
  override get message() {
    const [first, ...rest] = this.issues.map(({ line, message }) => (line === 0 ? message : `line ${line}: ${message}`))
    return rest.length === 0 ? `${first}` : `${first}, and ${rest.length} more`
  }
}

const fail = (line: number, message: string) => Result.fail(new TradeBillError({ issues: [{ line, message }] }))

/** The first line of such a file. */
export const title = "#支付宝业务明细查询"

const columns = {
  trade_no: "支付宝交易号",
  out_trade_no: "商户订单号",
  type: "业务类型",
  completed: "完成时间",
  total: "订单金额（元）",
  received: "商家实收（元）",
  out_request_no: "退款批次号/请求号"
} as const
type Column = keyof typeof columns

const kinds: { readonly [type: string]: TradeBillLine["kind"] } = { 交易: "payment", 退款: "refund" }

/** Reads an amount in yuan, which may be below zero in a refund. */
const yuan = (name: string, text: string, kind: TradeBillLine["kind"]): Result.Result<Money.Money<"CNY">, string> =>
  Result.mapError(
    Money.parse("CNY", kind === "refund" ? text.replace(/^-/, "") : text),
    ({ message }) => `${name}: ${message}`
  )

const readLine = (at: (column: Column) => string): Result.Result<TradeBillLine, string> =>
  Result.gen(function* () {
    const kind = kinds[at("type")]
    if (kind === undefined) return yield* Result.fail(`${columns.type}: neither 交易 nor 退款`)
    const trade_no = at("trade_no")
    const out_trade_no = at("out_trade_no")
    if (trade_no === "" || out_trade_no === "") return yield* Result.fail("a number is missing")
    const out_request_no = at("out_request_no")
    return {
      kind,
      trade_no,
      out_trade_no,
      total: yield* yuan(columns.total, at("total"), kind),
      received: yield* yuan(columns.received, at("received"), kind),
      completedAtMillis: yield* Result.mapError(
        BeijingTime.parse(at("completed")),
        ({ message }) => `${columns.completed}: ${message}`
      ),
      ...(kind === "refund" && out_request_no !== "" && { out_request_no })
    }
  })

/** How a name is compared: Alipay's documents write the brackets in two ways. */
const sameName = (name: string): string => name.replace("(", "（").replace(")", "）")

type Issues = Array<typeof Issue.Type>

/** Reads rows as they come, the first one as the names of the columns. A day may have very many, so none is kept. */
const table = (lines: Array<TradeBillLine>, issues: Issues) => {
  let width = 0
  const places = new Map<Column, number>()
  const header = (row: ReadonlyArray<string>, line: number) => {
    width = row.length
    for (const column of Object.keys(columns) as ReadonlyArray<Column>) {
      const place = row.findIndex((name) => sameName(name) === columns[column])
      if (place < 0) issues.push({ line, message: `there is no column ${columns[column]}` })
      places.set(column, place)
    }
  }
  return (row: ReadonlyArray<string>, line: number): void => {
    if (width === 0) return header(row, line)
    const read =
      row.length === width
        ? readLine((column) => row[places.get(column)!] ?? "")
        : Result.fail(`there are ${row.length} fields, ${width} were expected`)
    if (Result.isSuccess(read)) lines.push(read.success)
    else issues.push({ line, message: read.failure })
  }
}

const linesOf = (text: string): Result.Result<ReadonlyArray<TradeBillLine>, TradeBillError> => {
  const lines: Array<TradeBillLine> = []
  const issues: Issues = []
  const row = table(lines, issues)
  let rows = 0
  return Result.try({
    try: () =>
      parseCsv(text, {
        comment: "#",
        comment_no_infix: true,
        on_record: (record: ReadonlyArray<string>, context) => {
          rows++
          row(record, context.lines)
          return null
        },
        relax_column_count: true,
        relax_quotes: true,
        skip_empty_lines: true,
        trim: true
      }),
    catch: (error) => {
      const line = Predicate.hasProperty(error, "lines") && typeof error.lines === "number" ? error.lines : 0
      return new TradeBillError({ issues: [{ line, message: "this is not a line of a table" }] })
    }
  }).pipe(
    Result.flatMap(() =>
      rows === 0
        ? fail(0, "there is no table")
        : issues.length === 0
          ? Result.succeed(lines)
          : Result.fail(new TradeBillError({ issues: issues.slice(0, 100) }))
    )
  )
}

/** What the comment below the table says of one kind, where it says anything. */
const totalOf = (text: string, kind: TradeBillLine["kind"]) => {
  const form = {
    payment: /^#交易合计：(\d+)笔，商家实收共(\d+\.\d\d)元/m,
    refund: /^#退款合计：(\d+)笔，商家实收退款共-?(\d+\.\d\d)元/m
  }[kind]
  const [, count, received] = form.exec(text) ?? []
  return count === undefined ? undefined : { count, received }
}

const contradiction = (text: string, lines: ReadonlyArray<TradeBillLine>): string | undefined => {
  for (const kind of ["payment", "refund"] as const) {
    const own = lines.filter((line) => line.kind === kind)
    const minor = own.reduce((sum, { received }) => sum + received.minor, 0n)
    const sum = { count: String(own.length), received: Money.decimalString({ currency: "CNY", minor }) }
    const said = totalOf(text, kind) ?? sum
    if (said.count !== sum.count || said.received !== sum.received) {
      return `the bill says ${said.count} ${kind}s of ${said.received} yuan, its lines are ${sum.count} of ${sum.received}`
    }
  }
  return undefined
}

/** Reads the file's text. Total: whatever the text is, it is a bill or a `TradeBillError`. */
export const parse = (text: string): Result.Result<TradeBill, TradeBillError> =>
  Result.gen(function* () {
    if (!text.startsWith(title)) return yield* fail(1, `the file does not begin with ${title}`)
    const account = /^#账号：\[(\d{16,24})\]/m.exec(text)?.[1]
    if (account === undefined) return yield* fail(0, "the account is missing")
    const [, year, month, day] = /^#起始日期：\[(\d{4})年(\d{2})月(\d{2})日 00:00:00\]/m.exec(text) ?? []
    if (year === undefined) return yield* fail(0, "the day is missing")
    if (!/^#-+业务明细列表结束-+/m.test(text)) return yield* fail(0, "the file ends before its end")
    const lines = yield* linesOf(text)
    const wrong = contradiction(text, lines)
    if (wrong !== undefined) return yield* fail(0, wrong)
    return { account, date: `${year}-${month}-${day}`, lines }
  })

/** Reads the file. */
export const fromBytes = (bytes: Uint8Array): Result.Result<TradeBill, TradeBillError> =>
  Result.flatMap(
    Result.try({
      try: () => new TextDecoder("gbk", { fatal: true }).decode(bytes),
      catch: () => new TradeBillError({ issues: [{ line: 0, message: "the file is not GBK" }] })
    }),
    parse
  )
