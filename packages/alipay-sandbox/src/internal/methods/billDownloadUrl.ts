/**
 * `alipay.data.dataservice.bill.downloadurl.query`: where the trade bill of a day is. Days are Beijing's and must be over; a day
 * without trades has no bill. Here a bill is ready at midnight, at Alipay at about ten in the morning.
 */
import * as BeijingTime from "@paylayer/alipay/BeijingTime"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Bill from "../bill.ts"
import * as BillLines from "../billLines.ts"
import * as Biz from "../biz.ts"
import { refuse } from "../failure.ts"

const Asked = Schema.Struct({ bill_type: Schema.String, bill_date: Schema.String })

export const billDownloadUrl = Biz.method(
  Asked,
  ({ bill_date, bill_type }, { books, now, numbers, origin, sellerId }) =>
    Result.gen(function* () {
      if (bill_type !== "trade")
        return yield* refuse("invalid_arguments", "the sandbox bills trades, bill_type is trade")
      if (Result.isFailure(BeijingTime.parse(`${bill_date} 00:00:00`))) {
        return yield* refuse("invalid_arguments", "bill_date is yyyy-MM-dd; the sandbox has no bills of months")
      }
      if (now < Bill.endOf(bill_date)) return yield* refuse("invalid_arguments", "the day is not over in Beijing")
      if (BillLines.isEmpty(books, bill_date))
        return yield* refuse("isp.bill_not_exist", "there is no bill of that day")
      const token = numbers.prepayId()
      return { bill_download_url: Bill.address(books, { date: bill_date, now, origin, sellerId, token }) }
    })
)
