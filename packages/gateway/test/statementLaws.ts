// The laws of statements, on whatever database.
import { assert, describe, it } from "@effect/vitest"
import type { Currency } from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as Book from "@paylayer/gateway/Book"
import * as DeveloperStatement from "@paylayer/gateway/DeveloperStatement"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as fc from "fast-check"
import { type Store, charge } from "./bookLaws.ts"

const start = Date.UTC(2026, 9, 28)
const months = ["2026-09", "2026-10", "2026-11", "2026-12"]
const currencies: ReadonlyArray<Currency> = ["CNY", "JPY"]

const when = fc.integer({ min: 0, max: 40 * 86_400 }).map((seconds) => start + seconds * 1_000 + (seconds % 1_000))
const movement = fc.record({
  kind: fc.constantFrom("charge", "refund", "payout", "payout-reversed"),
  minor: fc.bigInt({ min: 1n, max: 10_000n }),
  permille: fc.bigInt({ min: 0n, max: 1_000n }),
  developer: fc.constantFrom("ann", "bob"),
  currency: fc.constantFrom(...currencies),
  atMillis: when
})

/** Something that moves what a developer is owed. */
const transaction = (
  { atMillis, currency, developer, kind, minor, permille }: typeof movement extends fc.Arbitrary<infer A> ? A : never,
  index: number
): Book.Transaction => {
  const made = charge(String(index), minor, { atMillis, currency, developer, fee: (minor * permille) / 1_000n })
  if (kind === "charge") return made
  const { postings } = made
  const mirror = postings.map(({ account, minor }) => ({ account, minor: -minor }))
  if (kind === "refund") return { ...made, id: `refund:${index}`, kind, postings: mirror }
  const owner = `po_${index}`
  const sign = kind === "payout" ? 1n : -1n
  return {
    id: `${kind}:${index}`,
    atMillis,
    kind: kind === "payout" ? "payout" : "payout-reversed",
    reference: owner,
    postings: [
      { account: { kind: "merchant", owner: developer, currency }, minor: sign * minor },
      { account: { kind: "transit", owner, currency }, minor: -sign * minor }
    ]
  }
}

/** Minor units of a decimal with a sign. */
const minorOf = (currency: Currency, text: string) => {
  const minor = BigInt(text.replace("-", "").replace(".", ""))
  assert.strictEqual(text.replace("-", ""), Money.decimalString({ currency, minor }))
  return text.startsWith("-") ? -minor : minor
}

const sum = (all: ReadonlyArray<bigint>) => all.reduce((total, minor) => total + minor, 0n)

export const statementLaws = (name: string, store: Effect.Effect<Store>, { runs }: { readonly runs: number }) =>
  describe(`statements on ${name}`, () => {
    it.effect(
      "months follow one another to what is owed, to the cent, by their totals, their lines and their files",
      () =>
        Effect.promise(() =>
          fc.assert(
            fc.asyncProperty(fc.array(movement, { maxLength: 40 }), (movements) =>
              Effect.gen(function* () {
                const book = yield* Book.make
                const statements = yield* DeveloperStatement.make
                const all = movements.map(transaction)
                yield* book.postAll(all)
                for (const developer of ["ann", "bob"]) {
                  for (const currency of currencies) {
                    let owed = 0n
                    for (const month of months) {
                      const of = { developer, month, currency }
                      const summary = yield* statements.summary(of)
                      const lines = yield* Stream.runCollect(statements.lines(of))
                      const own = all
                        .filter(({ atMillis }) => new Date(atMillis).toISOString().startsWith(month))
                        .flatMap(({ id, postings }) =>
                          postings
                            .filter(
                              ({ account }) =>
                                account.kind === "merchant" &&
                                account.owner === developer &&
                                account.currency === currency
                            )
                            .map(({ minor }) => [id, -minor] as const)
                        )
                      assert.deepEqual(
                        lines.map(({ id, net }) => [id, net] as const).toSorted(),
                        own.toSorted(),
                        "each movement is a line"
                      )
                      assert.strictEqual(summary.opening, owed)
                      for (const { atMillis, fees, gross, net, owed: so } of lines) {
                        owed += net
                        assert.strictEqual(so, owed)
                        assert.strictEqual(gross - fees, net)
                        assert.isTrue(atMillis >= summary.sinceMillis && atMillis < summary.untilMillis)
                      }
                      assert.deepEqual(
                        lines.map(({ atMillis }) => atMillis),
                        lines.map(({ atMillis }) => atMillis).toSorted((a, b) => a - b)
                      )
                      assert.strictEqual(summary.closing, owed)
                      for (const { fees, gross, kind, lines: count, net } of summary.totals) {
                        const told = lines.filter((line) => line.kind === kind)
                        assert.strictEqual(count, BigInt(told.length))
                        assert.deepEqual(
                          [gross, fees, net],
                          [
                            sum(told.map(({ gross }) => gross)),
                            sum(told.map(({ fees }) => fees)),
                            sum(told.map(({ net }) => net))
                          ]
                        )
                      }
                      const csv = yield* Stream.mkString(statements.export(of, "csv"))
                      const rows = csv
                        .trimEnd()
                        .split("\r\n")
                        .map((line) => line.split(","))
                      assert.strictEqual(rows.length, lines.length + 3)
                      assert.strictEqual(
                        minorOf(currency, rows[1]![8]!) +
                          sum(rows.slice(2, -1).map((row) => minorOf(currency, row[7]!))),
                        minorOf(currency, rows.at(-1)![8]!)
                      )
                      assert.strictEqual(minorOf(currency, rows.at(-1)![8]!), owed)
                      assert.deepEqual(
                        rows.slice(2, -1).map(([time, kind, reference]) => [time, kind, reference]),
                        lines.map(({ atMillis, kind, reference }) => [
                          new Date(atMillis).toISOString(),
                          kind,
                          reference
                        ])
                      )
                      const json = JSON.parse(yield* Stream.mkString(statements.export(of, "json")))
                      assert.strictEqual(minorOf(currency, json.closing), owed)
                      assert.deepEqual(
                        json.lines.map((line: { readonly net: string }) => minorOf(currency, line.net)),
                        lines.map(({ net }) => net)
                      )
                    }
                    const payable = (yield* book.payable(developer)).find((money) => money.currency === currency)
                    assert.strictEqual(payable?.minor ?? 0n, owed > 0n ? owed : 0n)
                  }
                }
              }).pipe(
                (test) => Effect.flatMap(store, (layer) => Effect.provide(test, layer)),
                (test) => Effect.runPromise(test as Effect.Effect<void>)
              )
            ),
            { numRuns: runs }
          )
        ),
      60_000
    )
  })
