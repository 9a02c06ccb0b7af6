/**
 * The trade bill of a day as Alipay writes it: two tables in GBK with comment lines around them, for people and for programs.
 *
 * Names of columns, comments, tabs behind numbers and signs are those of bills that merchants published. A text with a comma is
 * put in quotation marks; how Alipay writes one is not known.
 */
import * as BeijingTime from "@paylayer/alipay/BeijingTime"
import * as Money from "@paylayer/core/Money"
import * as Result from "effect/Result"
import iconv from "iconv-lite"
import { accountOf, type Line, linesOf } from "./billLines.ts"
import type { Books } from "./books.ts"

const text = (value: string): string => {
  const flat = value.replace(/[\r\n\t]/g, " ")
  return /^\s*#|[",]/.test(flat) ? `"${flat.replaceAll('"', '""')}"` : flat
}
const number = (value: string): string => `${value}\t`

const detail = ({ at, kind, movement, paidAt, requestNo, subject }: Line): string => {
  const amount = `${kind === "退款" ? "-" : ""}${movement.amount}`
  return [
    number(movement.trade_no),
    number(movement.out_trade_no),
    number(kind),
    text(subject),
    paidAt,
    at,
    number(""),
    number(""),
    number(""),
    number(""),
    "***(208***001)",
    amount,
    amount,
    "0.00,0.00,0.00,0.00,0.00",
    "",
    number("0.00"),
    "0.00",
    number(requestNo),
    "0.00",
    "0.00",
    ""
  ].join(",")
}

const names =
  "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"

const summaryNames =
  "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,商家优惠（元）,卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）"

const yuan = (minor: bigint): string =>
  `${minor < 0n ? "-" : ""}${Money.decimalString(Money.of("CNY", minor < 0n ? -minor : minor))}`

const chinese = (date: string): string => date.replace("-", "年").replace("-", "月")

const rule = (words: string): string => `#${"-".repeat(41)}${words}${"-".repeat(40)}`

/** The files of the archive, by name. */
export const files = (
  books: Books,
  { date, nextDate, now, sellerId }: { date: string; nextDate: string; now: number; sellerId: string }
): ReadonlyArray<readonly [name: string, bytes: Uint8Array]> => {
  const lines = linesOf(books, date)
  const of = (kind: Line["kind"]) => lines.filter((line) => line.kind === kind)
  const sum = (some: ReadonlyArray<Line>) =>
    some.reduce((minor, { movement }) => minor + Result.getOrThrow(Money.parse("CNY", movement.amount)).minor, 0n)
  const [paid, back] = [of("交易"), of("退款")]
  const account = accountOf(sellerId)
  const head = [
    `#账号：[${account}]`,
    `#起始日期：[${chinese(date)}日 00:00:00]   终止日期：[${chinese(nextDate)}日 00:00:00]`
  ]
  const exported = `#导出时间：[${BeijingTime.format(now).replace(/^(.{4})-(.{2})-(.{2})/, "$1年$2月$3日")}]`
  const net = yuan(sum(paid) - sum(back))
  const total = [paid.length, back.length, net, net, "0.00", "0.00", "0.00", "0.00", "0.00", net].join(",")
  const write = (rows: ReadonlyArray<string>) => iconv.encode(`${rows.join("\r\n")}\r\n`, "gbk")
  const name = `${account}_${date.replaceAll("-", "")}_业务明细`
  return [
    [
      `${name}.csv`,
      write([
        "#支付宝业务明细查询",
        ...head,
        rule("业务明细列表"),
        names,
        ...lines.map(detail),
        rule("业务明细列表结束"),
        `#交易合计：${paid.length}笔，商家实收共${yuan(sum(paid))}元，商家优惠共0.00元`,
        `#退款合计：${back.length}笔，商家实收退款共${back.length > 0 ? "-" : ""}${yuan(sum(back))}元，商家优惠退款共0.00元`,
        exported
      ])
    ],
    [
      `${name}(汇总).csv`,
      write([
        "#支付宝业务汇总查询",
        ...head,
        rule("业务汇总列表"),
        summaryNames,
        `合计,,${total}`,
        rule("业务汇总列表结束"),
        exported
      ])
    ]
  ]
}
