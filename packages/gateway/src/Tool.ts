/**
 * A tool that the gateway sells: where it is, who made it, what it costs. What a configuration file becomes once it is read.
 */
import type * as Currency from "@paylayer/core/Currency"
import type { Price } from "@paylayer/core/Price"
import type { SpendingLimit } from "@paylayer/core/SpendingLimit"
import type { ByteSize } from "effect/ByteSize"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"

/** One value in each of some currencies. */
export type ByCurrency<A> = { readonly [C in Currency.Currency]?: A }

/** Where a tool is, and how far it is trusted. */
export interface Upstream {
  /** What is called: its path goes before the rest of the request's path. No user, no query, no fragment. */
  readonly url: URL
  readonly kind: "http" | "mcp"
  readonly timeout: {
    /** To open a connection, TLS included. */
    readonly connect: Duration.Duration
    /** From the request's end to the answer's head, and the longest silence in the answer's body. */
    readonly firstByte: Duration.Duration
    /** From the beginning to the answer's last byte. */
    readonly total: Duration.Duration
  }
  /** The largest request body. */
  readonly maxRequest: ByteSize
  /** The largest answer body. */
  readonly maxResponse: ByteSize
  /** The most calls at a time. */
  readonly concurrency: number
  /** Whether it may be at an address of this machine or of a private network. */
  readonly allowPrivate: boolean
  /** Headers that the gateway adds, for example its key for this tool. Names in lower case. */
  readonly headers: { readonly [name: string]: Redacted.Redacted<string> }
}

/** Nothing is asked for a call. */
export interface Free {
  readonly _tag: "Free"
}

/** The same for every call. */
export interface Fixed {
  readonly _tag: "Fixed"
  readonly price: Price
}

/** Where the number of units stands. */
export type Measure =
  | { readonly _tag: "Header"; readonly name: string }
  /** A JSON Pointer (RFC 6901) into the answer. */
  | { readonly _tag: "Json"; readonly pointer: string }
  /** The bytes of the answer's body. */
  | { readonly _tag: "Bytes" }

/** How an exact sum becomes a whole number of minor units. */
export type Rounding = "down" | "up" | "half-even"

/** So much for each unit of the answer. Known when the call is over, so `most` is authorized and what was measured is taken. */
export interface PerUnit {
  readonly _tag: "PerUnit"
  /** What is counted: `"token"`, `"row"`, `"byte"`. */
  readonly unit: string
  /** Micro-minor: millionths of a minor unit, so that CNY 0.00001 is 1000. */
  readonly perUnit: ByCurrency<bigint>
  /** What is authorized, and the most that one call costs. The same currencies as `perUnit`. */
  readonly most: Price
  readonly measure: Measure
  readonly rounding: Rounding
}

/** What a price function is asked about. */
export interface PricedRequest {
  readonly method: string
  /** The path below the tool and the query, as they were sent: `"/eu?year=2026"`. */
  readonly path: string
  /** In lower case; credentials are not among them. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
}

/** Decimals in major units, by currency: `{ CNY: "1.10" }`. */
export type Decimals = ByCurrency<string>

/** Depends on the request. Asked before payment, for at most ten seconds; one that fails sells nothing. */
export interface Asked {
  readonly _tag: "Asked"
  readonly price: (request: PricedRequest) => Decimals | Promise<Decimals> | Effect.Effect<Decimals, unknown>
}

/** Of an MCP server: what each of its tools costs. */
export interface PerTool {
  readonly _tag: "PerTool"
  readonly tools: ReadonlyMap<string, Fixed>
  /** What becomes of tools that are not listed. */
  readonly unlisted: "free" | "refused"
}

export type Pricing = Free | Fixed | PerUnit | Asked | PerTool

export interface Tool {
  /** Its name in paths and on charges: `/api/proxy/<slug>`. */
  readonly slug: string
  /** The developer's id. */
  readonly developer: string
  readonly title?: string
  readonly description?: string
  readonly upstream: Upstream
  /** Of an HTTP upstream: what may be asked of it. */
  readonly methods: ReadonlyArray<string>
  readonly price: Pricing
  /** The merchant category that mandates are checked against. */
  readonly category?: string
  /** What may be spent on this tool, whatever mandates say. */
  readonly limits: ReadonlyArray<SpendingLimit>
  /** Ids of the protocols it takes. Absent: all that are installed. */
  readonly protocols?: ReadonlyArray<string>
}

/**
 * The tool of a charge, from `charge.tool`: a tool of an MCP server is charged under `<slug>/<name>`.
 */
export const slugOf = (charged: string): string => charged.split("/", 1)[0]!
