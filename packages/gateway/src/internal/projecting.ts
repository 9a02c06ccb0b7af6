/**
 * Some charges of the ledger, written as calls, days and book transactions: in one transaction, each line of a journal once.
 */
import type * as Ledger from "@paylayer/core/Ledger"
import * as Refund from "@paylayer/core/Refund"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import type { Book, Transaction } from "../Book.ts"
import type { GatewayStore } from "../GatewayStore.ts"
import * as TakeRate from "../TakeRate.ts"
import * as Calls from "./calls.ts"
import { Days } from "./days.ts"

export interface Projecting {
  /** The id of the developer of the tool of this slug. */
  readonly developerOf: (slug: string) => string | undefined
  readonly takeRate: () => TakeRate.TakeRate
}

/** What went back of a charge, in the order in which it did. */
const refundsOf = (entry: Ledger.Entry) => {
  const refunds = new Map(Refund.of(entry).map((refund) => [refund.id, refund]))
  const done = entry.journal.flatMap(({ atMillis, refund }) => {
    const money = refund?.to === "refunded" ? refunds.get(refund.id)?.money : undefined
    return refund === undefined || money === undefined ? [] : [{ id: refund.id, atMillis, minor: money.minor }]
  })
  const rest = done.reduce((left, { minor }) => left - minor, entry.charge.money.minor)
  if (entry.state !== "refunded" || rest <= 0n) return done
  // It was marked as given back as a whole, without a refund of ours. No refund is called so.
  return [...done, { id: "*", atMillis: entry.journal.at(-1)!.atMillis, minor: rest }]
}

export const chargeId = (id: string): string => `charge:${id}`

/** A charge of M with a fee f, or the mirror of a part of it. */
const movement = (
  call: Calls.Row,
  of: Pick<Transaction, "id" | "kind" | "atMillis"> & { readonly minor: bigint; readonly fee: bigint }
): Transaction => {
  const { fee, minor, ...transaction } = of
  const { currency, developer, payer, protocol } = call
  const agent = { kind: "agent", owner: payer, currency } as const
  return {
    ...transaction,
    developer,
    reference: call.id,
    postings: [
      { account: { kind: "provider", owner: protocol, currency }, minor },
      { account: agent, minor: -minor },
      { account: agent, minor },
      { account: { kind: "merchant", owner: developer, currency }, minor: fee - minor },
      { account: { kind: "fees", owner: "", currency }, minor: -fee }
    ]
  }
}

interface Volume {
  readonly developer: string
  readonly month: string
  readonly currency: string
  operations: bigint
  volume: bigint
}

/** What developers' months have come to, as far as a batch concerns them. */
const volumes = Effect.fnUntraced(function* (
  { sql, table }: GatewayStore["Service"],
  months: ReadonlyArray<Pick<Volume, "developer" | "month">>
) {
  const rows =
    months.length === 0
      ? []
      : yield* sql<Volume>`SELECT developer, month, currency, operations, volume FROM ${table("volumes")}
          WHERE (developer, month) IN (VALUES ${sql.csv(months.map(({ developer, month }) => sql`(${developer}, ${month})`))})`
  const nameOf = (...of: ReadonlyArray<string>) => JSON.stringify(of)
  const known = new Map(rows.map((row) => [nameOf(row.developer, row.month, row.currency), { ...row }]))
  const operations = new Map<string, bigint>()
  for (const row of rows) {
    const month = nameOf(row.developer, row.month)
    operations.set(month, (operations.get(month) ?? 0n) + row.operations)
  }
  return {
    /** The fee of the next charge. */
    next: (takeRate: TakeRate.TakeRate, month: string, { currency, developer, minor }: Calls.Row): bigint => {
      const [whole, name] = [nameOf(developer, month), nameOf(developer, month, currency)]
      const of = known.get(name) ?? { developer, month, currency, operations: 0n, volume: 0n }
      const so = { operations: operations.get(whole) ?? 0n, volume: of.volume }
      const { fee, month: now } = TakeRate.next(takeRate, so, { currency, minor })
      operations.set(whole, now.operations)
      known.set(name, { ...of, operations: of.operations + 1n, volume: now.volume })
      return fee
    },
    write: Effect.suspend(() =>
      Effect.forEach(
        Arr.chunksOf([...known.values()], 100),
        (rows) => sql`INSERT INTO ${table("volumes")} ${sql.insert(rows)}
          ON CONFLICT (developer, month, currency) DO UPDATE SET
            operations = excluded.operations, volume = excluded.volume`,
        { discard: true }
      )
    )
  }
})

export const make = (store: GatewayStore["Service"], book: Book["Service"], { developerOf, takeRate }: Projecting) => {
  const { calendar, sql, table, write } = store

  const rowsOf = Effect.fnUntraced(function* (entries: ReadonlyArray<Ledger.Entry>) {
    const rows = yield* sql<Calls.Row>`SELECT ${sql.literal(Calls.columns)}, day, lines, fee, refunds
      FROM ${table("calls")} WHERE ${sql.in(
        "id",
        entries.map(({ charge }) => charge.id)
      )}`
    return new Map(rows.map((row) => [row.id, row]))
  })

  /** The entries of which something is not counted. */
  const news = (entries: ReadonlyArray<Ledger.Entry>, rows: ReadonlyMap<string, Calls.Row>) =>
    entries.filter(({ charge, journal }) => BigInt(journal.length) > (rows.get(charge.id)?.lines ?? 0n))

  /** Fees of charges, and the transactions that are not in the book. */
  const booking = Effect.fnUntraced(function* (
    changes: ReadonlyArray<{ readonly entry: Ledger.Entry; readonly call: Calls.Row }>
  ) {
    const charges = changes.flatMap(({ call, entry }) => {
      const atMillis = Calls.settledAt(entry)
      return atMillis === undefined || call.minor === 0n || call.fee !== null
        ? []
        : [{ call, atMillis, month: calendar.month(atMillis) }]
    })
    // What was booked before the call was counted, if that ever happened, keeps its fee.
    const booked = yield* book.find(charges.map(({ call }) => chargeId(call.id)))
    const fees = new Map(
      booked.map(({ postings, reference }) => [
        reference!,
        postings.reduce((fee, { account, minor }) => (account.kind === "fees" ? fee - minor : fee), 0n)
      ])
    )
    const fresh = charges.filter(({ call }) => !fees.has(call.id))
    const months = yield* volumes(
      store,
      fresh.map(({ call, month }) => ({ developer: call.developer, month }))
    )
    const rate = takeRate()
    const transactions: Array<Transaction> = []
    for (const { atMillis, call, month } of fresh) {
      const fee = months.next(rate, month, call)
      fees.set(call.id, fee)
      transactions.push(movement(call, { id: chargeId(call.id), kind: "charge", atMillis, minor: call.minor, fee }))
    }
    const calls = changes.map(({ call, entry }) => {
      const fee = call.fee ?? fees.get(call.id) ?? null
      if (fee === null) return call
      const refunds = refundsOf(entry)
      let before = 0n
      for (const [index, { atMillis, id, minor }] of refunds.entries()) {
        const back = TakeRate.feeBack({ minor: call.minor, fee }, before, minor)
        before += minor
        if (index < Number(call.refunds)) continue
        const of = { id: `refund:${call.id}:${id}`, kind: "refund", atMillis, minor: -minor, fee: -back } as const
        transactions.push(movement(call, of))
      }
      return { ...call, fee, refunds: BigInt(refunds.length) }
    })
    yield* book.postAll(transactions)
    yield* months.write
    return calls
  })

  const project = Effect.fnUntraced(function* (entries: ReadonlyArray<Ledger.Entry>) {
    const before = yield* rowsOf(entries)
    const changes = news(entries, before).map((entry) => ({
      entry,
      call: Calls.fromEntry(entry, before.get(entry.charge.id), developerOf, calendar.day)
    }))
    const calls = yield* booking(changes)
    const days = new Days()
    for (const call of calls) {
      const counted = before.get(call.id)
      if (counted !== undefined) days.count(counted, -1n)
      days.count(call, 1n)
    }
    const changing = sql.csv(Calls.changing.map((name) => sql.literal(`${name} = excluded.${name}`)))
    yield* Effect.forEach(
      Arr.chunksOf(calls, 100),
      (rows) => sql`INSERT INTO ${table("calls")} ${sql.insert(Arr.map(rows, (row) => ({ ...row })))}
        ON CONFLICT (id) DO UPDATE SET ${changing}`,
      { discard: true }
    )
    yield* days.write(store)
    return calls.length
  })

  return {
    /** The entries that are worth writing. */
    news: (entries: ReadonlyArray<Ledger.Entry>) =>
      entries.length === 0
        ? Effect.succeed([])
        : store.read(Effect.map(rowsOf(entries), (rows) => news(entries, rows))),
    /** Writes entries. Gives how many calls have changed. */
    write: (entries: ReadonlyArray<Ledger.Entry>) => write(project(entries))
  }
}
