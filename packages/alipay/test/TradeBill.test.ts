// The form is that of published bills; numbers and names are made up. A tenth of a second.
import { assert, describe, it } from "@effect/vitest"
import * as TradeBill from "@paylayer/alipay/TradeBill"
import * as Money from "@paylayer/core/Money"
import * as Result from "effect/Result"
import * as FastCheck from "fast-check"

const names =
  "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
const paid =
  "2026112122001\t,order_1\t,交易\t,报告,2026-11-21 16:01:34,2026-11-21 16:01:38,\t,\t,\t,\t,**博(156******89)\t,15.00,14.50,0.00,0.00,0.00,0.50,0.00,,0.00\t,0.00,\t,0.00,0.00,"
const back =
  "2026112122001\t,order_1\t,退款\t,报告,2026-11-21 16:01:34,2026-11-21 17:00:05,\t,\t,\t,\t,**博(156******89)\t,-5.00,-4.50,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,refund_1\t,0.00,0.00,退款备注"
const totals = [
  "#交易合计：1笔，商家实收共14.50元，商家优惠共0.50元",
  "#退款合计：1笔，商家实收退款共-4.50元，商家优惠退款共0.00元"
]
const end = "#-----------------------------------------业务明细列表结束------------------------------------"

const file = (rows: ReadonlyArray<string>, below: ReadonlyArray<string> = [end], header = names) =>
  [
    "#支付宝业务明细查询",
    "#账号：[20880000000000000156]",
    "#起始日期：[2026年11月21日 00:00:00]   终止日期：[2026年11月22日 00:00:00]",
    "#-----------------------------------------业务明细列表----------------------------------------",
    header,
    ...rows,
    ...below,
    "#导出时间：[2026年11月22日 07:27:37]",
    ""
  ].join("\r\n")

const read = (text: string) => Result.getOrThrow(TradeBill.parse(text))
const wrong = (text: string) => Result.getOrThrow(Result.flip(TradeBill.parse(text)))

describe("a trade bill", () => {
  it("is read: account, day, payments, and refunds without their sign", () => {
    assert.deepStrictEqual(read(file([paid, back], [end, ...totals])), {
      account: "20880000000000000156",
      date: "2026-11-21",
      lines: [
        {
          kind: "payment",
          trade_no: "2026112122001",
          out_trade_no: "order_1",
          total: Money.of("CNY", 1_500n),
          received: Money.of("CNY", 1_450n),
          completedAtMillis: Date.parse("2026-11-21T16:01:38+08:00")
        },
        {
          kind: "refund",
          trade_no: "2026112122001",
          out_trade_no: "order_1",
          total: Money.of("CNY", 500n),
          received: Money.of("CNY", 450n),
          completedAtMillis: Date.parse("2026-11-21T17:00:05+08:00"),
          out_request_no: "refund_1"
        }
      ]
    })
  })

  it("may be empty, may lack totals, may have more columns, other line ends and quotation marks", () => {
    assert.deepStrictEqual(read(file([])).lines, [])
    const more = file([`${paid},x`], [end], `${names.replaceAll("（", "(").replaceAll("）", ")")},新`)
    assert.lengthOf(read(more).lines, 1)
    assert.deepStrictEqual(read(file([paid]).replaceAll("\r\n", "\n")), read(file([paid])))
    const quoted = paid.replace("报告", '"5"" 屏幕, 2 个\r\n#1"')
    assert.deepStrictEqual(read(file([quoted])), read(file([paid])))
    assert.deepStrictEqual(read(file([paid.replace("报告", '5" 屏幕 # 1')])), read(file([paid])))
  })

  it("is refused with the line that is wrong", () => {
    const cases: ReadonlyArray<readonly [row: string, about: string]> = [
      [paid.replace("15.00", "15.001"), "订单金额（元）"],
      [paid.replace("15.00", "-15.00"), "订单金额（元）"],
      [paid.replace("14.50", "1,450"), "fields"],
      [paid.replace("14.50", "1e3"), "商家实收（元）"],
      [paid.replace("16:01:38", "24:00:00"), "完成时间"],
      [paid.replace("交易", "充值"), "业务类型"],
      [paid.replace("order_1", ""), "number"],
      [paid.replace("报告", "报告,2"), "fields"],
      ["2026112122001", "fields"]
    ]
    for (const [row, about] of cases) {
      const { issues } = wrong(file([paid, row]))
      assert.deepStrictEqual([issues.length, issues[0]?.line], [1, 7], row)
      assert.include(issues[0]?.message, about)
    }
    const every = wrong(file(cases.map(([row]) => row)))
    assert.deepStrictEqual(
      every.issues.map(({ line }) => line),
      cases.map((_, index) => index + 6)
    )
    assert.match(every.message, /^line 6: .*, and 8 more$/)
  })

  it("is refused where it ends early, where its totals differ, and where it is something else", () => {
    const cases: ReadonlyArray<readonly [text: string, about: string]> = [
      [file([paid], []), "ends before its end"],
      [file([paid], [end, ...totals]), "1 refunds of 4.50"],
      [file([paid, paid], [end, totals[0]!]), "its lines are 2 of 29.00"],
      [file([paid], [end], names.replace("业务类型", "类型")), "业务类型"],
      [file([paid]).replace("20880000000000000156", "nobody"), "account"],
      [file([paid]).replace("2026年11月21日", "11月21日"), "day"],
      [file([], [end], "#"), "no table"],
      ["", "begin"],
      ["#支付宝业务汇总查询", "begin"],
      ["#支付宝业务明细查询", "account"]
    ]
    for (const [text, about] of cases) assert.include(wrong(text).message, about)
    const unfinished = file([paid.replace("报告", '"报告')])
    assert.isTrue(Result.isFailure(TradeBill.parse(unfinished)))
  })

  it("is GBK, or nothing", () => {
    assert.isTrue(Result.isFailure(TradeBill.fromBytes(new TextEncoder().encode(file([paid])))))
  })

  it("is an error, never an exception, whatever the text is", () => {
    const piece = FastCheck.constantFrom(...file([paid, back]).split(/(?<=[,\r\n#"\t])/), '"', "\u0000")
    const text = FastCheck.oneof(
      FastCheck.string(),
      FastCheck.array(piece, { maxLength: 60 }).map((pieces) => file([pieces.join("")])),
      FastCheck.nat(file([paid]).length).map((length) => file([paid]).slice(0, length))
    )
    FastCheck.assert(
      FastCheck.property(text, (drawn) => {
        const result = TradeBill.parse(drawn)
        if (Result.isFailure(result)) assert.isNotEmpty(result.failure.message)
      }),
      { numRuns: 500 }
    )
    FastCheck.assert(
      FastCheck.property(FastCheck.uint8Array(), (bytes) => {
        assert.isTrue(Result.isFailure(TradeBill.fromBytes(bytes)))
      })
    )
  })
})
