// The laws of the book, on whatever database: `bookLaws("SQLite", store, { runs })`. Every law has a store of its own.
import { assert, describe, it } from "@effect/vitest"
import type { Currency } from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as Book from "@paylayer/gateway/Book"
import type * as GatewayStore from "@paylayer/gateway/GatewayStore"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as fc from "fast-check"

export type Store = Layer.Layer<GatewayStore.GatewayStore, unknown>

const account = (kind: Book.AccountKind, owner: string, currency: Currency = "CNY"): Book.Account => ({
  kind,
  owner,
  currency
})

/** A charge, as it is posted. */
export const charge = (
  id: string,
  minor: bigint,
  {
    currency = "CNY",
    developer = "ann",
    fee = 0n,
    payer = "agent-1",
    atMillis = 0
  }: {
    readonly currency?: Currency
    readonly developer?: string
    readonly fee?: bigint
    readonly payer?: string
    readonly atMillis?: number
  } = {}
): Book.Transaction => ({
  id: `charge:${id}`,
  atMillis,
  kind: "charge",
  developer,
  reference: id,
  postings: [
    { account: account("provider", "voucher", currency), minor },
    { account: account("agent", payer, currency), minor: -minor },
    { account: account("agent", payer, currency), minor },
    { account: account("merchant", developer, currency), minor: fee - minor },
    { account: account("fees", "", currency), minor: -fee }
  ]
})

const payout = (id: string, minor: bigint, developer: string, currency: Currency): Book.Transaction => ({
  id: `payout:${id}`,
  atMillis: 5,
  kind: "payout",
  reference: id,
  postings: [
    { account: account("merchant", developer, currency), minor },
    { account: account("transit", id, currency), minor: -minor }
  ]
})

const developers = ["ann", "bob", "眉"]
const currencies: ReadonlyArray<Currency> = ["CNY", "USD", "JPY"]

/** Anything that could be asked of the book: ids come again, with the same and with other postings. */
const asked = fc.oneof(
  fc
    .record({
      id: fc.integer({ min: 0, max: 12 }).map(String),
      minor: fc.bigInt({ min: 1n, max: 10n ** 15n }),
      fee: fc.bigInt({ min: 0n, max: 1n }),
      developer: fc.constantFrom(...developers),
      currency: fc.constantFrom(...currencies),
      payer: fc.constantFrom("agent-1", "agent-2"),
      atMillis: fc.integer({ min: 0, max: 4_000_000_000_000 })
    })
    .map(({ id, minor, ...rest }) => charge(id, minor, rest)),
  fc
    .tuple(
      fc.integer({ min: 0, max: 3 }).map(String),
      fc.bigInt({ min: 1n, max: 1_000n }),
      fc.constantFrom(...developers),
      fc.constantFrom(...currencies)
    )
    .map((of) => payout(...of)),
  // Something that does not balance, or is of two currencies, or says nothing.
  fc
    .array(
      fc.record({
        account: fc.record({
          kind: fc.constantFrom("agent", "merchant", "fees"),
          owner: fc.constantFrom(...developers),
          currency: fc.constantFrom(...currencies)
        }),
        minor: fc.bigInt({ min: -5n, max: 5n })
      }),
      { maxLength: 4 }
    )
    .map((postings): Book.Transaction => ({ id: "adjustment:1", atMillis: 1, kind: "adjustment", postings }))
)

const key = ({ currency, kind, owner }: Book.Account) => `${kind} ${owner} ${currency}`

const refusal = (model: ReadonlyMap<string, Book.Transaction>, { id, postings }: Book.Transaction) => {
  const before = model.get(id)
  if (postings.length === 0) return "unbalanced"
  if (new Set(postings.map(({ account }) => account.currency)).size > 1) return "currencies"
  if (postings.reduce((sum, { minor }) => sum + minor, 0n) !== 0n) return "unbalanced"
  return before !== undefined && JSON.stringify(bare(before)) !== JSON.stringify(bare({ id, postings }))
    ? "conflict"
    : undefined
}

const bare = ({ id, postings }: Pick<Book.Transaction, "id" | "postings">) => [
  id,
  postings.map(({ account, minor }) => [key(account), String(minor)])
]

const balances = (model: Iterable<Book.Transaction>) => {
  const sums = new Map<string, bigint>()
  for (const { postings } of model) {
    for (const { account, minor } of postings) sums.set(key(account), (sums.get(key(account)) ?? 0n) + minor)
  }
  return sums
}

export const bookLaws = (name: string, store: Effect.Effect<Store>, { runs }: { readonly runs: number }) =>
  describe(`the book on ${name}`, () => {
    const law = (promise: string, test: (book: Book.Book["Service"]) => Effect.Effect<void, unknown>) =>
      it.effect(
        promise,
        () => Effect.flatMap(store, (layer) => Effect.provide(Effect.flatMap(Book.make, test), layer)),
        60_000
      )

    it.effect(
      "is what was posted to it, each transaction once, however often and in whatever order it is asked",
      () =>
        Effect.promise(() =>
          fc.assert(
            fc.asyncProperty(fc.array(asked, { maxLength: 30 }), (all) =>
              Effect.gen(function* () {
                const book = yield* Book.make
                const model = new Map<string, Book.Transaction>()
                for (const transaction of all) {
                  const expected = refusal(model, transaction)
                  const result = yield* Effect.result(book.post(transaction))
                  if (expected === undefined) {
                    assert.strictEqual(result._tag, "Success")
                    if (result._tag === "Success") {
                      assert.strictEqual(result.success, model.has(transaction.id) ? "known" : "posted")
                    }
                    if (!model.has(transaction.id)) model.set(transaction.id, transaction)
                  } else {
                    assert.strictEqual(result._tag, "Failure")
                    if (result._tag === "Failure") {
                      assert.strictEqual(result.failure._tag === "BookRefused" && result.failure.because, expected)
                    }
                  }
                }
                const kept = yield* book.transactions({})
                assert.deepEqual(kept.map(bare), [...model.values()].map(bare))
                assert.deepEqual(
                  kept.map(({ atMillis }) => atMillis),
                  [...model.values()].map(({ atMillis }) => atMillis)
                )
                const sums = balances(model.values())
                for (const [name, minor] of sums) {
                  const [kind, owner, currency] = name.split(" ") as [Book.AccountKind, string, Currency]
                  assert.strictEqual(yield* book.balance({ kind, owner, currency }), minor)
                }
                for (const developer of developers) {
                  const owed = currencies
                    .toSorted()
                    .map((currency) => [currency, -(sums.get(`merchant ${developer} ${currency}`) ?? 0n)] as const)
                    .filter(([, minor]) => minor > 0n)
                    .map(([currency, minor]) => Money.of(currency, minor))
                  assert.deepEqual(yield* book.payable(developer), owed)
                }
                assert.deepEqual(yield* book.audit, [])
              }).pipe((test) => Effect.flatMap(store, (layer) => Effect.provide(test, layer)), Effect.runPromise)
            ),
            { numRuns: runs }
          )
        ),
      120_000
    )

    law("posts several, all or none of them", (book) =>
      Effect.gen(function* () {
        yield* book.post(charge("1", 5n))
        const refused = yield* Effect.flip(book.postAll([charge("2", 5n), charge("1", 6n)]))
        assert.strictEqual(refused._tag === "BookRefused" && refused.because, "conflict")
        assert.deepEqual(yield* book.find(["charge:1", "charge:2"]), [charge("1", 5n)])
        assert.strictEqual(yield* book.balance(account("merchant", "ann")), -5n)
        assert.deepEqual(
          yield* book.postAll([charge("1", 5n), charge("2", 5n), charge("2", 5n)]),
          new Set(["charge:1"])
        )
        assert.strictEqual(yield* book.balance(account("merchant", "ann")), -10n)
      })
    )

    law("posts once what twenty ask for at once", (book) =>
      Effect.gen(function* () {
        const asking = Array.from({ length: 20 }, (_, index) => book.post(charge(String(index % 2), 7n)))
        const answers = yield* Effect.all(asking, { concurrency: "unbounded" })
        assert.strictEqual(answers.filter((answer) => answer === "posted").length, 2)
        assert.strictEqual(yield* book.balance(account("provider", "voucher")), 14n)
        assert.deepEqual(yield* book.audit, [])
      })
    )

    law("gives transactions page by page, of whom and when was asked", (book) =>
      Effect.gen(function* () {
        const all = Array.from({ length: 7 }, (_, index) =>
          charge(String(index), 3n, { atMillis: index, developer: index === 3 ? "bob" : "ann" })
        )
        yield* book.postAll(all)
        const ids = (found: ReadonlyArray<Book.Transaction>) => found.map(({ reference }) => reference).join("")
        assert.strictEqual(ids(yield* book.transactions({ limit: 3 })), "012")
        assert.strictEqual(ids(yield* book.transactions({ limit: 3, after: "charge:2" })), "345")
        assert.strictEqual(ids(yield* book.transactions({ developer: "ann", since: 2, until: 6 })), "245")
        assert.strictEqual(ids(yield* book.transactions({ reference: "3", currency: "CNY", kind: "charge" })), "3")
        assert.strictEqual(ids(yield* book.transactions({ currency: "USD" })), "")
      })
    )
  })
