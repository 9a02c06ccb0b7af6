/**
 * `alipay.trade.royalty.relation.bind`, `.unbind`, `.batchquery`: who may receive parts of the merchant's trades. Binding who is bound,
 * and unbinding who is not, changes nothing.
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Biz from "../biz.ts"
import { type Answer, refuse } from "../failure.ts"
import * as Royalty from "../royalty.ts"

const done = { result_code: "SUCCESS" } as const

const each = (change: (call: Biz.Call, receiver: Royalty.Receiver) => void) =>
  Biz.method(Royalty.Binding, ({ receiver_list }, call): Answer => {
    const wrong = Royalty.wrongReceiver(receiver_list)
    if (wrong !== undefined) return refuse(...wrong)
    for (const receiver of receiver_list) change(call, receiver)
    return Result.succeed(done)
  })

export const royaltyRelationBind = each(({ books }, receiver) => {
  books.receivers.set(Royalty.keyOf(receiver), receiver)
})

export const royaltyRelationUnbind = each(({ books }, receiver) => {
  books.receivers.delete(Royalty.keyOf(receiver))
})

const whole = (maximum: number) =>
  Schema.optionalKey(
    Schema.Union([Schema.Int, Schema.NumberFromString]).check(Schema.isInt(), Schema.isBetween({ minimum: 1, maximum }))
  )

const Page = Schema.Struct({ out_request_no: Royalty.RequestNo, page_num: whole(1_000_000), page_size: whole(100) })

export const royaltyRelationBatchquery = Biz.method(Page, ({ page_num = 1, page_size = 20 }, { books }) => {
  const all = [...books.receivers.values()]
  const page = all.slice((page_num - 1) * page_size, page_num * page_size)
  return Result.succeed({
    ...done,
    receiver_list: page.map(({ account, memo, type }) => ({ type, account, ...(memo !== undefined && { memo }) })),
    total_page_num: Math.ceil(all.length / page_size),
    total_record_num: all.length,
    current_page_num: page_num,
    current_page_size: page.length
  })
})
