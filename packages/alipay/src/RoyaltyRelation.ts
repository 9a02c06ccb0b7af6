/**
 * Who may receive parts of the merchant's trades: `alipay.trade.royalty.relation.bind`, `.unbind` and `.batchquery`.
 *
 * A receiver is bound once, before anything is settled to it (`OrderSettlement`). Both calls may be repeated: what is so already stays so.
 * The fields are those of Alipay's public SDKs (`AlipayTradeRoyaltyRelation…Model`, `RoyaltyEntity` of `alipay-sdk-java-all`); the merchant
 * needs a contract for 商家分账. Tried against the sandbox of this project, never against a live endpoint.
 *
 * @example
 * yield* RoyaltyRelation.bind("bind_1", [{ type: "userId", account: "2088000000000009", memo: "developer 9" }])
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Answer from "./internal/answerSchema.ts"
import * as Fields from "./internal/iacFields.ts"
import { OpenPlatform } from "./OpenPlatform.ts"
import { BusinessFailure, OpenPlatformError } from "./OpenPlatformError.ts"

/** An account by its number (`2088…`), or by the name its owner signs in with; the latter only together with the owner's name. */
export type Receiver =
  | { readonly type: "userId"; readonly account: string; readonly name?: string; readonly memo?: string }
  | { readonly type: "loginName"; readonly account: string; readonly name: string; readonly memo?: string }

type Verb = "bind" | "unbind" | "batchquery"

const methodOf = (verb: Verb) => `alipay.trade.royalty.relation.${verb}`

const Done = Schema.Struct({ result_code: Schema.Literals(["SUCCESS", "FAIL"]) })

/** A signed `FAIL` is a refusal without a code. */
const succeeded = <A extends typeof Done.Type>(verb: Verb, answer: A): Effect.Effect<A, OpenPlatformError> =>
  answer.result_code === "SUCCESS"
    ? Effect.succeed(answer)
    : Effect.fail(
        new OpenPlatformError({
          method: methodOf(verb),
          reason: new BusinessFailure({
            message: "Alipay answered FAIL",
            code: "10000",
            subCode: "FAIL",
            subMsg: "",
            outcome: "refused"
          })
        })
      )

const change =
  (verb: "bind" | "unbind") =>
  (outRequestNo: string, receivers: ReadonlyArray<Receiver>): Effect.Effect<void, OpenPlatformError, OpenPlatform> =>
    OpenPlatform.use((platform) =>
      platform
        .execute(methodOf(verb), {
          out_request_no: outRequestNo,
          receiver_list: receivers.map((receiver) => ({ ...receiver }))
        })
        .pipe(
          Effect.flatMap(Answer.decode(methodOf(verb), () => Done)),
          Effect.flatMap((answer) => succeeded(verb, answer)),
          Effect.asVoid
        )
    )

/** Lets up to 20 accounts receive, under a number of at most 32 letters, digits and `_`. */
export const bind = change("bind")

/** Lets them receive no more. */
export const unbind = change("unbind")

const Entity = Schema.Struct({
  account: Fields.Text,
  type: Schema.optionalKey(Schema.Literals(["userId", "loginName", "openId"])),
  memo: Schema.optionalKey(Schema.String)
})

/** One who may receive, as Alipay lists them. */
export type Bound = typeof Entity.Type

const Page = Schema.Struct({
  ...Done.fields,
  receiver_list: Schema.optionalKey(Schema.Array(Entity)),
  total_page_num: Answer.Whole
})

const pageSize = 100

/** Everybody who may receive, a hundred at a call. */
export const list = Effect.fnUntraced(function* (
  outRequestNo: string
): Effect.fn.Return<ReadonlyArray<Bound>, OpenPlatformError, OpenPlatform> {
  const platform = yield* OpenPlatform
  const method = methodOf("batchquery")
  const found: Array<Bound> = []
  for (let page = 1, pages = 1; page <= pages; page++) {
    const asked = { out_request_no: outRequestNo, page_num: String(page), page_size: String(pageSize) }
    const answer = yield* platform.execute(method, asked).pipe(
      Effect.flatMap(Answer.decode(method, () => Page)),
      Effect.flatMap((answer) => succeeded("batchquery", answer))
    )
    found.push(...(answer.receiver_list ?? []))
    // Nobody has a million receivers; whatever says so does not end.
    pages = Math.min(answer.total_page_num, 10_000)
  }
  return found
})
