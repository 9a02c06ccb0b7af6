/**
 * `fetch` that pays: a function like the global one, which stays as it is.
 *
 * @example
 * const runtime = ManagedRuntime.make(payer)
 * const fetch = PaidFetch.make(runtime)
 * const response = await fetch("https://merchant.example/report", { method: "POST", body })
 * Receipt.fromHeader(response.headers.get(Receipt.header) ?? "")
 *
 * ## Details
 *
 * - A call that costs nothing is answered as by `fetch`. One that is answered 402 is paid for and sent again, with the body that was
 *   read before. What the merchant then says, good or bad, is the response; this side's own refusals reject with `PurchaseError`.
 * - Credentials go to the origin that was called and to no other: over TLS, or on this machine. A request that was redirected
 *   elsewhere is not paid for, and the answer to a paid request is not followed if it is a redirect.
 * - An `Idempotency-Key` of the caller's own makes calls with that key one purchase.
 * - Aborting rejects with the signal's reason. Where money may have moved by then, the same call again asks for the answer.
 * - With Effect's `HttpClient`: `FetchHttpClient.layer` with `FetchHttpClient.Fetch` set to this function.
 */
import { buying } from "./internal/fetching.ts"
import { promising, type Services } from "./internal/promising.ts"

export interface Options {
  /** What sends. Default: the global `fetch`, as it is when this is made. */
  readonly fetch?: typeof globalThis.fetch
  /** The origins that may be paid: `"https://merchant.example"`. Default: any. */
  readonly merchants?: ReadonlyArray<string>
}

/** A layer gets a runtime of its own, so give one only where there is a single `make`. */
export const make = <E>(services: Services<E>, options: Options = {}): typeof globalThis.fetch => {
  const promised = promising(services)
  // oxlint-disable-next-line no-restricted-globals -- what is wrapped is fetch itself
  const sending = options.fetch ?? globalThis.fetch
  const merchants = options.merchants === undefined ? undefined : new Set(options.merchants)
  return async (input, init) => {
    const request = new Request(input, init)
    return promised(buying(sending, request, merchants), request.signal)
  }
}
