/**
 * The bookkeeper: brings usage and book up to the ledger.
 *
 * It reads what has changed in the ledger and writes, in one transaction, the call, what its day comes to, and what is booked
 * of it. What was read before is read again for a while, since several hosts write by clocks of their own, and counted once:
 * each line of a charge's journal, each refund, each charge's fee. It may die at any moment, and several of them do no harm.
 */
import * as Ledger from "@paylayer/core/Ledger"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Semaphore from "effect/Semaphore"
import { Accrual, type Fate } from "./Accrual.ts"
import { Book } from "./Book.ts"
import { GatewayStore } from "./GatewayStore.ts"
import type { GatewayStoreError } from "./GatewayStoreError.ts"
import { audit } from "./internal/auditingCalls.ts"
import * as Calls from "./internal/calls.ts"
import * as Projecting from "./internal/projecting.ts"

export interface Options extends Projecting.Projecting {
  /** How often the ledger is read. Default: every second. */
  readonly every?: Duration.Input
  /**
   * How far apart the clocks of hosts may be, and how long a write of theirs may take. Now and then what changed within so long
   * is read again. Default: 10 minutes.
   */
  readonly overlap?: Duration.Input
}

export class Bookkeeper extends Context.Service<
  Bookkeeper,
  {
    /** Reads and writes what there is. Gives how many calls have changed. */
    readonly catchUp: Effect.Effect<number, GatewayStoreError | Ledger.LedgerError>
    /** Up to which moment the ledger was read, in epoch milliseconds; 0 until it was read once. */
    readonly readUntil: Effect.Effect<number, GatewayStoreError>
    /** What does not add up, in words: in the book, in the days, between them and the ledger. Empty when all is well. */
    readonly audit: Effect.Effect<ReadonlyArray<string>, GatewayStoreError | Ledger.LedgerError>
  }
>()("@paylayer/gateway/Bookkeeper") {}

/** So many charges are asked of the ledger at a time. */
const pageSize = 500

/** So many are written at a time: others wait meanwhile. */
const writtenAtOnce = 100

/** What changed in so long is asked of the ledger at a time; in more where little has. */
const slice = 60_000

/** What changed within so long before is always read again. */
const always = 1_000

interface Cursor {
  readonly at: bigint
  readonly after: string | null
}

const fates: { readonly [O in ReturnType<typeof Calls.outcome>]?: Fate } = {
  paid: "taken",
  refunded: "taken",
  carried: "carried",
  refused: "void",
  failed: "void"
}

const fatesOf = (entries: ReadonlyArray<Ledger.Entry>): ReadonlyMap<string, Fate> =>
  new Map(
    entries.flatMap((entry) => {
      const fate = fates[Calls.outcome(entry)]
      return fate === undefined ? [] : [[entry.charge.id, fate] as const]
    })
  )

export const make = Effect.fnUntraced(function* ({ overlap = "10 minutes", ...projecting }: Options) {
  const [ledger, store, book, accrual] = yield* Effect.all([Ledger.Ledger, GatewayStore, Book, Accrual])
  const { read, sql, table, write } = store
  const projection = Projecting.make(store, book, projecting)
  const overlapMillis = Duration.toMillis(overlap)
  const alone = yield* Semaphore.make(1)

  const cursor = Effect.map(
    read(sql<Cursor>`SELECT at, after FROM ${table("cursors")} WHERE name = 'ledger'`),
    ([found]) => found
  )
  const moveTo = ({ after, at }: Cursor) =>
    write(sql`INSERT INTO ${table("cursors")} AS c (name, at, after) VALUES ('ledger', ${at}, ${after})
      ON CONFLICT (name) DO UPDATE SET at = excluded.at, after = excluded.after
      WHERE c.at < excluded.at OR (c.at = excluded.at AND c.after IS NOT NULL)`)

  /** One after another, so that one that cannot be booked keeps no other from it. */
  const each = Effect.fnUntraced(function* (entries: ReadonlyArray<Ledger.Entry>) {
    let changed = 0
    for (const entry of entries) {
      changed += yield* Effect.catchTag(projection.write([entry]), "BookRefused", ({ message }) =>
        Effect.as(Effect.logError(`charge ${entry.charge.id} cannot be booked: ${message}`), 0)
      )
    }
    return changed
  })

  const bring = Effect.fnUntraced(function* (entries: ReadonlyArray<Ledger.Entry>) {
    let changed = 0
    const news = yield* projection.news(entries)
    for (let from = 0; from < news.length; from += writtenAtOnce) {
      const some = news.slice(from, from + writtenAtOnce)
      yield* accrual.resolve(fatesOf(some))
      changed += yield* Effect.catchTag(projection.write(some), "BookRefused", () => each(some))
    }
    return changed
  })

  /** Everything that a query finds, page by page. */
  const bringAll = Effect.fnUntraced(function* (
    query: Ledger.Query,
    read: (last: string) => Effect.Effect<unknown, GatewayStoreError> = () => Effect.void
  ) {
    let [changed, pages] = [0, 0]
    let { after } = query
    while (true) {
      const page = yield* ledger.list({ ...query, limit: pageSize, ...(after === undefined ? {} : { after }) })
      changed += yield* bring(page)
      pages += 1
      after = page.at(-1)?.charge.id
      if (after === undefined || page.length < pageSize) return { changed, pages }
      yield* read(after)
    }
  })

  let readFarAt = -Infinity
  const catchUp = Effect.gen(function* () {
    const now = yield* Clock.currentTimeMillis
    let changed = 0
    let at = yield* cursor
    if (at === undefined || at.after !== null) {
      // The whole ledger, from where that was interrupted. What changes meanwhile is read afterwards.
      const began = at?.at ?? BigInt(now)
      yield* moveTo({ at: began, after: at?.after ?? "" })
      const all = yield* bringAll(at?.after ? { after: at.after } : {}, (after) => moveTo({ at: began, after }))
      changed += all.changed
      at = { at: began, after: null }
      yield* moveTo(at)
    }
    const isFar = now - readFarAt >= overlapMillis / 2
    let since = Math.min(Number(at.at), now) - (isFar ? overlapMillis : always)
    let width = slice
    while (since + width < now) {
      const some = yield* bringAll({ changedSince: since, changedBefore: since + width })
      changed += some.changed
      since += width
      width = some.pages === 1 ? width * 2 : slice
      if (BigInt(since) > at.at) yield* moveTo({ at: BigInt(since), after: null })
    }
    const last = yield* bringAll({ changedSince: since })
    changed += last.changed
    if (isFar) readFarAt = now
    // Without news a moment is remembered now and then; what lies between is read again.
    if (changed > 0 || now - Number(at.at) >= slice / 2) yield* moveTo({ at: BigInt(now), after: null })
    return changed
  })

  return Bookkeeper.of({
    catchUp: alone.withPermits(1)(Effect.withSpan(catchUp, "Bookkeeper.catchUp")),
    readUntil: Effect.map(cursor, (at) => (at === undefined || at.after !== null ? 0 : Number(at.at))),
    audit: audit(store, ledger, book)
  })
})

/** A bookkeeper that is at work. */
export const layer = (
  options: Options
): Layer.Layer<Bookkeeper, never, Ledger.Ledger | GatewayStore | Book | Accrual> =>
  Layer.effect(
    Bookkeeper,
    Effect.tap(make(options), ({ catchUp }) =>
      catchUp.pipe(
        Effect.catchCause((cause) => Effect.logError("the ledger could not be booked; it is tried again", cause)),
        Effect.repeat(Schedule.spaced(options.every ?? "1 second")),
        Effect.forkScoped
      )
    )
  )
