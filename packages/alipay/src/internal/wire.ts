/** What the two protocols of the Open Platform, gateway v2 and REST v3, have in common: a request, and an answer to be judged. */
import type * as Redacted from "effect/Redacted"
import type * as Effect from "effect/Effect"
import type { HttpClientRequest } from "effect/http/HttpClientRequest"
import type { HttpClientResponse } from "effect/http/HttpClientResponse"
import type * as Result from "effect/Result"
import type { AlipayKeys, Authenticity, Signed } from "../AlipayKeys.ts"
import type { AnswerJson } from "../GatewayAnswer.ts"
import type { Reason } from "../OpenPlatformError.ts"

/** One call of a method. */
export interface Call {
  readonly appId: string
  readonly method: string
  /** The content, without members that are undefined. */
  readonly content: AnswerJson
  readonly notifyUrl: string | undefined
  readonly appAuthToken: Redacted.Redacted<string> | undefined
  readonly keys: AlipayKeys
  /** Epoch milliseconds. */
  readonly now: number
}

/** An answer, taken apart. Nothing in it is believed yet. */
export interface Heard {
  readonly signed: Signed
  /** What a trace may say of it. */
  readonly codes: { readonly code?: unknown; readonly sub_code?: unknown }
  /** What it means, once its signature has been looked at. */
  readonly judge: (authenticity: Authenticity) => Result.Result<AnswerJson, Reason>
}

export interface Wire {
  readonly request: (call: Call) => Effect.Effect<HttpClientRequest>
  /** The header that names the exchange. */
  readonly traceHeader: string
  /** Why an answer of this status is not even read. */
  readonly unreadable: (status: number) => Reason | undefined
  readonly read: (call: Call, response: HttpClientResponse, bytes: Uint8Array) => Result.Result<Heard, Reason>
}
