/**
 * A call that is paid with a delegation, and what became of it.
 */
import type { Receipt } from "@paylayer/core/Receipt"
import * as Schema from "effect/Schema"

export const PaidCall = Schema.Struct({
  url: Schema.String.annotate({ description: "The address of the paid API, at a merchant that is configured" }),
  method: Schema.optionalKey(
    Schema.Literals(["GET", "POST", "PUT", "PATCH", "DELETE"]).annotate({ description: "POST, unless it is given" })
  ),
  body: Schema.optionalKey(Schema.Json.annotate({ description: "Sent as JSON" })),
  idempotency_key: Schema.optionalKey(
    Schema.String.check(Schema.isPattern(/^[\x21-\x7e]{1,255}$/)).annotate({
      description: "To repeat a call whose answer was lost, the key that the error named"
    })
  )
})
export interface PaidCall extends Schema.Schema.Type<typeof PaidCall> {}

/** The merchant's answer. */
export interface PaidAnswer {
  readonly status: number
  readonly contentType: string | undefined
  /** As it came, without the token should the merchant have repeated it. */
  readonly body: string
  /** Present where the merchant sent one that can be read. */
  readonly receipt: Receipt | undefined
  readonly idempotencyKey: string
}
