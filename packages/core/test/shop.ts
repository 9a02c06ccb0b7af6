// A shop of the tests: one paywall, two protocols, their providers, a ledger. Whatever a test does, its books must balance.
import * as CanonicalBody from "@paylayer/core/CanonicalBody"
import { ExchangeQuotes } from "@paylayer/core/ExchangeQuotes"
import * as Ledger from "@paylayer/core/Ledger"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Money from "@paylayer/core/Money"
import * as Paywall from "@paylayer/core/Paywall"
import type * as Price from "@paylayer/core/Price"
import { Refusal } from "@paylayer/core/Refusal"
import * as Refund from "@paylayer/core/Refund"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import type { Handler, Sale } from "@paylayer/core/Sale"
import { assert } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import type * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/testing/TestClock"
import { canary } from "./canary.ts"
import * as Ticket from "./protocols/Ticket.ts"
import * as Voucher from "./protocols/Voucher.ts"

export const price: Price.Price = [Money.of("CNY", 1_500n)]

export interface Asked {
  readonly price?: Price.Price
  readonly method?: string
  readonly resource?: string
  readonly body?: string
  readonly key?: string
  readonly merchant?: string
  readonly keep?: Sale<string>["keep"] | "nothing"
}

/** Keeps a text as it is. */
const asText = { encode: (value: string): Schema.Json => value, decode: String }

export const saleOf = (headers: { readonly [name: string]: string }, asked: Asked = {}): Sale<string> => ({
  request: {
    headers: RequestHeaders.fromRecord({
      ...headers,
      ...(asked.key === undefined ? {} : { "Idempotency-Key": asked.key })
    }),
    method: asked.method ?? "POST",
    resource: asked.resource ?? "/report",
    bodyDigest: CanonicalBody.digest("application/json", new TextEncoder().encode(asked.body ?? "{}"))
  },
  price: asked.price ?? price,
  ...(asked.merchant === undefined ? {} : { merchant: asked.merchant }),
  ...(asked.keep === "nothing" ? {} : { keep: asked.keep ?? asText })
})

export interface Setup extends Paywall.Options {
  /** The exchange quotes of the host. */
  readonly quotes?: ExchangeQuotes["Service"]["current"]
  /** Comes between the paywall and its ledger. */
  readonly ledger?: (ledger: Ledger.Ledger["Service"]) => Ledger.Ledger["Service"]
}

export const openShop = ({ ledger: wrap = (ledger) => ledger, quotes, ...options }: Setup = {}) =>
  Effect.gen(function* () {
    const store = yield* LedgerMemory.store
    const ledger = yield* LedgerMemory.host(store)
    const bank = Voucher.makeBank()
    const office = Ticket.makeOffice()
    const state = { runs: 0 }
    const work = Effect.sync(() => `report ${(state.runs += 1)}`)
    const paywallOver = (ledger: Ledger.Ledger["Service"]) =>
      Paywall.Paywall.layer([Voucher.Voucher, Ticket.Ticket], options).pipe(
        Layer.provide([Voucher.Voucher.layer, Ticket.Ticket.layer]),
        Layer.provide([
          Layer.succeed(Voucher.VoucherBank, bank),
          Layer.succeed(Ticket.TicketOffice, office),
          Layer.succeed(Ledger.Ledger, ledger),
          quotes === undefined ? Layer.empty : Layer.succeed(ExchangeQuotes, { current: quotes })
        ])
      )
    /** A process of its own: another paywall on the same ledger and providers. */
    const processOver = Effect.fnUntraced(function* (ledger: Ledger.Ledger["Service"]) {
      const scope = yield* Scope.fork(yield* Scope.Scope)
      const layer = Layer.fresh(paywallOver(ledger))
      const paywall = Context.get(yield* Layer.buildWithScope(layer, scope), Paywall.Paywall)
      const sell = <E = never>(sale: Sale<string>, handler: Handler<string, E, never> = () => work) =>
        paywall.sell(sale, handler)
      return { paywall, scope, sell }
    })
    const process = processOver(wrap(ledger))
    const entries = Effect.orDie(ledger.list())
    return { bank, entries, ledger, office, process, processOver, state, store, work, ...(yield* process) }
  })
export type Shop = Effect.Success<ReturnType<typeof openShop>>

/** The one entry of the ledger. */
export const onlyEntry = (shop: Shop) =>
  Effect.map(shop.entries, (entries) => {
    assert.strictEqual(entries.length, 1)
    return entries[0]!
  })

const sum = (amounts: ReadonlyArray<bigint>) => amounts.reduce((total, minor) => total + minor, 0n)

/** What went back is on the books, what is on the books went back, and never more than was taken. */
const assertReturned = (shop: Shop, entries: ReadonlyArray<Ledger.Entry>) => {
  const known = new Map<string, Refund.Refund>(
    entries.flatMap((entry) => Refund.of(entry).map((refund) => [`${entry.charge.id} ${refund.id}`, refund] as const))
  )
  for (const [name, { money }] of shop.bank.refunds) {
    assert.include(["refunded", "claimed", "unknown"], known.get(name)?.state, name)
    assert.deepEqual(known.get(name)?.money, money)
  }
  for (const [name, { receipt, state }] of known) {
    if (state === "refunded") assert.deepEqual(shop.bank.refunds.get(name), receipt)
  }
  for (const { charge } of entries) {
    const back = [...shop.bank.refunds.values()].filter(({ chargeId }) => chargeId === charge.id)
    assert.isTrue(sum(back.map(({ money }) => money.minor)) <= charge.money.minor)
  }
}

/** Ledger and providers tell one story: what moved is on the books, and what is void moved nothing and holds nothing. */
export const balanced = (shop: Shop) =>
  Effect.map(shop.entries, (entries) => {
    const moved = new Map([...shop.bank.movements, ...shop.office.movements])
    const state = new Map(entries.map((entry) => [entry.charge.id, entry.state]))
    for (const id of moved.keys()) assert.include(["settled", "settling", "unknown", "refunded"], state.get(id))
    for (const id of shop.bank.holds.keys()) assert.isFalse(Ledger.isVoid(state.get(id) ?? "released"), `hold of ${id}`)
    const settled = entries.filter(
      ({ charge, state }) => state === "settled" || (state === "refunded" && moved.has(charge.id))
    )
    const pending = entries.filter((entry) => entry.state === "settling" || entry.state === "unknown")
    const open = sum(pending.map(({ charge }) => moved.get(charge.id)?.money.minor ?? 0n))
    assert.strictEqual(
      sum([...moved.values()].map(({ money }) => money.minor)),
      sum(settled.map(({ charge }) => charge.money.minor)) + open
    )
    for (const { charge, receipt } of settled) assert.deepEqual(moved.get(charge.id)?.money, receipt?.money)
    assertReturned(shop, entries)
    const written = JSON.stringify(entries, (_, value) => (typeof value === "bigint" ? `${value}` : value))
    assert.notInclude(written, canary)
    return entries
  })

const said: (lines: Array<string>) => Logger.Logger<unknown, void> = (lines) =>
  Logger.make(({ message, cause }) => {
    lines.push(JSON.stringify([message, String(cause)]))
  })

const secrets = [canary, Buffer.from(canary).toString("base64url").slice(0, -2)]

/** Runs a test in a shop of its own, then balances its books and looks for secrets in what was logged. */
export const inShop = <A, E>(setup: Setup, test: (shop: Shop) => Effect.Effect<A, E, Scope.Scope>) =>
  Effect.suspend(() => {
    const lines: Array<string> = []
    return Effect.gen(function* () {
      const shop = yield* openShop(setup)
      const result = yield* test(shop)
      yield* balanced(shop)
      for (const secret of secrets) assert.notInclude(lines.join("\n"), secret)
      return result
    }).pipe(Effect.provide(Logger.layer([said(lines)])))
  })

/** Runs with time going by in steps, as far as it takes. */
export const inTime = <A, E, R>(effect: Effect.Effect<A, E, R>, duration: number = 200_000) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.forkChild(effect, { startImmediately: true })
    for (let spent = 0; spent < duration && fiber.pollUnsafe() === undefined; spent += 500) {
      yield* TestClock.adjust(500)
    }
    const exit = fiber.pollUnsafe()
    assert.isDefined(exit, "it did not end in time")
    return yield* exit!
  })

/** The refusal of a sale; it shows no secret. */
export const refused = <A, R>(sale: Effect.Effect<A, Refusal, R>) =>
  Effect.map(Effect.flip(sale), (refusal) => {
    assert.instanceOf(refusal, Refusal)
    const { error, offers } = refusal
    assert.isString(error.message)
    if (error.moved === "unknown") assert.notStrictEqual(error.status, 402)
    for (const text of [
      String(refusal),
      refusal.stack ?? "",
      JSON.stringify([error, offers.map(({ details }) => details)])
    ]) {
      for (const secret of secrets) assert.notInclude(text, secret)
    }
    return refusal
  })

/** The code of a refusal, what it says of the money, and its status. */
export const verdict = <A, R>(sale: Effect.Effect<A, Refusal, R>) =>
  Effect.map(refused(sale), ({ error }) => [error.code, error.moved, error.status])
