/**
 * What the gateway itself says where it does not answer a call: problem documents (RFC 9457) of the same shape as a paywall's.
 * Nothing is charged for any of them.
 */
import * as Problem from "@paylayer/http/Problem"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { Reason, UpstreamError } from "./UpstreamError.ts"

interface Entry {
  readonly status: number
  readonly title: string
  readonly retry: Problem.Problem["retry"]
  readonly hint: string
}

const later = "Try again later; nothing was charged."
const tell = "Tell the operator of the gateway; nothing was charged."

/** By code. */
export const catalogue = {
  tool_not_found: { status: 404, title: "No such tool", retry: "never", hint: "Look at the slug in the path." },
  path_invalid: {
    status: 400,
    title: "Path not accepted",
    retry: "after-correction",
    hint: "Send a path without dot segments and backslashes, encoded or not."
  },
  method_not_allowed: {
    status: 405,
    title: "Method not allowed",
    retry: "after-correction",
    hint: "The header Allow lists the methods of this tool."
  },
  request_too_large: {
    status: 413,
    title: "Request too large",
    retry: "after-correction",
    hint: "Send a smaller body; nothing was charged."
  },
  tool_busy: { status: 503, title: "Tool busy", retry: "retryable", hint: later },
  upstream_unreachable: { status: 502, title: "Tool not reachable", retry: "retryable", hint: later },
  upstream_forbidden: { status: 502, title: "Tool not called", retry: "never", hint: tell },
  upstream_timeout: { status: 504, title: "Tool too slow", retry: "retryable", hint: later },
  upstream_broken: { status: 502, title: "Answer broken off", retry: "retryable", hint: later },
  upstream_invalid: { status: 502, title: "Answer not usable", retry: "retryable", hint: tell },
  upstream_too_large: {
    status: 502,
    title: "Answer too large",
    retry: "after-correction",
    hint: "Ask for less; nothing was charged."
  },
  upstream_redirected: { status: 502, title: "Tool moved", retry: "never", hint: tell },
  upstream_asked_payment: { status: 502, title: "Tool asks for payment", retry: "never", hint: tell },
  upstream_unmeasured: { status: 502, title: "Answer without measure", retry: "never", hint: tell }
} as const satisfies Record<string, Entry>

export type Code = keyof typeof catalogue

const codes = {
  unreachable: "upstream_unreachable",
  forbidden: "upstream_forbidden",
  timeout: "upstream_timeout",
  broken: "upstream_broken",
  invalid: "upstream_invalid",
  "too-large": "upstream_too_large",
  redirected: "upstream_redirected",
  "asked-payment": "upstream_asked_payment",
  unmeasured: "upstream_unmeasured",
  "request-too-large": "request_too_large"
} as const satisfies Record<Reason, Code>

/** Seconds, for whoever may ask again. */
const patience = 1

export const document = (code: Code, detail: string, charge?: string): Problem.Problem => {
  const { hint, retry, status, title }: Entry = catalogue[code]
  return {
    type: `urn:paylayer:problem:${code}`,
    title,
    status,
    detail,
    code,
    hint,
    retry,
    moved: "no",
    ...(status === 503 ? { retry_after: patience } : {}),
    ...(charge === undefined ? {} : { charge_id: charge }),
    accepts: []
  }
}

export interface Options {
  readonly headers?: Readonly<Record<string, string>>
  /** The charge that came to nothing by it. */
  readonly charge?: string | undefined
}

export const make = (
  code: Code,
  detail: string,
  { charge, headers = {} }: Options = {}
): HttpServerResponse.HttpServerResponse => {
  const problem = document(code, detail, charge)
  return HttpServerResponse.text(Problem.print(problem), {
    status: problem.status,
    contentType: Problem.contentType,
    headers: {
      "cache-control": "no-store",
      ...(problem.retry_after === undefined ? {} : { "retry-after": String(problem.retry_after) }),
      ...headers
    }
  })
}

export const codeOf = ({ reason }: UpstreamError): Code => codes[reason]

export const fromUpstream = (error: UpstreamError, charge: string | undefined): HttpServerResponse.HttpServerResponse =>
  make(codeOf(error), error.detail, { charge })
