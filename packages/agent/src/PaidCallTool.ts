/**
 * `callTool` that pays: a function like the one of the official SDK's client, which stays as it is.
 *
 * @example
 * const callTool = PaidCallTool.make(payer, client, { server: "https://tools.example" })
 * const result = await callTool({ name: "report", arguments: { market: "tea" } })
 * result._meta?.[PaymentMeta.receipt]
 *
 * ## Details
 *
 * - A tool that costs nothing is called once. One whose result asks for payment is paid for and called again, with the wallet's
 *   headers as entries of `_meta`. What the server then says, good or bad, is the result, with its receipt in `_meta`; this side's
 *   own refusals reject with `PurchaseError`.
 * - Servers that keep to draft-payment-transport-mcp are paid too: their JSON-RPC error -32042 asks for payment where it lists
 *   challenges. Where a challenge came by the names of that draft, `org.paymentauth/credential` gives it back beside the wallet's
 *   own names, as it came: a host that signs its challenges then sells at the price that was agreed to, or not at all.
 * - An `idempotency-key` among `_meta` of the caller's own makes calls with that key one purchase.
 * - Aborting rejects with the signal's reason; `timeout` holds for each request that is sent, and before payment rejects as the
 *   SDK does. Where money may have moved by then, the same call again asks for the answer with the same key and pays nothing more.
 * - A tool's own error (`isError` without a problem document or a receipt) counts as not charged, an internal error of JSON-RPC as
 *   unresolved.
 * - Structured content is held against the output schema as the SDK does it, once the answer is bought and written down.
 * - Calls that ask for a task are passed on and not paid for.
 *
 * ## Gotchas
 *
 * - A transport that follows redirects carries `_meta` along. Make it with `PaidTransport`, which goes to no other origin.
 */
import type { Client } from "@modelcontextprotocol/sdk/client/index.js"
import { callingTools } from "./internal/toolCalling.ts"
import { promising, type Services } from "./internal/promising.ts"

export interface Options {
  /**
   * Who is paid, as this side knows it: the URL that the transport connects to, of which the origin counts, or a name for a server
   * that has none. Budgets per merchant are counted by it, and an answer that was lost is asked for there.
   */
  readonly server: string
}

/** A layer gets a runtime of its own, so give one only where there is a single `make`. */
export const make = <E>(services: Services<E>, client: Client, { server }: Options): Client["callTool"] => {
  const promised = promising(services)
  const calling = callingTools(server)
  /** The SDK's own `callTool`, whose requests are bought: its checks come after the purchase is settled. */
  const buying: Client = Object.create(client, {
    request: {
      value: (({ params }, resultSchema, options) =>
        promised(
          calling(params as never, (paying, signal) =>
            client.request({ method: "tools/call", params: paying }, resultSchema, { ...options, signal })
          ),
          options?.signal
        )) satisfies Client["request"]
    }
  })
  return (params, resultSchema, options) =>
    (params.task === undefined && options?.task === undefined ? buying : client).callTool(params, resultSchema, options)
}
