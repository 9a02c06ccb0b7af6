/**
 * Requests for consent, from the asking to the fetching of the token.
 *
 * `pending → granting → approved`, or `pending → refused`. A decision is made once; who comes second finds it made. Nothing here
 * gives way between looking and writing.
 */
import type { Asked } from "./asking.ts"
import * as Secrets from "./secrets.ts"

/** How long a principal has to decide, and after that the agent to fetch. */
export const lifetime = 600_000

/** The fewest seconds between two questions of an agent (RFC 8628). */
export const interval = 2

/** How many requests are kept at a time. */
const capacity = 1_000

/** Where a request stands. `at` is when the principal decided. */
export type State =
  | { readonly _tag: "Pending" }
  | { readonly _tag: "Granting"; readonly account: string }
  | { readonly _tag: "Approved"; readonly account: string; readonly at: number; readonly tokenId: string }
  | { readonly _tag: "Refused"; readonly account: string; readonly at: number }

export interface ConsentRequest {
  /** In the address of the consent page. It shows the page and fetches nothing. */
  readonly handle: string
  readonly userCode: string
  readonly asked: Asked
  readonly expiresAt: number
  state: State
  asks: number | undefined
}

/** What an agent is told that asks for its token. */
export type Progress =
  | { readonly _tag: "Unknown" | "TooFast" | "Waiting" | "Expired" | "Refused" }
  | { readonly _tag: "Approved"; readonly request: ConsentRequest; readonly tokenId: string }

export interface Requests {
  /** `undefined` where there are too many. */
  readonly open: (
    asked: Asked,
    now: number
  ) => { readonly request: ConsentRequest; readonly deviceCode: string } | undefined
  readonly find: (handle: string) => ConsentRequest | undefined
  /** Writes down that a request was granted. */
  readonly granted: (request: ConsentRequest, tokenId: string, account: string, at: number) => void
  /** What the agent called itself that a token was granted to. */
  readonly nameOf: (tokenId: string) => string | undefined
  /** The agent asks: with the code it was given, its own name, and the verifier that only it knows. */
  readonly progress: (deviceCode: string, clientId: string, verifier: string, now: number) => Progress
}

/** When nobody needs a request any more. */
const end = ({ expiresAt, state }: ConsentRequest): number =>
  state._tag === "Approved" || state._tag === "Refused" ? Math.max(expiresAt, state.at + lifetime) : expiresAt

/** Whether it waits for a decision still. */
export const isOpen = ({ expiresAt, state }: ConsentRequest, now: number): boolean =>
  state._tag === "Pending" && now < expiresAt

/** No requests. */
export const make = (bytes: (size: number) => Uint8Array): Requests => {
  const byHandle = Secrets.vault<ConsentRequest>()
  const byCode = Secrets.vault<ConsentRequest>()
  const names = new Map<string, string>()

  const progressOf = (request: ConsentRequest, now: number): Progress => {
    const last = request.asks
    request.asks = now
    if (now >= end(request)) return { _tag: "Expired" }
    const { state } = request
    if (state._tag === "Approved") return { _tag: "Approved", request, tokenId: state.tokenId }
    if (state._tag === "Refused") return { _tag: "Refused" }
    return { _tag: last !== undefined && now - last < interval * 1_000 ? "TooFast" : "Waiting" }
  }

  return {
    open: (asked, now) => {
      // An expired request is told from an unknown one for as long again.
      const over = (request: ConsentRequest) => now >= end(request) + lifetime
      byHandle.sweep(over)
      byCode.sweep(over)
      if (byHandle.size() >= capacity) return undefined
      const [handle, deviceCode] = [Secrets.make(bytes), Secrets.make(bytes)]
      const userCode = Secrets.userCode(bytes)
      const request: ConsentRequest = {
        handle,
        userCode,
        asked,
        expiresAt: now + lifetime,
        state: { _tag: "Pending" },
        asks: undefined
      }
      byHandle.set(handle, request)
      byCode.set(deviceCode, request)
      return { request, deviceCode }
    },
    find: (handle) => byHandle.get(handle),
    granted: (request, tokenId, account, at) => {
      request.state = { _tag: "Approved", account, at, tokenId }
      names.set(tokenId, request.asked.name)
    },
    nameOf: (tokenId) => names.get(tokenId),
    progress: (deviceCode, clientId, verifier, now) => {
      const request = byCode.get(deviceCode)
      return request === undefined ||
        request.asked.clientId !== clientId ||
        !Secrets.proves(verifier, request.asked.challenge)
        ? { _tag: "Unknown" }
        : progressOf(request, now)
    }
  }
}
