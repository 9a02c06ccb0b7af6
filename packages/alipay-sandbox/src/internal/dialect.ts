/**
 * How a protocol writes what the platform has to say. Gateway v2 and REST v3 each are one; the methods know neither.
 */
import type * as Effect from "effect/Effect"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import type { Answer, Failure } from "./failure.ts"

/** How an answer is sealed: rightly, or as a fault asks. */
export type Seal = "signed" | "unsigned" | "wrong-key" | "bad-signature" | "duplicate-keys"

/** An answer, written. */
export interface Written {
  readonly status: number
  readonly contentType: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export interface Dialect {
  /** The outcome of a method. `forged` is what `duplicate-keys` adds. */
  readonly write: (outcome: Answer, seal: Seal, forged?: Answer) => Effect.Effect<Written>
  /** A charge that is still being made. */
  readonly paying: (outTradeNo: string | undefined) => Effect.Effect<Written>
  /** A refusal of the request itself, never encrypted. */
  readonly refuse: (failure: Failure, seal: "signed" | "unsigned") => Effect.Effect<Written>
  /** A refusal that does not even name the method, unsigned. */
  readonly atTheDoor: (failure: Failure) => Written
}

/** The whole of it. */
export const response = ({ body, contentType, headers, status }: Written): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(body, { status, contentType, headers })
