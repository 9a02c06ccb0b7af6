/**
 * The ledger in memory: for tests, demos and development. It forgets everything when the process ends, and says so.
 *
 * Every operation is one synchronous step, so no two fibers can be inside one: claims and reservations are atomic.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Ledger from "./Ledger.ts"

interface Book {
  readonly entries: Map<string, Ledger.Entry>
  readonly chargeByKey: Map<string, string>
  readonly spent: Map<string, bigint>
  readonly reservedBy: Map<string, Map<string, bigint>>
}

const giveBack = (book: Book, chargeId: string) => {
  for (const [bucket, units] of book.reservedBy.get(chargeId) ?? []) {
    book.spent.set(bucket, (book.spent.get(bucket) ?? units) - units)
  }
  book.reservedBy.delete(chargeId)
}

/** Takes all reservations or none. */
const reserve = (
  book: Book,
  chargeId: string,
  reservations: ReadonlyArray<Ledger.Reservation>
): Result.Result<void, Ledger.ReservationRefused> => {
  const own = new Map(book.reservedBy.get(chargeId))
  for (const { bucket, kind, units, limit } of reservations) {
    const others = (book.spent.get(bucket) ?? 0n) - (book.reservedBy.get(chargeId)?.get(bucket) ?? 0n)
    const taken = own.get(bucket) ?? units
    if (others + taken > limit) {
      const remaining = limit > others ? limit - others : 0n
      return Result.fail(new Ledger.ReservationRefused({ bucket, kind, remaining }))
    }
    own.set(bucket, taken)
  }
  giveBack(book, chargeId)
  for (const [bucket, units] of own) book.spent.set(bucket, (book.spent.get(bucket) ?? 0n) + units)
  book.reservedBy.set(chargeId, own)
  return Result.void
}

type Stepped<A> = Result.Result<A, Ledger.LedgerError | Ledger.ReservationRefused>

const open = (book: Book, { reservations, ...opening }: Ledger.Opening, atMillis: number): Stepped<Ledger.Opened> => {
  const holder = book.entries.get(book.chargeByKey.get(opening.key) ?? "")
  if (holder !== undefined && !Ledger.isVoid(holder.state)) {
    return Result.succeed({ _tag: "Existing", entry: holder })
  }
  if (book.entries.has(opening.charge.id)) {
    return Result.fail(new Ledger.LedgerError({ message: `charge ${opening.charge.id} exists already` }))
  }
  return Result.map(reserve(book, opening.charge.id, reservations), (): Ledger.Opened => {
    const entry: Ledger.Entry = { ...opening, state: "opened", journal: [{ state: "opened", atMillis }] }
    book.entries.set(opening.charge.id, entry)
    book.chargeByKey.set(opening.key, opening.charge.id)
    return { _tag: "Claimed", entry }
  })
}

const advance = (
  book: Book,
  chargeId: string,
  { to, cause, reservations = [], ...recorded }: Ledger.Step,
  atMillis: number
): Stepped<Ledger.Entry> => {
  const entry = book.entries.get(chargeId)
  if (entry === undefined) return Result.fail(new Ledger.LedgerError({ message: `there is no charge ${chargeId}` }))
  if (!Ledger.transitions[entry.state].includes(to)) {
    return Result.fail(
      new Ledger.LedgerError({ message: `charge ${chargeId} is ${entry.state} and cannot become ${to}` })
    )
  }
  return Result.map(reserve(book, chargeId, reservations), () => {
    const line = { state: to, atMillis, ...(cause === undefined ? {} : { cause }) }
    const next: Ledger.Entry = { ...entry, ...recorded, state: to, journal: [...entry.journal, line] }
    book.entries.set(chargeId, next)
    if (Ledger.isVoid(to)) giveBack(book, chargeId)
    return next
  })
}

/** An empty ledger. */
export const make = Effect.sync(() => {
  const book: Book = { entries: new Map(), chargeByKey: new Map(), spent: new Map(), reservedBy: new Map() }
  const step = <A, E>(run: (atMillis: number) => Result.Result<A, E>) =>
    Clock.clockWith((clock) => Effect.fromResult(run(clock.currentTimeMillisUnsafe())))
  return Ledger.Ledger.of({
    open: (opening) => step((at) => open(book, opening, at)),
    advance: (chargeId, next) => step((at) => advance(book, chargeId, next, at)),
    find: (chargeId) => Effect.sync(() => book.entries.get(chargeId)),
    entries: Effect.sync(() => [...book.entries.values()])
  })
})

/** The ledger in memory, silent: for tests. */
export const layerSilent = Layer.effect(Ledger.Ledger, make)

/** The ledger in memory. Warns at start that nothing survives the process. */
export const layer = Layer.effect(
  Ledger.Ledger,
  Effect.tap(make, () => Effect.logWarning("The ledger is in memory: charges are forgotten when this process ends."))
)
