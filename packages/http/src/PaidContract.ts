/**
 * What the contract of an `HttpApi` says of payment: the problem documents and headers that a paid endpoint answers with, in the
 * types of its clients and in its OpenAPI document. It loads nothing of the server.
 *
 * @example
 * class Paid extends HttpApiMiddleware.Service<Paid, { provides: CurrentPayment }>()("app/Paid", {
 *   error: PaidContract.errors
 * }) {}
 *
 * const Api = HttpApi.make("api").add(group).annotate(OpenApi.Transform, PaidContract.receipts)
 *
 * ## Details
 *
 * - 402 and 503 have their headers in the contract, so a client gets `{ body, headers }`; of any other status the problem document.
 * - Protocols' own headers (`Payment-Needed`, …) are not listed: what is installed is not known where a contract is written.
 */
import * as Receipt from "@paylayer/core/Receipt"
import * as HttpApiSchema from "effect/http-api/HttpApiSchema"
import type * as OpenApi from "effect/http-api/OpenApi"
import type * as Context from "effect/Context"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { contentType, Problem } from "./Problem.ts"

/** Each status has a component of its own in the OpenAPI document, all of the same form. */
const problem = (status: number) =>
  Problem.annotate({ identifier: `PaymentProblem${status}` }).pipe(
    HttpApiSchema.asJson({ contentType }),
    HttpApiSchema.status(status)
  )

const text = (description: string) => Schema.optionalKey(Schema.String.annotate({ description }))

/** It has to be paid for, or a payment was not taken; `accepts` lists every way to pay. */
export const PaymentRequired = HttpApiSchema.WithHeaders(problem(402), {
  "www-authenticate": text("Challenges of the Payment scheme, one a way to pay")
})

/** Nothing can be sold or said now; `moved` says whether money may have moved. */
export const Unavailable = HttpApiSchema.WithHeaders(problem(503), { "retry-after": text("Seconds") })

/**
 * Everything that a paid endpoint refuses with: the `error` of its middleware. Besides those two a request that cannot be read
 * (400), a key or a credential that belongs to another one (409), one that is too large (413), and a price that is none (500).
 */
export const errors = [problem(400), PaymentRequired, problem(409), problem(413), problem(500), Unavailable] as const

const receipt = {
  description: "The receipt: Base64URL of JSON",
  required: true,
  schema: { type: "string" }
}

const methodsOf = (spec: Record<string, unknown>): ReadonlyArray<unknown> =>
  Object.values(Predicate.isObject(spec["paths"]) ? spec["paths"] : {}).flatMap((path) =>
    Predicate.isObject(path) ? Object.values(path) : []
  )

/** Adds the receipt to what a paid endpoint answers when it is paid: the header of every answer below 400 beside a 402. */
export const receipts: Context.Service.Shape<typeof OpenApi.Transform> = (spec) => {
  for (const method of methodsOf(spec)) {
    const responses = Predicate.isObject(method) ? (method as Record<string, unknown>)["responses"] : undefined
    if (!Predicate.isObject(responses) || !("402" in responses)) continue
    for (const [status, response] of Object.entries(responses)) {
      if (Number(status) < 400 && Predicate.isObject(response)) {
        const { headers } = response as { readonly headers?: object }
        Object.assign(response, { headers: { ...headers, [Receipt.header]: receipt } })
      }
    }
  }
  return spec
}
