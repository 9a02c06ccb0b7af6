/**
 * Refusals of the control endpoints: problem documents of RFC 9457.
 */
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as ProblemDetails from "effect/http/ProblemDetails"

/** What is wrong with one member of a request, as a JSON Pointer and a sentence. */
export interface Member {
  readonly path: string
  readonly message: string
}

export const problem = (
  status: number,
  title: string,
  detail: string,
  errors: ReadonlyArray<Member> = []
): HttpServerResponse =>
  ProblemDetails.toResponse({
    type: "about:blank",
    status,
    title,
    detail,
    ...(errors.length === 0 ? {} : { errors })
  })
