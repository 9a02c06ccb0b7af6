// The laws of the bookkeeper, on whatever ledger and database: `bookkeeperLaws("SQLite", world, { runs })`.
import { assert, describe, it } from "@effect/vitest"
import type { Currency } from "@paylayer/core/Currency"
import * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import * as Refund from "@paylayer/core/Refund"
import * as Accrual from "@paylayer/gateway/Accrual"
import * as Book from "@paylayer/gateway/Book"
import * as Bookkeeper from "@paylayer/gateway/Bookkeeper"
import { GatewayStore } from "@paylayer/gateway/GatewayStore"
import { GatewayStoreError } from "@paylayer/gateway/GatewayStoreError"
import * as TakeRate from "@paylayer/gateway/TakeRate"
import * as Usage from "@paylayer/gateway/Usage"
import * as DateTime from "effect/DateTime"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as fc from "fast-check"

export type World = Layer.Layer<Ledger.Ledger | GatewayStore, unknown>

const takeRate: TakeRate.TakeRate = {
  freeOperations: 1n,
  tiers: [{ upTo: { CNY: 5_000n, USD: 900n }, rate: "0.137" }, { rate: "0.033" }]
}
const developers: Record<string, string> = { search: "ann", translate: "ann", metered: "bob", docs: "bob" }

export const bookkeeping: Bookkeeper.Options = {
  developerOf: (slug) => developers[slug],
  takeRate: () => takeRate
}

/** A store that dies once: at its nth transaction from now, before it is committed or after. */
const mortal = (store: GatewayStore["Service"]) => {
  let left = Infinity
  let isAfter = false
  const died = Effect.fail(new GatewayStoreError({ message: "died" }))
  const dying =
    (doing: GatewayStore["Service"]["write"]): GatewayStore["Service"]["write"] =>
    (effect) =>
      Effect.suspend(() => {
        left -= 1
        if (left !== 0) return doing(effect)
        return isAfter ? Effect.andThen(doing(effect), died) : doing(Effect.andThen(effect, died))
      }) as never
  return {
    store: { ...store, write: dying(store.write), writeBeside: dying(store.writeBeside) },
    die: (at: number, after: boolean) => {
      left = at
      isAfter = after
    }
  }
}

/** A bookkeeper of one's own, that can be told to die. */
export const hire = Effect.gen(function* () {
  const { die, store } = mortal(yield* GatewayStore)
  const made = yield* Effect.all({
    book: Book.make,
    accrual: Accrual.make
  }).pipe(Effect.provideService(GatewayStore, store))
  const bookkeeper = yield* Bookkeeper.make(bookkeeping).pipe(
    Effect.provideService(GatewayStore, store),
    Effect.provideService(Book.Book, made.book),
    Effect.provideService(Accrual.Accrual, made.accrual)
  )
  return { ...made, bookkeeper, die }
})

let names = 0

export const opening = (own: {
  readonly minor?: bigint
  readonly currency?: Currency
  readonly tool?: string
  readonly payer?: string
  readonly protocol?: string
  readonly id?: string
}): Ledger.Opening => {
  const id = own.id ?? `ch_${(names += 1)}`
  return {
    charge: {
      id,
      money: Money.of(own.currency ?? "CNY", own.minor ?? 1_500n),
      merchant: "2088",
      method: "POST",
      resource: "/report",
      tool: own.tool ?? "search",
      binding: "binding",
      openedAt: DateTime.makeUnsafe(0),
      expiresAt: DateTime.makeUnsafe(1)
    },
    protocol: own.protocol ?? "voucher",
    payer: own.payer ?? "agent-1",
    key: `key of ${id}`,
    request: "request",
    reservations: []
  }
}

const way: ReadonlyArray<Ledger.State> = ["authorized", "delivered", "settling", "settled"]
/** Takes a charge to where its price is taken. */
export const settle = Effect.fnUntraced(function* (own: Parameters<typeof opening>[0], usage?: Ledger.Step["usage"]) {
  const ledger = yield* Ledger.Ledger
  const asked = opening(own)
  yield* ledger.open(asked)
  for (const to of way) {
    yield* ledger.advance(asked.charge.id, { to, ...(to === "delivered" && usage !== undefined ? { usage } : {}) })
  }
  return asked.charge.id
})

export const giveBack = Effect.fnUntraced(function* (chargeId: string, refundId: string, minor?: bigint) {
  const ledger = yield* Ledger.Ledger
  const entry = yield* ledger.find(chargeId)
  const { currency } = entry!.charge.money
  yield* ledger.claimRefund(chargeId, {
    id: refundId,
    ...(minor === undefined ? {} : { money: Money.of(currency, minor) })
  })
  yield* ledger.advanceRefund(chargeId, refundId, { to: "refunded" })
})

const usage = fc.oneof(
  fc.constant(undefined),
  fc.record(
    {
      agent: fc.constantFrom("a1", "a2", "", "é".repeat(300)),
      units: fc.oneof(fc.nat(1_000), fc.constantFrom("12", "x", -1, 1.5)),
      latencyMillis: fc.oneof(fc.nat(5_000), fc.constant("soon")),
      principal: fc.constantFrom("p1", 7)
    },
    { requiredKeys: [] }
  ),
  fc.constantFrom(null, "text", [1])
)

/** Something that happens to the ledger, or a bookkeeper at work. Hosts of some ledgers do something every few seconds. */
const steps = (waits: ReadonlyArray<number>) =>
  fc.array(
    fc.oneof(
      {
        weight: 8,
        arbitrary: fc.record({
          do: fc.constantFrom("open", "sell", "sell", "sell"),
          minor: fc.bigInt({ min: 1n, max: 5_000n }),
          currency: fc.constantFrom<Currency>("CNY", "USD"),
          tool: fc.constantFrom("search", "translate", "docs/read", "gone"),
          payer: fc.constantFrom("agent-1", "agent-2"),
          protocol: fc.constantFrom("voucher", "mock")
        })
      },
      {
        weight: 6,
        arbitrary: fc.record({
          do: fc.constant("advance" as const),
          which: fc.nat(),
          // Mostly towards the end that pays.
          to: fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat() }),
          usage
        })
      },
      {
        weight: 5,
        arbitrary: fc.record({
          do: fc.constant("refund" as const),
          which: fc.nat(),
          minor: fc.option(fc.bigInt({ min: 1n, max: 2_000n }), { freq: 2 }),
          to: fc.constantFrom<Refund.State>("refunded", "refunded", "declined", "unknown")
        })
      },
      {
        weight: 3,
        arbitrary: fc.record({
          do: fc.constant("meter" as const),
          exact: fc.bigInt({ min: 0n, max: 3_000_000n }),
          end: fc.constantFrom("settled", "declined", "settling", "failed")
        })
      },
      {
        weight: 2,
        arbitrary: fc.record({
          do: fc.constant("wait" as const),
          millis: fc.oneof(fc.nat(2_000), fc.constantFrom(...waits))
        })
      },
      {
        weight: 4,
        arbitrary: fc.record({
          do: fc.constant("book" as const),
          who: fc.nat(1),
          die: fc.option(fc.record({ at: fc.integer({ min: 1, max: 8 }), after: fc.boolean() }))
        })
      },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("both" as const) }) }
    ),
    { maxLength: 60, size: "max" }
  )

type Step = ReturnType<typeof steps> extends fc.Arbitrary<ReadonlyArray<infer A>> ? A : never

const sum = (all: Iterable<bigint>) => [...all].reduce((total, minor) => total + minor, 0n)

/** What the book and the calls must be, from what the ledger says, in words of this file alone. */
const check = Effect.fnUntraced(function* (entries: ReadonlyArray<Ledger.Entry>, book: Book.Book["Service"]) {
  const usage = yield* Usage.make
  const { calendar } = yield* GatewayStore
  const posted = yield* book.transactions({})
  const taken = entries.filter(({ state }) => state === "settled" || state === "refunded")
  const refunded = taken.flatMap((entry) => {
    const own = Refund.of(entry)
      .filter(({ state }) => state === "refunded")
      .map(({ id, money }) => [`refund:${entry.charge.id}:${id}`, money.minor] as const)
    const rest = entry.charge.money.minor - sum(own.map(([, minor]) => minor))
    return entry.state === "refunded" && rest > 0n ? [...own, [`refund:${entry.charge.id}:*`, rest] as const] : own
  })
  // Each once, and nothing else.
  assert.deepEqual(
    posted.map(({ id }) => id).toSorted(),
    [...taken.map(({ charge }) => `charge:${charge.id}`), ...refunded.map(([id]) => id)].toSorted()
  )
  const of = (id: string, kind: Book.AccountKind) =>
    sum(
      posted
        .find((transaction) => transaction.id === id)!
        .postings.flatMap(({ account, minor }) => (account.kind === kind ? [minor] : []))
    )
  for (const { charge } of taken) {
    const [transaction] = posted.filter(({ id }) => id === `charge:${charge.id}`)
    assert.strictEqual(transaction!.postings[0]!.minor, charge.money.minor)
    assert.strictEqual(of(`charge:${charge.id}`, "agent"), 0n)
    assert.strictEqual(transaction!.developer, developers[charge.tool!.split("/")[0]!] ?? "")
  }
  for (const [id, minor] of refunded) assert.strictEqual(of(id, "provider"), -minor)
  // A fee goes back with its part of the charge, in the order of the refunds; who got everything back paid none.
  for (const { charge, state } of taken) {
    const [fee, all] = [-of(`charge:${charge.id}`, "fees"), charge.money.minor]
    const own = posted.filter(({ kind, reference }) => kind === "refund" && reference === charge.id)
    const [back, given] = [sum(own.map(({ id }) => -of(id, "provider"))), sum(own.map(({ id }) => of(id, "fees")))]
    assert.strictEqual(given, (fee * back) / all)
    assert.strictEqual(state === "refunded", back === all)
  }
  for (const { charge, state } of taken) {
    if (state !== "refunded") continue
    const own = posted.filter(({ reference }) => reference === charge.id)
    assert.strictEqual(sum(own.map(({ id }) => of(id, "merchant"))), 0n, `fee of ${charge.id}`)
  }
  // The fees of a month, in the order in which they were booked.
  const months = Map.groupBy(
    posted.filter(({ kind }) => kind === "charge"),
    ({ atMillis, developer }) => `${developer} ${calendar.month(atMillis)}`
  )
  for (const charges of months.values()) {
    const volumes = Map.groupBy(
      charges.slice(Number(takeRate.freeOperations)),
      ({ postings }) => postings[0]!.account.currency
    )
    const fees = Map.groupBy(charges, ({ postings }) => postings[0]!.account.currency)
    for (const [currency, own] of fees) {
      const volume = sum((volumes.get(currency) ?? []).map(({ id }) => of(id, "provider")))
      assert.strictEqual(-sum(own.map(({ id }) => of(id, "fees"))), TakeRate.feeOfVolume(takeRate, currency, volume))
    }
  }
  // Each call once, and the days are theirs.
  const calls = yield* usage.calls({ limit: 10_000 })
  assert.deepEqual(calls.map(({ id }) => id).toSorted(), entries.map(({ charge }) => charge.id).toSorted())
  const byDay = yield* usage.byDay({ since: -1, until: 10 ** 13, by: ["tool", "outcome", "developer", "protocol"] })
  const expected = Map.groupBy(calls, (call) =>
    [calendar.day(call.atMillis), call.tool, call.protocol, call.currency, call.developer, call.outcome].join(" ")
  )
  assert.deepEqual(
    new Map(
      byDay.map((row) => [
        [row.day, row.tool, row.protocol, row.currency, row.developer, row.outcome].join(" "),
        [row.calls, row.minor, row.returned, row.units]
      ])
    ),
    new Map(
      [...expected].map(([key, own]) => [
        key,
        [
          BigInt(own.length),
          sum(own.map(({ minor }) => minor)),
          sum(own.map(({ returned }) => returned)),
          sum(own.map(({ units }) => units ?? 0n))
        ]
      ])
    )
  )
  const byAgent = yield* usage.byDay({ since: -1, until: 10 ** 13, by: ["agent"] })
  assert.strictEqual(sum(byAgent.map(({ calls }) => calls)), BigInt(calls.length))
  for (const { agent, calls: count } of yield* usage.byDay({ since: -1, until: 10 ** 13, by: ["agent"] })) {
    assert.isTrue(agent === "" || count <= BigInt(calls.filter((call) => call.agent === agent).length))
  }
})

/** Does what a random world does. */
const play = Effect.fnUntraced(function* (all: ReadonlyArray<Step>) {
  const ledger = yield* Ledger.Ledger
  const staff = [yield* hire, yield* hire] as const
  const ids: Array<string> = []
  const metered: Array<{ readonly id: string; readonly exact: bigint; readonly taken: bigint }> = []
  let refunds = 0
  for (const step of all) {
    const find = (which: number) => (ids.length === 0 ? Effect.undefined : ledger.find(ids[which % ids.length]!))
    switch (step.do) {
      case "open": {
        const asked = opening(step)
        yield* ledger.open(asked)
        ids.push(asked.charge.id)
        break
      }
      case "sell":
        ids.push(yield* settle(step))
        break
      case "advance": {
        const entry = yield* find(step.which)
        const next = entry === undefined ? [] : Ledger.transitions[entry.state]
        if (entry === undefined || next.length === 0) break
        const to = next[step.to % next.length]!
        const told = to === "delivered" && step.usage !== undefined ? { usage: step.usage as never } : {}
        yield* ledger.advance(entry.charge.id, { to, cause: "because", ...told })
        break
      }
      case "refund": {
        const settled = yield* ledger.list({ states: ["settled"] })
        const entry = settled[step.which % Math.max(1, settled.length)]
        if (entry === undefined) break
        const left = Refund.left(entry).minor
        if (left === 0n) break
        const minor = step.minor === null || step.minor > left ? left : step.minor
        const id = `r${(refunds += 1)}`
        const { currency } = entry.charge.money
        yield* ledger.claimRefund(entry.charge.id, { id, money: Money.of(currency, minor) })
        yield* ledger.advanceRefund(entry.charge.id, id, { to: step.to })
        break
      }
      case "meter": {
        const asked = opening({ tool: "metered", minor: 10n })
        const { id } = asked.charge
        yield* ledger.open(asked)
        ids.push(id)
        yield* ledger.advance(id, { to: "authorized" })
        const call = { chargeId: id, payer: "agent-1", tool: "metered", exact: step.exact } as const
        const most = asked.charge.money
        const money = yield* staff[0].accrual.capture({ ...call, most, rounding: "down" })
        if (step.end === "failed") {
          yield* ledger.advance(id, { to: "released", cause: "interrupted" })
        } else if (money.minor === 0n) {
          metered.push({ id, exact: step.exact, taken: 0n })
          yield* ledger.advance(
            id,
            { to: "delivered", usage: { units: 3 } },
            { to: "released", cause: "nothing_captured" }
          )
        } else {
          const capture = money.minor === most.minor ? {} : { capture: { money, buckets: [] } }
          yield* ledger.advance(id, { to: "delivered", ...capture }, { to: "settling" })
          metered.push({ id, exact: step.exact, taken: money.minor })
          if (step.end !== "settling") yield* ledger.advance(id, { to: step.end as Ledger.State })
        }
        break
      }
      case "wait":
        yield* TestClock.adjust(step.millis)
        break
      case "book": {
        const { bookkeeper, die } = staff[step.who]!
        if (step.die === null) yield* bookkeeper.catchUp
        else {
          die(step.die.at, step.die.after)
          yield* Effect.ignore(bookkeeper.catchUp)
          die(Infinity, false)
        }
        break
      }
      case "both":
        yield* Effect.all(
          staff.map(({ bookkeeper }) => bookkeeper.catchUp),
          { concurrency: "unbounded" }
        )
    }
  }
  // What is still open comes to an end or stays so, and one of them reads it.
  yield* staff[1].bookkeeper.catchUp
  const entries = yield* ledger.list()
  assert.deepEqual(yield* staff[0].bookkeeper.audit, [])
  yield* check(entries, staff[0].book)
  // Everything again, by one that has read nothing, changes nothing.
  const { sql, table, write } = yield* GatewayStore
  yield* write(sql`DELETE FROM ${table("cursors")}`)
  const { bookkeeper } = yield* hire
  assert.strictEqual(yield* bookkeeper.catchUp, 0)
  // Of what is still under way nobody knows yet what it comes to.
  const states = new Map(entries.map(({ charge, state }) => [charge.id, state]))
  const fate = (id: string) => states.get(id)!
  if (metered.some(({ id }) => Ledger.isOpen(fate(id)) || fate(id) === "unknown")) return
  const owed = metered.map(({ exact, id, taken }) => {
    const isPaid = !Ledger.isVoid(fate(id)) || taken === 0n
    return isPaid ? exact - taken * Accrual.microMinor : 0n
  })
  const carried = yield* staff[0].accrual.carried({ payer: "agent-1", tool: "metered", currency: "CNY" })
  assert.strictEqual(carried, sum(owed))
})

export const bookkeeperLaws = (
  name: string,
  world: Effect.Effect<World>,
  { runs, waits }: { readonly runs: number; readonly waits: ReadonlyArray<number> }
) =>
  describe(`the bookkeeper on ${name}`, () => {
    const law = (
      promise: string,
      test: Effect.Effect<void, unknown, Ledger.Ledger | GatewayStore | import("effect/Scope").Scope>
    ) => it.effect(promise, () => Effect.flatMap(world, (layer) => Effect.provide(test, layer)), 60_000)

    it.effect(
      "books every charge and every refund once, whatever happens, whoever dies, and however often it is read",
      () =>
        Effect.promise(() =>
          fc.assert(
            fc.asyncProperty(steps(waits), (all) =>
              Effect.flatMap(world, (layer) => Effect.provide(play(all), layer)).pipe(
                Effect.scoped,
                Effect.provide(TestClock.layer()),
                (test) => Effect.runPromise(test as Effect.Effect<void>)
              )
            ),
            { numRuns: runs }
          )
        ),
      120_000
    )

    law(
      "a call says what the ledger knows of it",
      Effect.gen(function* () {
        const { bookkeeper } = yield* hire
        const usage = yield* Usage.make
        const ledger = yield* Ledger.Ledger
        yield* TestClock.adjust(1_000)
        const id = yield* settle(
          { minor: 900n, currency: "USD", payer: "付", tool: "docs/read", protocol: "mock" },
          { agent: "agent 🤖", principal: "2088", units: "42", latencyMillis: 12.4 }
        )
        yield* TestClock.adjust(250)
        const later = opening({})
        yield* ledger.open(later)
        yield* bookkeeper.catchUp
        const read = Effect.map(usage.calls({ limit: 10 }), (calls) => calls.map(({ outcome }) => outcome).join(" "))
        assert.strictEqual(yield* read, "open paid")
        yield* giveBack(id, "r1", 300n)
        yield* TestClock.adjust(40)
        yield* ledger.advance(later.charge.id, { to: "declined", cause: "insufficient_funds" })
        yield* bookkeeper.catchUp
        const { payer, protocol } = later
        assert.deepEqual(yield* usage.calls({ limit: 10 }), [
          {
            id: later.charge.id,
            atMillis: 1_250,
            tool: "search",
            developer: "ann",
            protocol,
            payer,
            currency: "CNY",
            minor: 0n,
            returned: 0n,
            latencyMillis: 40,
            outcome: "refused",
            code: "insufficient_funds"
          },
          {
            id,
            atMillis: 1_000,
            tool: "docs/read",
            developer: "bob",
            protocol: "mock",
            payer: "付",
            agent: "agent 🤖",
            principal: "2088",
            currency: "USD",
            minor: 900n,
            returned: 300n,
            units: 42n,
            latencyMillis: 12,
            outcome: "paid"
          }
        ])
      })
    )

    law(
      "a charge that nobody could tell of is booked once it is settled, and what is marked as given back whole goes back",
      Effect.gen(function* () {
        const { book, bookkeeper } = yield* hire
        const ledger = yield* Ledger.Ledger
        const asked = opening({ minor: 700n })
        const { id } = asked.charge
        yield* ledger.open(asked)
        for (const to of ["authorized", "delivered", "settling", "unknown"] as const) yield* ledger.advance(id, { to })
        yield* bookkeeper.catchUp
        assert.deepEqual(yield* book.transactions({}), [])
        assert.deepEqual(yield* bookkeeper.audit, [])
        yield* TestClock.adjust("3 hours")
        yield* ledger.advance(id, { to: "settled" })
        yield* bookkeeper.catchUp
        assert.deepEqual(yield* book.payable("ann"), [Money.of("CNY", 700n)])
        yield* ledger.advance(id, { to: "refunded" })
        yield* bookkeeper.catchUp
        assert.deepEqual(yield* book.payable("ann"), [])
        assert.deepEqual(yield* bookkeeper.audit, [])
      })
    )

    law(
      "a charge that cannot be booked is told of, and keeps no other from it",
      Effect.gen(function* () {
        const { book, bookkeeper } = yield* hire
        const [first, second] = [yield* settle({ minor: 5n }), yield* settle({ minor: 6n })]
        // Somebody has given back more of it than there is.
        const account = { kind: "merchant", owner: "ann", currency: "CNY" } as const
        yield* book.post({
          id: `refund:${first}:r1`,
          atMillis: 0,
          kind: "adjustment",
          postings: [
            { account, minor: 1n },
            { account: { ...account, kind: "fees", owner: "" }, minor: -1n }
          ]
        })
        yield* giveBack(first, "r1", 2n)
        yield* bookkeeper.catchUp
        assert.deepEqual(
          (yield* book.transactions({ kind: "charge" })).map(({ reference }) => reference),
          [second]
        )
        const wrong = yield* bookkeeper.audit
        assert.deepEqual(wrong, [
          `charge ${first} is paid, 5 taken, 2 returned in the ledger; it is not counted as a call`
        ])
      })
    )

    law(
      "what a host with a late clock has written is read all the same",
      Effect.gen(function* () {
        const { bookkeeper } = yield* hire
        yield* TestClock.setTime(1_000_000)
        yield* bookkeeper.catchUp
        const ledger = yield* Ledger.Ledger
        // Its clock is eight minutes behind.
        const late = Effect.provideService(ledger.open(opening({})), Clock.Clock, {
          ...(yield* Clock.Clock),
          currentTimeMillisUnsafe: () => 1_000_000 - 480_000
        } as Clock.Clock)
        yield* late
        assert.strictEqual(yield* bookkeeper.catchUp, 0, "not at once")
        yield* TestClock.adjust("5 minutes")
        assert.strictEqual(yield* bookkeeper.catchUp, 1, "but soon")
        assert.strictEqual(yield* bookkeeper.readUntil, 1_300_000)
      })
    )
  })
