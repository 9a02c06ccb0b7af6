// What every host must get right, whatever carries the call: one list of cases for HTTP and for MCP. A transport says how a
// call is made and read; `everyHost(transport)` asks the rest. A skip needs a reason and the exact promise.
import { assert, describe, it } from "@effect/vitest"
import type * as Paywall from "@paylayer/core/Paywall"
import type { Price } from "@paylayer/core/Price"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import { Refusal } from "@paylayer/core/Refusal"
import type { Receipt } from "@paylayer/core/Receipt"
import type { Problem } from "@paylayer/http/Problem"
import * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"
import type { Provider } from "./protocols.ts"

/** One call of what is sold. */
export interface Call {
  readonly resource: "a" | "b"
  /** The body of a POST, the arguments of a tool. */
  readonly args?: Schema.JsonObject
  /** Credential and idempotency key, by the names that headers have. */
  readonly headers?: Readonly<Record<string, string>>
  /** The client going away. */
  readonly signal?: AbortSignal
}

/** What the caller was told. */
export interface Reply {
  /** What was sold. */
  readonly text: string | undefined
  /** Why nothing was. Neither of the two: the handler's own failure. */
  readonly problem: Problem | undefined
  readonly receipt: Receipt | undefined
  /** Whether this is the stored answer of an earlier, equal call. */
  readonly replayed: boolean
  /** Everything that came over the wire, to look for what must not be in it. */
  readonly wire: string
}

/** What a handler makes: what is sold, or an error of its own, in the way of its transport (500, `isError`). */
export type Made = { readonly text: string } | { readonly error: string }

/** What is sold, and how. */
export interface Setup {
  readonly handler?: (call: { readonly args: unknown; readonly run: number }) => Promise<Made> | Made
  readonly price?: () => Effect.Effect<Price, unknown>
  readonly paywall?: Paywall.Options
  readonly ledger?: "down"
}

export interface Selling {
  readonly provider: Provider
  /** How often the handler has been run. */
  readonly runs: () => number
  /** Rejects only where the client went away. */
  readonly call: (call: Call) => Promise<Reply>
  /** `x-stub` for exactly this call. */
  readonly proof: (call: Call) => string
  readonly dispose: () => Promise<void>
}

export interface Transport {
  readonly name: string
  readonly serve: (setup: Setup) => Promise<Selling>
  /** Promises that cannot be asked here, and why. */
  readonly skips?: Readonly<Record<string, string>>
}

interface Case {
  readonly promise: string
  readonly setup?: Setup
  readonly check: (selling: Selling) => Promise<void>
}

export const coin = (key?: string): Readonly<Record<string, string>> => ({
  "x-coin": "ok:alice",
  ...(key === undefined ? {} : { "idempotency-key": key })
})

const turn = () => new Promise((resolve) => setTimeout(resolve, 1))
const args = { market: "tea", region: "asia" }
const secret: Setup["handler"] = () => ({ text: "the secret answer" })

/** Calls, and goes away as soon as the handler runs. */
const leaving = async ({ call, runs }: Selling) => {
  const controller = new AbortController()
  const gone = call({ resource: "a", args, headers: coin("k"), signal: controller.signal }).catch(() => {})
  while (runs() === 0) await turn()
  controller.abort()
  await gone
}

const refusal = (reason: PaymentError.Reason) => new Refusal({ error: PaymentError.make(reason), offers: [] })

const code = ({ problem }: Reply) => problem?.code

export const cases: ReadonlyArray<Case> = [
  {
    promise: "an unpaid call is told every way to pay, and the handler does not run",
    check: async ({ call, runs }) => {
      const { problem, receipt } = await call({ resource: "a", args })
      assert.deepStrictEqual([problem?.code, problem?.moved, receipt], ["payment_required", "no", undefined])
      assert.deepStrictEqual(
        problem?.accepts.map((accept) => `${accept.protocol} ${accept.currency} ${accept.amount}`),
        ["coin CNY 15.00", "coin USD 2.10", "stub CNY 15.00", "stub USD 2.10"]
      )
      assert.strictEqual(runs(), 0)
    }
  },
  {
    promise: "a paid call gets the answer and a receipt of exactly its price",
    check: async ({ call, provider, runs }) => {
      const { receipt, replayed, text } = await call({ resource: "a", args, headers: coin() })
      assert.strictEqual(text, "42")
      assert.strictEqual(receipt === undefined ? undefined : Money.print(receipt.money), "CNY 15.00")
      assert.deepStrictEqual([replayed, runs(), provider.settled.size], [false, 1, 1])
    }
  },
  {
    promise: "the same proof twice: one run, one settlement, the same answer and receipt",
    setup: { handler: ({ run }) => ({ text: `run ${run}` }) },
    check: async ({ call, proof, provider, runs }) => {
      const once: Call = { resource: "a", args }
      const paid: Call = { ...once, headers: { "x-stub": proof(once) } }
      const [first, second] = [await call(paid), await call(paid)]
      assert.deepStrictEqual([first.text, second.text], ["run 1", "run 1"])
      assert.deepStrictEqual(second.receipt, first.receipt)
      assert.deepStrictEqual([first.replayed, second.replayed], [false, true])
      assert.deepStrictEqual([runs(), provider.settleCalls, provider.settled.size], [1, 1, 1])
    }
  },
  {
    promise: "20 copies of one proof at once: one run, one settlement, one answer; the others are told to wait",
    setup: {
      handler: async ({ run }) => {
        for (let turns = 0; turns < 10; turns++) await turn()
        return { text: `run ${run}` }
      }
    },
    check: async ({ call, proof, provider, runs }) => {
      const once: Call = { resource: "a", args }
      const paid: Call = { ...once, headers: { "x-stub": proof(once) } }
      const replies = await Promise.all(Array.from({ length: 20 }, () => call(paid)))
      assert.deepStrictEqual([runs(), provider.settleCalls, provider.settled.size], [1, 1, 1])
      const fresh = replies.filter(({ replayed, text }) => text !== undefined && !replayed)
      assert.strictEqual(fresh.length, 1)
      for (const reply of replies.filter(({ text }) => text === undefined)) {
        assert.deepStrictEqual([code(reply), reply.problem?.retry_after], ["charge_in_flight", 1])
      }
      assert.strictEqual((await call(paid)).text, "run 1")
      assert.strictEqual(runs(), 1)
    }
  },
  {
    promise: "a provider that says yes to every settlement unlocks one delivery, not one per copy",
    setup: { handler: ({ run }) => ({ text: `run ${run}` }) },
    check: async ({ call, proof, provider, runs }) => {
      const once: Call = { resource: "a", args }
      const paid: Call = { ...once, headers: { "x-stub": proof(once) } }
      for (let copy = 0; copy < 20; copy++) assert.strictEqual((await call(paid)).replayed, copy > 0)
      assert.deepStrictEqual([runs(), provider.settleCalls], [1, 1])
    }
  },
  {
    promise: "a handler that answers an error is not paid, its answer passes through and its key is free again",
    setup: { handler: ({ run }) => (run === 1 ? { error: "broken" } : { text: "whole" }) },
    check: async ({ call, provider }) => {
      const reply = await call({ resource: "a", args, headers: coin("k") })
      assert.deepStrictEqual([reply.text, reply.problem, reply.receipt], [undefined, undefined, undefined])
      assert.include(reply.wire, "broken")
      assert.deepStrictEqual([provider.settleCalls, provider.released], [0, 1])
      assert.strictEqual((await call({ resource: "a", args, headers: coin("k") })).text, "whole")
      assert.strictEqual(provider.settled.size, 1)
    }
  },
  {
    promise: "a handler that throws is not paid",
    setup: {
      handler: () => {
        throw new Error("oh no")
      }
    },
    check: async ({ call, provider }) => {
      const reply = await call({ resource: "a", args, headers: coin() })
      assert.deepStrictEqual([reply.text, reply.receipt], [undefined, undefined])
      assert.deepStrictEqual([provider.settleCalls, provider.released], [0, 1])
    }
  },
  {
    promise: "a client that goes away while the handler works is not charged",
    setup: { handler: () => new Promise(() => {}) },
    check: async (selling) => {
      await leaving(selling)
      while (selling.provider.released === 0) await turn()
      assert.strictEqual(selling.provider.settleCalls, 0)
    }
  },
  {
    promise: "with disconnect: finish, the sale ends without its client, and a repetition gets the answer",
    setup: {
      paywall: { disconnect: "finish" },
      handler: async () => {
        for (let turns = 0; turns < 30; turns++) await turn()
        return { text: "late" }
      }
    },
    check: async (selling) => {
      await leaving(selling)
      while (selling.provider.settled.size === 0) await turn()
      const again = await selling.call({ resource: "a", args, headers: coin("k") })
      assert.deepStrictEqual([again.text, again.replayed, selling.runs()], ["late", true, 1])
    }
  },
  {
    promise: "a settlement whose answer is lost is looked up, and delivered once with its receipt",
    check: async ({ call, provider, runs }) => {
      provider.settles = "lost"
      const reply = await call({ resource: "a", args, headers: coin("k") })
      assert.deepStrictEqual([reply.text, reply.receipt?.chargeId], ["42", [...provider.settled.keys()][0]])
      assert.deepStrictEqual([runs(), provider.settled.size], [1, 1])
    }
  },
  {
    promise: "an unknown settlement is told as such with the charge, is not payable again, and nothing leaks",
    setup: { handler: secret },
    check: async ({ call, provider }) => {
      provider.settles = "unknown"
      const reply = await call({ resource: "a", args, headers: coin("k") })
      const { problem } = reply
      assert.deepStrictEqual([problem?.code, problem?.moved, problem?.status], ["outcome_unknown", "unknown", 503])
      assert.match(problem?.charge_id ?? "", /^ch_/)
      assert.isAbove(problem?.retry_after ?? 0, 0)
      assert.deepStrictEqual(problem?.accepts, [])
      assert.notInclude(reply.wire, "secret")
    }
  },
  {
    promise: "a declined settlement is told as such, and nothing of the answer leaks",
    setup: { handler: secret },
    check: async ({ call, provider }) => {
      provider.settles = "decline"
      const reply = await call({ resource: "a", args, headers: coin() })
      assert.deepStrictEqual([code(reply), reply.problem?.moved], ["payment_declined", "no"])
      assert.notInclude(reply.wire, "secret")
    }
  },
  {
    promise: "a ledger that is down denies: nothing runs, nothing is charged",
    setup: { ledger: "down" },
    check: async ({ call, provider, runs }) => {
      const reply = await call({ resource: "a", args, headers: coin() })
      assert.deepStrictEqual([code(reply), reply.problem?.status], ["ledger_unavailable", 503])
      assert.deepStrictEqual([runs(), provider.verified, provider.settleCalls], [0, 0, 0])
    }
  },
  {
    promise: "a spending limit of the host that is reached denies before the provider is asked",
    setup: {
      paywall: { limits: [{ per: "host", window: "total", amount: Money.of("CNY", 1500n) }] }
    },
    check: async ({ call, provider, runs }) => {
      assert.strictEqual((await call({ resource: "a", args, headers: coin("1") })).text, "42")
      const verified = provider.verified
      assert.strictEqual(code(await call({ resource: "a", args, headers: coin("2") })), "spending_limit_reached")
      assert.deepStrictEqual([runs(), provider.verified, provider.settled.size], [1, verified, 1])
    }
  },
  {
    promise: "a proof for one resource does not buy another at the same price",
    check: async ({ call, proof, runs }) => {
      const headers = { "x-stub": proof({ resource: "a", args }) }
      assert.strictEqual(code(await call({ resource: "b", args, headers })), "binding_mismatch")
      assert.strictEqual(runs(), 0)
      assert.strictEqual((await call({ resource: "a", args, headers })).text, "42")
    }
  },
  {
    promise: "arguments swapped after payment are refused; the same ones in another order are not",
    check: async ({ call, proof, runs }) => {
      const headers = { "x-stub": proof({ resource: "a", args }) }
      const swapped = { ...args, market: "silk" }
      assert.strictEqual(code(await call({ resource: "a", args: swapped, headers })), "binding_mismatch")
      assert.strictEqual(runs(), 0)
      const reordered = { region: args.region, market: args.market }
      assert.strictEqual((await call({ resource: "a", args: reordered, headers })).text, "42")
    }
  },
  {
    promise: "the same key with other arguments is a conflict",
    check: async ({ call }) => {
      assert.strictEqual((await call({ resource: "a", args, headers: coin("k") })).text, "42")
      const other = await call({ resource: "a", args: { market: "silk" }, headers: coin("k") })
      assert.strictEqual(code(other), "idempotency_conflict")
    }
  },
  {
    promise: "the handler gets the arguments that were paid for",
    setup: { handler: ({ args }) => ({ text: JSON.stringify(args) }) },
    check: async ({ call }) => {
      const { text } = await call({ resource: "a", args, headers: coin() })
      assert.deepStrictEqual(JSON.parse(text ?? "null"), args)
    }
  },
  {
    promise: "unpaid, malformed, ambiguous and unusable are told apart by code",
    check: async ({ call, runs }) => {
      const asked = async (headers: Readonly<Record<string, string>>) => code(await call({ resource: "a", headers }))
      assert.strictEqual(await asked({}), "payment_required")
      assert.strictEqual(await asked({ "x-coin": "rubbish" }), "credential_malformed")
      assert.strictEqual(await asked({ "x-coin": "ok:a", "x-stub": "ok:b" }), "credential_ambiguous")
      assert.strictEqual(await asked({ "x-coin": "ok:a", "idempotency-key": "a b" }), "idempotency_key_invalid")
      assert.strictEqual(runs(), 0)
    }
  },
  {
    promise: "a credential of 20 KB gets a bounded answer that does not repeat it",
    check: async ({ call, runs }) => {
      const { wire, text } = await call({ resource: "a", headers: { "x-coin": `ok:${"z".repeat(20_000)}` } })
      assert.isUndefined(text)
      assert.isBelow(wire.length, 2000)
      assert.strictEqual(runs(), 0)
    }
  },
  ...(
    [
      ["fails", () => Effect.fail("no price")],
      ["dies", () => Effect.die("no price")],
      [
        "refuses what only a paywall refuses",
        () => Effect.fail(refusal(new PaymentError.PaymentDeclined({ detail: "no price" })))
      ],
      [
        "throws",
        () => {
          throw new Error("no price")
        }
      ],
      ["is zero", () => Effect.succeed([Money.of("CNY", 0n)] as const)],
      ["is negative", () => Effect.succeed([{ currency: "CNY", minor: -1n }] as never)],
      ["has a currency twice", () => Effect.succeed([Money.of("CNY", 1n), Money.of("CNY", 2n)] as const)],
      ["is nonsense", () => Effect.succeed([{ currency: "RMB", minor: 1 }] as never)],
      ["is nothing", () => Effect.succeed(undefined as never)]
    ] satisfies ReadonlyArray<readonly [string, NonNullable<Setup["price"]>]>
  ).map(([how, price]): Case => ({
    promise: `a price that ${how} is price_invalid, says nothing of its cause, and nothing is charged`,
    setup: { price },
    check: async ({ call, provider, runs }) => {
      const reply = await call({ resource: "a", args, headers: coin() })
      assert.deepStrictEqual([code(reply), reply.problem?.status, reply.problem?.moved], ["price_invalid", 500, "no"])
      assert.notInclude(reply.wire, "no price")
      assert.deepStrictEqual([runs(), provider.verified], [0, 0])
    }
  })),
  {
    promise: "a price function that refuses the request says what is wrong with it, and nothing is charged",
    setup: { price: () => Effect.fail(refusal(new PaymentError.RequestInvalid({ detail: "ask for a market" }))) },
    check: async ({ call, provider, runs }) => {
      const { problem } = await call({ resource: "a", args, headers: coin() })
      assert.deepStrictEqual([problem?.code, problem?.status, problem?.moved], ["request_invalid", 400, "no"])
      assert.strictEqual(problem?.detail, "ask for a market")
      assert.deepStrictEqual([runs(), provider.verified], [0, 0])
    }
  },
  {
    promise: "a price in a currency that nothing takes is refused with what is taken, and nothing is charged",
    setup: { price: () => Effect.succeed([Money.of("JPY", 15n)] as const) },
    check: async ({ call, provider, runs }) => {
      const reply = await call({ resource: "a", args, headers: coin() })
      assert.strictEqual(code(reply), "currency_not_allowed")
      assert.deepStrictEqual([runs(), provider.verified], [0, 0])
    }
  }
]

/** Asks every case of a host. */
export const everyHost = ({ name, serve, skips = {} }: Transport): void => {
  describe(name, () => {
    it("skips nothing that is not a case", () => {
      const promises = new Set(cases.map(({ promise }) => promise))
      assert.deepStrictEqual(
        Object.keys(skips).filter((promise) => !promises.has(promise)),
        []
      )
    })
    for (const { check, promise, setup = {} } of cases) {
      const asked = promise in skips ? it.skip : it.concurrent
      asked(promise, async () => {
        const selling = await serve(setup)
        try {
          await check(selling)
        } finally {
          await selling.dispose()
        }
      })
    }
  })
}
