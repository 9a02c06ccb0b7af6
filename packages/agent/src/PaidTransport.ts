/**
 * The official SDK's transport for streamable HTTP, which never takes a credential to another origin: not by a redirect, whatever
 * its `redirectPolicy` says, and not in a version of the SDK that follows them all.
 *
 * @example
 * const server = "https://tools.example/mcp"
 * await client.connect(PaidTransport.make(server))
 * const callTool = PaidCallTool.make(payer, client, { server })
 *
 * ## Details
 *
 * - A redirect to another origin rejects, and names it: connect there yourself where you mean to pay there. After a call that pays
 *   it counts as no answer: `unresolved`.
 * - A redirect within the origin is the SDK's to follow.
 */
import {
  StreamableHTTPClientTransport,
  type StreamableHTTPClientTransportOptions
} from "@modelcontextprotocol/sdk/client/streamableHttp.js"
import type { FetchLike } from "@modelcontextprotocol/sdk/shared/transport.js"
import { refuse } from "./PurchaseError.ts"

/** Where a response sends to, if it does. */
const target = ({ headers, status }: Response, url: URL): URL | undefined => {
  const location = status >= 300 && status < 400 ? headers.get("location") : null
  return location !== null && URL.canParse(location, url.href) ? new URL(location, url) : undefined
}

/** `fetch` that follows nothing, and rejects what leads to another origin. */
const staying =
  (fetching: FetchLike): FetchLike =>
  async (input, init) => {
    const response = await fetching(input, { ...init, redirect: "manual" })
    const url = new URL(input)
    const other = target(response, url)
    if (other === undefined || other.origin === url.origin) return response
    await response.body?.cancel()
    throw refuse("merchant-not-allowed", `${url.origin} redirects to ${other.origin}; connect there to pay there`)
  }

/** Takes what the SDK's transport takes; `fetch` there is what sends. */
export const make = (
  url: string | URL,
  options: StreamableHTTPClientTransportOptions = {}
): StreamableHTTPClientTransport => {
  // oxlint-disable-next-line no-restricted-globals -- what is wrapped is fetch itself
  const sending = options.fetch ?? globalThis.fetch
  return new StreamableHTTPClientTransport(new URL(url), { ...options, fetch: staying(sending) })
}
