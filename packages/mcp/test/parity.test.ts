// One protocol, three doors: what an agent lives through over HTTP it lives through over MCP, call by call and to the last fen.
import { assert, describe, it } from "@effect/vitest"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import * as SandboxConfig from "@paylayer/alipay-sandbox/SandboxConfig"
import * as SandboxHttpClient from "@paylayer/alipay-sandbox/SandboxHttpClient"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Money from "@paylayer/core/Money"
import { Paywall } from "@paylayer/core/Paywall"
import * as Receipt from "@paylayer/core/Receipt"
import * as FetchHandler from "@paylayer/http/FetchHandler"
import * as Problem from "@paylayer/http/Problem"
import type { CallToolResult } from "@modelcontextprotocol/sdk/types.js"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Ticket from "../../core/test/protocols/Ticket.ts"
import * as Voucher from "../../core/test/protocols/Voucher.ts"
import { type Connect, effectful, inMemory, read, type Shop } from "./hosts.ts"

type Headers = Readonly<Record<string, string>>

/** What was heard: the code of the refusal or the money of the receipt, and whether money moved or the answer was a stored one. */
interface Told {
  readonly said: string
  /** What a challenge says that the payment has to be bound to. */
  readonly binding: unknown
}

type Ask = (headers?: Headers, market?: string, resource?: "a" | "b") => Promise<Told>
type Door = (shop: Shop<unknown>) => Promise<{ readonly ask: Ask; readonly close: () => Promise<unknown> }>

const told = (problem: Problem.Problem | undefined, receipt: Receipt.Receipt | undefined, replayed: boolean): Told => ({
  said:
    problem === undefined
      ? `${receipt === undefined ? "nothing" : Money.print(receipt.money)}${replayed ? " again" : ""}`
      : `${problem.code} ${problem.moved}`,
  binding: problem?.accepts.find(({ protocol }) => protocol === "ticket")?.details["binding"]
})

const overHttp: Door = async ({ handle, paid, services }) => {
  const runtime = ManagedRuntime.make(services)
  const sell = FetchHandler.make(runtime, { ...paid, price: paid.price as never })(async (request) => {
    const made = await handle((await request.json()) as Record<string, unknown>)
    return "text" in made ? new Response(made.text) : new Response(made.error, { status: 500 })
  })
  return {
    close: () => runtime.dispose(),
    ask: async (headers = {}, market = "tea", resource = "a") => {
      const body = JSON.stringify({ market })
      const init = { method: "POST", headers: { ...headers, "content-type": "application/json" }, body }
      const response = await sell(new Request(`http://localhost/${resource}`, init))
      const problem = Result.getOrUndefined(Problem.parse(await response.text()))
      const receipt = response.headers.get(Receipt.header)
      return told(
        problem,
        receipt === null ? undefined : Result.getOrThrow(Receipt.fromHeader(receipt)),
        response.headers.has("idempotency-replayed")
      )
    }
  }
}

const overMcp =
  (connect: Connect): Door =>
  async (shop) => {
    const { client, close } = await connect(shop)
    return {
      close,
      ask: async (headers = {}, market = "tea", resource = "a") => {
        const result = await client.callTool({ name: resource, arguments: { market }, _meta: headers })
        const { problem, receipt, replayed } = read(result as CallToolResult)
        return told(problem, receipt, replayed)
      }
    }
  }

const doors: ReadonlyArray<readonly [string, Door]> = [
  ["HTTP", overHttp],
  ["the official SDK", overMcp(inMemory)],
  ["Effect's McpServer", overMcp(effectful("meta"))]
]

const price: Shop["paid"]["price"] = [Money.of("CNY", 1500n)]
const quiet = Layer.merge(LedgerMemory.layerSilent, Logger.layer([]))

/** Lives a story through every door, each time in a world of its own. */
const everyDoor = (
  promise: string,
  story: () => Promise<{
    readonly services: Layer.Layer<Paywall, unknown>
    readonly live: (ask: Ask) => Promise<ReadonlyArray<string>>
  }>,
  expected: ReadonlyArray<string>
) =>
  it.each(doors)(`${promise} through %s`, async (_, door) => {
    const { live, services } = await story()
    let runs = 0
    const { ask, close } = await door({ services, paid: { price }, handle: async () => ({ text: `run ${++runs}` }) })
    try {
      assert.deepStrictEqual([...(await live(ask)), `${runs} runs`], expected)
    } finally {
      await close()
    }
  })

describe("what happens happens", () => {
  const shop = () => {
    const bank = Voucher.makeBank()
    const office = Ticket.makeOffice()
    const services = Paywall.layer([Voucher.Voucher, Ticket.Ticket]).pipe(
      Layer.provide([Voucher.Voucher.layer, Ticket.Ticket.layer]),
      Layer.provide([Layer.succeed(Voucher.VoucherBank, bank), Layer.succeed(Ticket.TicketOffice, office), quiet])
    )
    return { bank, office, services }
  }
  const key = (name: string): Headers => ({ "idempotency-key": name })

  everyDoor(
    "with a voucher that is used many times",
    async () => {
      const { bank, services } = shop()
      bank.budgets.set("m-1", 4500n)
      const voucher = Voucher.mint()
      const small = Voucher.mint({ id: "m-2", perCharge: [Money.of("CNY", 100n)] })
      return {
        services,
        live: async (ask) => {
          const heard = [
            await ask(),
            await ask({ "x-voucher": "rubbish" }),
            await ask({ ...voucher, authorization: `Voucher ${small["x-voucher"]}` }),
            await ask({ ...voucher, "x-ticket": "t" }),
            await ask(small),
            await ask({ ...voucher, ...key("k") }),
            await ask({ ...voucher, ...key("k") }),
            await ask({ ...voucher, ...key("k") }, "silk"),
            await ask({ ...voucher, ...key("k") }, "tea", "b")
          ]
          bank.faults.set("settle", "decline")
          heard.push(await ask({ ...voucher, ...key("l") }), await ask({ ...voucher, ...key("l") }))
          bank.faults.set("settle", "lost")
          heard.push(await ask(voucher), await ask(voucher))
          return [...heard.map(({ said }) => said), `${bank.movements.size} moved, ${bank.holds.size} held`]
        }
      }
    },
    [
      "payment_required no",
      "credential_malformed no",
      "credential_ambiguous no",
      "credential_ambiguous no",
      "limit_exceeded no",
      "CNY 15.00",
      "CNY 15.00 again",
      "idempotency_conflict no",
      "idempotency_conflict no",
      "payment_declined no",
      "CNY 15.00",
      "CNY 15.00",
      "budget_exceeded no",
      "3 moved, 0 held",
      "4 runs"
    ]
  )

  everyDoor(
    "with a ticket that was paid for before and buys one call",
    async () => {
      const { office, services } = shop()
      return {
        services,
        live: async (ask) => {
          const asked = await ask()
          const ticket = Ticket.buy(office, { binding: String(asked.binding), money: Money.of("CNY", 1500n) })
          const cheap = Ticket.buy(office, { binding: String(asked.binding), money: Money.of("CNY", 1n) }, "t-2")
          const heard = [
            asked,
            await ask(ticket, "silk"),
            await ask(ticket, "tea", "b"),
            await ask(cheap),
            await ask(ticket),
            await ask(ticket)
          ]
          return [...heard.map(({ said }) => said), `${office.movements.size} confirmed`]
        }
      }
    },
    [
      "payment_required no",
      "binding_mismatch yes",
      "binding_mismatch yes",
      "binding_mismatch yes",
      "CNY 15.00",
      "CNY 15.00 again",
      "1 confirmed",
      "1 runs"
    ]
  )

  everyDoor(
    "with an agent token, against the sandbox of the Open Platform",
    async () => {
      const sandbox = await Effect.runPromise(
        AlipaySandbox.use(Effect.succeed).pipe(Effect.provide(AlipaySandbox.layer))
      )
      const platform = Layer.succeed(AlipaySandbox, sandbox)
      const issue = (terms: Parameters<typeof sandbox.issue>[0]) =>
        Effect.runPromise(Effect.orDie(sandbox.issue(terms)))
      const headers = ({ token }: { readonly token: Redacted.Redacted<string> }, more: Headers = {}): Headers => ({
        "x-alipay-agent-token": Redacted.value(token),
        ...more
      })
      return {
        services: Paywall.layer([AlipayTrust]).pipe(
          Layer.provide(AlipayTrust.layer),
          Layer.provide(OpenPlatform.layer),
          Layer.provide([SandboxConfig.layer, SandboxHttpClient.layer]),
          Layer.provide([platform, quiet])
        ),
        live: async (ask) => {
          const token = await issue({ max_total_amount: "40.00" })
          const small = await issue({ ext: { commerce: { max_single_amount: "10.00" } } })
          const bound = await issue({ sid: "session-1" })
          const opaque = await issue({ opaque: true })
          const revoked = await issue({})
          await Effect.runPromise(Effect.orDie(sandbox.revoke(revoked.id)))
          const heard = [
            await ask(),
            await ask({ "x-alipay-agent-token": "alipay_agent_token_rubbish.a.b" }),
            await ask(headers(token, { authorization: `Bearer ${Redacted.value(small.token)}` })),
            await ask(headers(small)),
            await ask(headers(bound, { "x-alipay-session-id": "session-2" })),
            await ask(headers(revoked)),
            await ask(headers(token, key("k"))),
            await ask(headers(token, key("k"))),
            await ask(headers(token, key("k")), "silk"),
            await ask({ authorization: `Bearer ${Redacted.value(token.token)}` }),
            await ask(headers(token)),
            await ask(headers(bound, { "x-alipay-session-id": "session-1" })),
            await ask(headers(opaque))
          ]
          const movements = await Effect.runPromise(sandbox.movements)
          return [...heard.map(({ said }) => said), movements.map(({ amount }) => amount).join(" ")]
        }
      }
    },
    [
      "payment_required no",
      "credential_malformed no",
      "credential_ambiguous no",
      "limit_exceeded no",
      "session_mismatch no",
      "credential_revoked no",
      "CNY 15.00",
      "CNY 15.00 again",
      "idempotency_conflict no",
      "CNY 15.00",
      "budget_exceeded no",
      "CNY 15.00",
      "CNY 15.00",
      "15.00 15.00 15.00 15.00",
      "4 runs"
    ]
  )
})
