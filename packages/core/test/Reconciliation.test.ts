// Random ledgers and statements that agree, then one thing per charge is made wrong: exactly that is found. About a second.
import { assert, describe, it } from "@effect/vitest"
import type { Currency } from "@paylayer/core/Currency"
import * as Day from "@paylayer/core/Day"
import * as Ledger from "@paylayer/core/Ledger"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Money from "@paylayer/core/Money"
import * as Reconciliation from "@paylayer/core/Reconciliation"
import { type Movement, type Statement, StatementError } from "@paylayer/core/Statement"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/testing/TestClock"
import * as FastCheck from "fast-check"

const zone = DateTime.zoneMakeNamedUnsafe("Asia/Shanghai")
const today = Result.getOrThrow(Day.parse("2026-11-21", zone))
const minute = 60_000
const day = 1_440 * minute

interface Drawn {
  readonly id: string
  readonly minor: bigint
  /** Within the day, away from its edges. */
  readonly at: number
}

const entry = (
  { id, minor, at }: Drawn,
  changed: {
    readonly state?: Ledger.State
    readonly at?: number
    readonly openedAt?: number
    readonly refundedAt?: number
    /** When the ledger wrote it down, by its own clock. */
    readonly recordedAt?: number
    readonly currency?: Currency
    readonly protocol?: string
    /** Parts that went back, with the time of the claim and of the receipt. */
    readonly refunds?: ReadonlyArray<{ readonly id: string; readonly minor: bigint; readonly at: number }>
  } = {}
): Ledger.Entry => {
  const { state = "settled", protocol = "till", currency = "CNY" } = changed
  const settled = changed.at ?? at
  const opened = changed.openedAt ?? settled - 2_000
  const money = Money.of(currency, minor)
  const line = (reached: Ledger.State, atMillis: number) => ({ state: reached, owner: "host", atMillis })
  const ways: Partial<Record<Ledger.State, ReadonlyArray<Ledger.JournalLine>>> = {
    settled: [line("settled", changed.recordedAt ?? settled)],
    refunded: [line("settled", settled), line("refunded", changed.refundedAt ?? settled)]
  }
  const receipt = {
    chargeId: id,
    protocol,
    merchant: "shop",
    resource: "/",
    money,
    reference: `trade ${id}`,
    settledAt: DateTime.makeUnsafe(settled)
  }
  const refunds = (changed.refunds ?? []).flatMap((refund): ReadonlyArray<Ledger.JournalLine> => {
    const part = Money.of(currency, refund.minor)
    const settledAt = DateTime.makeUnsafe(refund.at)
    return [
      { ...line("settled", refund.at - 1_000), refund: { id: refund.id, to: "claimed", money: part } },
      {
        ...line("settled", refund.at + 1_000),
        refund: { id: refund.id, to: "refunded", receipt: { ...receipt, money: part, settledAt } }
      }
    ]
  })
  return {
    charge: {
      id,
      money,
      merchant: "shop",
      method: "GET",
      resource: "/",
      binding: "b",
      openedAt: DateTime.makeUnsafe(opened),
      expiresAt: DateTime.makeUnsafe(opened + day)
    },
    protocol,
    payer: "payer",
    key: id,
    request: "r",
    state,
    owner: "host",
    journal: [line("opened", opened), line("settling", opened), ...(ways[state] ?? [line(state, settled)]), ...refunds],
    ...((state === "settled" || state === "refunded") && { receipt })
  }
}

const paid = ({ id, minor, at }: Drawn, changed: Partial<Movement> = {}): Movement => ({
  kind: "payment",
  chargeId: id,
  reference: `trade ${id}`,
  money: Money.of("CNY", minor),
  atMillis: at,
  ...changed
})
const back = (drawn: Drawn, changed: Partial<Movement> = {}) => paid(drawn, { kind: "refund", ...changed })

/** What one charge looks like on both sides, and what must be found. */
interface Case {
  readonly here?: Ledger.Entry
  /** Statement lines by distance in days. */
  readonly there?: { readonly [distance: number]: ReadonlyArray<Movement> }
  readonly found?: ReadonlyArray<string>
  readonly matched?: number
  readonly shifted?: number
  readonly foreign?: number
  readonly uncovered?: number
}

const { sinceMillis, untilMillis } = today
const cases: { readonly [name: string]: (drawn: Drawn) => Case } = {
  "both say that it was paid": (one) => ({ here: entry(one), there: { 0: [paid(one)] }, matched: 1 }),
  "both say that it was paid and given back": (one) => ({
    here: entry(one, { state: "refunded" }),
    there: { 0: [paid(one), back(one)] },
    matched: 2
  }),
  "a second protocol of the provider moved it": (one) => ({
    here: entry(one, { protocol: "kiosk" }),
    there: { 0: [paid(one)] },
    matched: 1
  }),
  "the provider lost one of a second protocol": (one) => ({
    here: entry(one, { protocol: "kiosk" }),
    found: ["payment missing there, settled"]
  }),
  "it was given back in parts": (one) => ({
    here: entry({ ...one, minor: one.minor + 1n }, { state: "refunded" }),
    there: {
      0: [paid({ ...one, minor: one.minor + 1n }), back(one), back({ ...one, minor: 1n })]
    },
    matched: 2
  }),
  "parts of it were given back, one today and one later": (one) => ({
    here: entry(
      { ...one, minor: one.minor + 9n },
      {
        refunds: [
          { id: "r-1", minor: 2n, at: one.at },
          { id: "r-2", minor: 3n, at: one.at + 9 * day }
        ]
      }
    ),
    there: { 0: [paid({ ...one, minor: one.minor + 9n }), back({ ...one, minor: 2n }, { refundId: "r-1" })] },
    matched: 2
  }),
  "a part was given back before midnight, says the provider": (one) => ({
    here: entry(one, { at: one.at - 9 * day, refunds: [{ id: "r-1", minor: one.minor, at: sinceMillis }] }),
    there: { [-1]: [back(one, { refundId: "r-1", atMillis: sinceMillis - 500 })] },
    shifted: 1
  }),
  "a part was given back, and the provider says another amount": (one) => ({
    here: entry(one, { refunds: [{ id: "r-1", minor: one.minor, at: one.at }] }),
    there: { 0: [paid(one), back({ ...one, minor: one.minor + 1n }, { refundId: "r-1" })] },
    matched: 1,
    found: ["refund amount, settled"]
  }),
  "a part was given back, and another one in the provider's console": (one) => ({
    here: entry({ ...one, minor: one.minor + 9n }, { refunds: [{ id: "r-1", minor: 2n, at: one.at }] }),
    there: {
      0: [
        paid({ ...one, minor: one.minor + 9n }),
        back({ ...one, minor: 2n }, { refundId: "r-1" }),
        back({ ...one, minor: 3n }, { refundId: "console" })
      ]
    },
    matched: 2,
    found: ["refund missing here, settled"]
  }),
  "a part was given back, says only the ledger": (one) => ({
    here: entry(one, { refunds: [{ id: "r-1", minor: one.minor, at: one.at }] }),
    there: { 0: [paid(one)] },
    matched: 1,
    found: ["refund missing there, settled"]
  }),
  "a part was given back, and the statement has no ids": (one) => ({
    here: entry(one, { refunds: [{ id: "r-1", minor: one.minor, at: one.at }] }),
    there: { 0: [paid(one), back(one)] },
    matched: 2
  }),
  "it was marked as given back by hand, in parts that have ids at the provider": (one) => ({
    here: entry({ ...one, minor: one.minor + 1n }, { state: "refunded" }),
    there: {
      0: [
        paid({ ...one, minor: one.minor + 1n }),
        back(one, { refundId: "a" }),
        back({ ...one, minor: 1n }, { refundId: "b" })
      ]
    },
    matched: 2
  }),
  "it was paid long ago and given back today": (one) => ({
    here: entry(one, { state: "refunded", at: one.at - 40 * day, refundedAt: one.at }),
    there: { 0: [back(one)] },
    matched: 1
  }),
  "it was paid today and given back days later": (one) => ({
    here: entry(one, { state: "refunded", refundedAt: one.at + 9 * day }),
    there: { 0: [paid(one)] },
    matched: 1
  }),
  "nothing moved": (one) => ({ here: entry(one, { state: "declined" }) }),
  "it moved on another day": (one) => ({ here: entry(one, { at: one.at - 3 * day }), there: { [-3]: [paid(one)] } }),
  "another protocol moved it": (one) => ({ here: entry(one, { protocol: "other" }) }),
  "the ledger's clock is late": (one) => ({
    here: entry(one, { at: sinceMillis + 3_000, openedAt: sinceMillis + 1_000 }),
    there: { [-1]: [paid(one)] },
    shifted: 1
  }),
  "the ledger's clock is early": (one) => ({
    here: entry(one, { at: untilMillis - 3_000 }),
    there: { 1: [paid(one)] },
    shifted: 1
  }),
  "the statement's clock is late": (one) => ({
    here: entry(one, { at: sinceMillis - 3_000 }),
    there: { 0: [paid(one)] },
    matched: 1
  }),
  "the statement's clock is early": (one) => ({
    here: entry(one, { at: untilMillis + 3_000, openedAt: untilMillis + 1_000 }),
    there: { 0: [paid(one)] },
    matched: 1
  }),
  "it was found out days later": (one) => ({
    here: entry(one, { openedAt: one.at - 2 * day }),
    there: { [-2]: [paid(one)] },
    shifted: 1
  }),
  "an order has a number of its own": (one) => ({
    here: entry(one, { state: "refunded" }),
    there: { 0: [paid(one, { chargeId: `order_${one.id}` }), back(one, { chargeId: `order_${one.id}` })] },
    matched: 2
  }),
  "an order with a number of its own was paid a moment before midnight": (one) => ({
    here: entry(one, { at: untilMillis + 30 * minute }),
    there: { 0: [paid(one, { chargeId: `order_${one.id}` })] },
    matched: 1
  }),
  "nobody knows an order with a number of its own": (one) => ({
    there: { 0: [paid(one, { chargeId: `order_${one.id}` })] },
    found: ["payment missing here, undefined"]
  }),
  "the ledger lost it": (one) => ({ there: { 0: [paid(one)] }, found: ["payment missing here, undefined"] }),
  "the ledger does not know": (one) => ({
    here: entry(one, { state: "unknown" }),
    there: { 0: [paid(one)] },
    found: ["payment missing here, unknown"]
  }),
  "the ledger let it go": (one) => ({
    here: entry(one, { state: "released" }),
    there: { 0: [paid(one)] },
    found: ["payment missing here, released"]
  }),
  "the ledger has it under another protocol": (one) => ({
    here: entry(one, { protocol: "other" }),
    there: { 0: [paid(one)] },
    found: ["payment missing here, settled"]
  }),
  "the ledger missed that it was given back": (one) => ({
    here: entry(one),
    there: { 0: [paid(one), back(one)] },
    matched: 1,
    found: ["refund missing here, settled"]
  }),
  "the provider lost it": (one) => ({ here: entry(one), found: ["payment missing there, settled"] }),
  "the provider lost it, and its clock was late": (one) => ({
    here: entry(one, { at: untilMillis - 2_000, openedAt: untilMillis + 1_000, recordedAt: untilMillis + 2_000 }),
    found: ["payment missing there, settled"]
  }),
  "the provider lost it, and its clock was early": (one) => ({
    here: entry(one, { at: sinceMillis + 2_000, openedAt: sinceMillis - 2_000, recordedAt: sinceMillis - 1_000 }),
    found: ["payment missing there, settled"]
  }),
  "the provider has it far away": (one) => ({
    here: entry(one),
    there: { [-5]: [paid(one)] },
    found: ["payment missing there, settled"]
  }),
  "the provider did not give it back": (one) => ({
    here: entry(one, { state: "refunded" }),
    there: { 0: [paid(one)] },
    matched: 1,
    found: ["refund missing there, refunded"]
  }),
  "it was paid twice": (one) => ({
    here: entry(one),
    there: { 0: [paid(one), paid(one)] },
    found: ["payment repeated, settled"]
  }),
  "another amount": (one) => ({
    here: entry(one),
    there: { 0: [paid({ ...one, minor: one.minor + 1n })] },
    found: ["payment amount, settled"]
  }),
  "given back in part": (one) => ({
    here: entry({ ...one, minor: one.minor + 1n }, { state: "refunded" }),
    there: { 0: [paid({ ...one, minor: one.minor + 1n }), back(one)] },
    matched: 1,
    found: ["refund amount, refunded"]
  }),
  "another currency": (one) => ({
    here: entry(one),
    there: { 0: [paid(one, { money: Money.of("USD", one.minor) })] },
    found: ["payment currency, settled"]
  }),
  "another number": (one) => ({
    here: entry(one),
    there: { 0: [paid(one, { reference: "trade" })] },
    found: ["payment reference, settled"]
  }),
  "another sale of the merchant": (one) => ({ there: { 0: [paid(one, { chargeId: "order-7" })] }, foreign: 1 }),
  "a currency that the statement is silent about": (one) => ({
    here: entry(one, { currency: "EUR" }),
    uncovered: 1
  })
}

const charges = FastCheck.array(
  FastCheck.record({
    name: FastCheck.constantFrom(...Object.keys(cases)),
    minor: FastCheck.bigInt(1n, 10_000_000n),
    at: FastCheck.integer({ min: sinceMillis + 61 * minute, max: untilMillis - 61 * minute })
  }),
  { maxLength: 30 }
)

const ledgerOf = (entries: ReadonlyArray<Ledger.Entry>) =>
  Layer.effect(
    Ledger.Ledger,
    Effect.tap(LedgerMemory.store, (store) =>
      Effect.sync(() => {
        for (const each of entries) store.entries.set(each.charge.id, each)
      })
    ).pipe(Effect.flatMap(LedgerMemory.host))
  )

const statementOf = (lines: (distance: number) => ReadonlyArray<Movement>): Statement => ({
  protocols: ["till", "kiosk"],
  zone,
  currencies: ["CNY", "USD"],
  isOwn: (number) => number.startsWith("order_"),
  day: (asked) => Stream.fromIterable(lines(Math.round((asked.sinceMillis - sinceMillis) / day)))
})

const reconcile = (all: ReadonlyArray<Case>, now = untilMillis + 30 * day) =>
  Effect.andThen(
    TestClock.setTime(now),
    Reconciliation.reconcile(
      statementOf((distance) => all.flatMap(({ there }) => there?.[distance] ?? [])),
      { date: "2026-11-21" }
    )
  ).pipe(Effect.provide(ledgerOf(all.flatMap(({ here }) => here ?? []))))

const idOf = (index: number) => `ch_${String(index).padStart(32, "0")}`

const one: Drawn = { id: idOf(1), minor: 1_500n, at: sinceMillis + 600 * minute }

const totals = (movements: ReadonlyArray<Movement>, kind: string) =>
  movements.filter((each) => each.kind === kind).reduce((sum, { money }) => sum + money.minor, 0n)

describe("reconciliation", () => {
  it.effect("finds everything that differs, and nothing else", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(charges, async (drawn) => {
          const all = drawn.map(({ name, ...rest }, index) => ({
            id: idOf(index),
            ...cases[name]!({ id: idOf(index), ...rest })
          }))
          const done = await Effect.runPromise(Effect.provide(reconcile(all), TestClock.layer()))
          const found = done.differences.map(
            ({ chargeId, kind, state, what }) => `${chargeId.replace("order_", "")} ${kind} ${what}, ${state}`
          )
          const expected = all.flatMap((each) => (each.found ?? []).map((what) => `${each.id} ${what}`))
          assert.deepStrictEqual(found.toSorted(), expected.toSorted())
          const count = (of: "matched" | "shifted" | "foreign" | "uncovered") =>
            all.reduce((sum, each) => sum + (each[of] ?? 0), 0)
          assert.strictEqual(done.matched, count("matched"))
          assert.strictEqual(done.shifted, count("shifted"))
          assert.strictEqual(done.foreign, count("foreign"))
          assert.strictEqual(done.uncovered.length, count("uncovered"))
          assert.strictEqual(Reconciliation.isClean(done), expected.length === 0 && count("uncovered") === 0)
          if (Reconciliation.isClean(done)) for (const { here, there } of done.sums) assert.strictEqual(here, there)
          const lines = all.flatMap(({ there }) => there?.[0] ?? []).filter(({ chargeId }) => chargeId !== "order-7")
          for (const kind of ["payment", "refund"] as const) {
            const there = done.sums.filter((sum) => sum.kind === kind).reduce((sum, each) => sum + each.there, 0n)
            assert.strictEqual(there, totals(lines, kind))
          }
        }),
        { numRuns: 200 }
      )
    )
  )

  // Every case alone, so that none is only ever seen in a crowd.
  for (const [name, make] of Object.entries(cases)) {
    it.effect(name, () =>
      Effect.gen(function* () {
        const { found = [], matched = 0, shifted = 0, ...given } = make(one)
        const done = yield* reconcile([given])
        assert.deepStrictEqual(
          done.differences.map(({ kind, state, what }) => `${kind} ${what}, ${state}`),
          found
        )
        assert.deepStrictEqual([done.matched, done.shifted], [matched, shifted])
      })
    )
  }

  it.effect("shows both sides of a difference", () =>
    Effect.gen(function* () {
      const there = paid(one, { money: Money.of("CNY", 1_400n) })
      const { differences, sums } = yield* reconcile([{ here: entry(one), there: { 0: [there] } }])
      assert.deepStrictEqual(differences, [
        {
          what: "amount",
          kind: "payment",
          chargeId: one.id,
          state: "settled",
          here: paid(one),
          there: [there]
        }
      ])
      assert.deepStrictEqual(sums, [{ currency: "CNY", kind: "payment", here: 1_500n, there: 1_400n }])
    })
  )

  it.effect("pages through a ledger of more than one page", () =>
    Effect.gen(function* () {
      const all = Array.from({ length: 1_203 }, (_, index) =>
        cases[index < 1_200 ? "both say that it was paid" : "the provider lost it"]!({ ...one, id: idOf(index) })
      )
      const done = yield* reconcile(all)
      assert.deepStrictEqual([done.matched, done.differences.length], [1_200, 3])
    })
  )

  it.effect("says which statement it awaits, where a movement at the day's end may stand in the next one", () =>
    Effect.gen(function* () {
      const given = { here: entry(one, { at: untilMillis - 3_000 }) }
      const early = yield* reconcile([given], untilMillis + minute)
      assert.deepInclude(early.differences[0], { what: "missing there", awaits: "2026-11-22" })
      assert.isFalse(Reconciliation.isClean(early))
      const late = yield* reconcile([given])
      assert.notProperty(late.differences[0], "awaits")
    })
  )

  it.effect("refuses a day that is not over, and text that is no day", () =>
    Effect.gen(function* () {
      const early = yield* Effect.flip(reconcile([], untilMillis - 1))
      assert.deepInclude(early, { _tag: "StatementError", reason: "not-ready" })
      const statement = statementOf(() => [])
      for (const date of ["2026-11-31", "2026-1-1", "yesterday", ""]) {
        const error = yield* Effect.flip(Reconciliation.reconcile(statement, { date })).pipe(
          Effect.provide(ledgerOf([]))
        )
        assert.strictEqual(error._tag, "DayError", date)
      }
    })
  )

  it.effect("knows nothing where the statement fails, even of another day", () =>
    Effect.gen(function* () {
      const failing = (distance: number): Statement => ({
        ...statementOf(() => []),
        day: ({ date }) =>
          date === (distance === 0 ? "2026-11-21" : "2026-11-20")
            ? Stream.fail(new StatementError({ reason: "unavailable", message: "not today" }))
            : Stream.empty
      })
      yield* TestClock.setTime(untilMillis + day)
      for (const distance of [0, -1]) {
        const ledger = ledgerOf([entry(one, { at: sinceMillis + 1_000 })])
        const error = yield* Reconciliation.reconcile(failing(distance), { date: "2026-11-21" }).pipe(
          Effect.provide(ledger),
          Effect.flip
        )
        assert.strictEqual(error.message, "not today")
      }
    })
  )
})

describe("a day", () => {
  it("is as long as its zone makes it, and the next one begins where it ends", () => {
    const berlin = DateTime.zoneMakeNamedUnsafe("Europe/Berlin")
    const hours = (date: string) => {
      const { sinceMillis: since, untilMillis: until } = Result.getOrThrow(Day.parse(date, berlin))
      return (until - since) / 3_600_000
    }
    assert.deepStrictEqual(["2026-03-29", "2026-06-01", "2026-10-25"].map(hours), [23, 24, 25])
    assert.strictEqual(sinceMillis, Date.parse("2026-11-20T16:00:00Z"))
    const days = Day.between(sinceMillis - 1, untilMillis, zone).map(({ date }) => date)
    assert.deepStrictEqual(days, ["2026-11-20", "2026-11-21", "2026-11-22"])
  })

  it("contains each of its moments", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.integer({ min: 0, max: 4_000_000_000_000 }),
        FastCheck.constantFrom("Asia/Shanghai", "Europe/Berlin", "America/Sao_Paulo", "Pacific/Auckland", "UTC"),
        (at, name) => {
          const found = Day.containing(at, DateTime.zoneMakeNamedUnsafe(name))
          assert.isTrue(found.sinceMillis <= at && at < found.untilMillis)
          assert.deepStrictEqual(Result.getOrThrow(Day.parse(found.date, found.zone)).sinceMillis, found.sinceMillis)
        }
      )
    )
  })
})
