/**
 * The ledger in memory: for tests, demos and development. It forgets everything when the process ends, and says so.
 *
 * Every operation is one synchronous step, so no two fibers can be inside one: claims and reservations are atomic.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type { Charge } from "./Charge.ts"
import * as Ledger from "./Ledger.ts"
import * as Refund from "./Refund.ts"
import * as Refunding from "./Refunding.ts"

/** What the hosts of one ledger share. */
export interface Store {
  readonly entries: Map<string, Ledger.Entry>
  readonly chargeByKey: Map<string, string>
  readonly buckets: Map<string, { units: bigint; readonly endsAtMillis: number | undefined }>
  readonly reservedBy: Map<string, Map<string, bigint>>
  /** The hosts that are alive. */
  readonly hosts: Set<string>
  /** How many hosts there have been. */
  arrivals: number
}

type Stepped<A> = Result.Result<A, Ledger.LedgerError | Ledger.ReservationRefused>

const refuse = (message: string) => Result.fail(new Ledger.LedgerError({ message }))

const giveBack = (store: Store, chargeId: string) => {
  for (const [name, units] of store.reservedBy.get(chargeId) ?? []) {
    const bucket = store.buckets.get(name)
    if (bucket !== undefined) bucket.units -= units
  }
  store.reservedBy.delete(chargeId)
}

/** Leaves only so much of what a charge took out of buckets. */
const lower = (store: Store, chargeId: string, units: bigint, buckets: ReadonlyArray<string>) => {
  const own = store.reservedBy.get(chargeId)
  for (const name of buckets) {
    const bucket = store.buckets.get(name)
    const before = own?.get(name)
    if (bucket === undefined || before === undefined) continue
    own?.set(name, units)
    bucket.units -= before - units
  }
}

/** Takes all reservations or none. */
const reserve = (store: Store, chargeId: string, reservations: ReadonlyArray<Ledger.Reservation>): Stepped<void> => {
  if (reservations.length === 0) return Result.void
  const before = store.reservedBy.get(chargeId)
  const own = new Map(before)
  for (const { bucket, kind, units, limit } of reservations) {
    const others = (store.buckets.get(bucket)?.units ?? 0n) - (before?.get(bucket) ?? 0n)
    const taken = own.get(bucket) ?? units
    if (others + taken > limit) {
      const remaining = limit > others ? limit - others : 0n
      return Result.fail(new Ledger.ReservationRefused({ bucket, kind, remaining }))
    }
    own.set(bucket, taken)
  }
  giveBack(store, chargeId)
  const ends = new Map(reservations.map(({ bucket, endsAtMillis }) => [bucket, endsAtMillis]))
  for (const [name, units] of own) {
    const bucket = store.buckets.get(name)
    if (bucket === undefined) store.buckets.set(name, { units, endsAtMillis: ends.get(name) })
    else bucket.units += units
  }
  store.reservedBy.set(chargeId, own)
  return Result.void
}

/** What one host does at the store. */
const make = (store: Store, owner: string) => {
  const open = ({ reservations, ...opening }: Ledger.Opening, at: Ledger.Moment): Stepped<Ledger.Opened> => {
    const holder = store.entries.get(store.chargeByKey.get(opening.key) ?? "")
    if (holder !== undefined && !Ledger.isVoid(holder.state)) {
      return Result.succeed({ _tag: "Existing", entry: holder })
    }
    if (store.entries.has(opening.charge.id)) return refuse(`charge ${opening.charge.id} exists already`)
    return Result.map(reserve(store, opening.charge.id, reservations), (): Ledger.Opened => {
      const entry: Ledger.Entry = { ...opening, owner, state: "opened", journal: [{ state: "opened", owner, ...at }] }
      store.entries.set(opening.charge.id, entry)
      store.chargeByKey.set(opening.key, opening.charge.id)
      return { _tag: "Claimed", entry }
    })
  }

  const advance = (chargeId: string, steps: ReadonlyArray<Ledger.Step>, at: Ledger.Moment): Stepped<void> => {
    let entry = store.entries.get(chargeId)
    if (entry === undefined) return refuse(`there is no charge ${chargeId}`)
    if (Ledger.isOpen(entry.state) && entry.owner !== owner) {
      return refuse(`charge ${chargeId} belongs to another host`)
    }
    for (const { to, capture, cause, reservations: _, ...recorded } of steps) {
      if (!Ledger.transitions[entry.state].includes(to)) {
        return refuse(`charge ${chargeId} is ${entry.state} and cannot become ${to}`)
      }
      const line = { state: to, owner, ...at, ...(cause === undefined ? {} : { cause }) }
      const charge: Charge | undefined = capture === undefined ? entry.charge : Ledger.captured(entry.charge, capture)
      if (charge === undefined || (capture !== undefined && to !== "delivered")) {
        return refuse(`charge ${chargeId} cannot take as much as that`)
      }
      entry = { ...entry, ...recorded, charge, owner, state: to, journal: [...entry.journal, line] }
    }
    const last = entry
    const wanted = steps.flatMap(({ reservations }) => reservations ?? [])
    return Result.map(reserve(store, chargeId, wanted), () => {
      store.entries.set(chargeId, last)
      for (const { capture } of steps) if (capture) lower(store, chargeId, capture.money.minor, capture.buckets)
      if (Ledger.isVoid(last.state)) giveBack(store, chargeId)
    })
  }

  /** Writes what was decided about a refund of a charge. */
  const decide = <A extends Refunding.Decision>(
    chargeId: string,
    decision: (entry: Ledger.Entry) => Result.Result<A, Ledger.LedgerError | Ledger.RefundRefused>
  ): Result.Result<A, Ledger.LedgerError | Ledger.RefundRefused> => {
    const entry = store.entries.get(chargeId)
    if (entry === undefined) return refuse(`there is no charge ${chargeId}`)
    return Result.map(decision(entry), (decided) => {
      store.entries.set(chargeId, decided.entry)
      return decided
    })
  }

  const isAbandoned = (entry: Ledger.Entry) => Ledger.isOpen(entry.state) && !store.hosts.has(entry.owner)

  const adopt = (chargeId: string, at: Ledger.Moment): Ledger.Entry | undefined => {
    const entry = store.entries.get(chargeId)
    if (entry === undefined || !isAbandoned(entry)) return undefined
    const line = { state: entry.state, owner, ...at, cause: Ledger.adopted }
    const taken = { ...entry, owner, journal: [...entry.journal, line] }
    store.entries.set(chargeId, taken)
    return taken
  }

  const list = (query: Ledger.Query): ReadonlyArray<Ledger.Entry> => {
    const matches = (entry: Ledger.Entry) => {
      const openedAt = entry.journal[0]?.atMillis ?? 0
      const changedAt = entry.journal.at(-1)?.atMillis ?? 0
      return (
        (query.states === undefined || query.states.includes(entry.state)) &&
        (query.abandoned !== true || isAbandoned(entry)) &&
        (query.refunding !== true || Refund.of(entry).some(({ state }) => Refund.isPending(state))) &&
        (query.owner === undefined || query.owner === entry.owner) &&
        (query.protocol === undefined || query.protocol === entry.protocol) &&
        (query.payer === undefined || query.payer === entry.payer) &&
        (query.merchant === undefined || query.merchant === entry.charge.merchant) &&
        (query.resource === undefined || query.resource === entry.charge.resource) &&
        openedAt >= (query.openedSince ?? -Infinity) &&
        openedAt < (query.openedBefore ?? Infinity) &&
        changedAt >= (query.changedSince ?? -Infinity) &&
        changedAt < (query.changedBefore ?? Infinity)
      )
    }
    const entries = [...store.entries.values()]
    const behind = query.after === undefined ? 0 : entries.findIndex(({ charge }) => charge.id === query.after) + 1
    return entries.slice(behind).filter(matches).slice(0, query.limit)
  }

  const forget = (beforeMillis: number): number => {
    let touched = 0
    for (const [id, entry] of store.entries) {
      if (Ledger.isOpen(entry.state) || entry.state === "unknown") continue
      if ((entry.journal.at(-1)?.atMillis ?? 0) >= beforeMillis) continue
      if (Ledger.isVoid(entry.state)) {
        store.entries.delete(id)
        if (store.chargeByKey.get(entry.key) === id) store.chargeByKey.delete(entry.key)
      } else if (entry.authorization === undefined && entry.answer === undefined) continue
      else {
        const { authorization: _, answer: __, ...kept } = entry
        store.entries.set(id, kept)
      }
      touched++
    }
    for (const [name, { endsAtMillis }] of store.buckets) {
      if (endsAtMillis === undefined || endsAtMillis >= beforeMillis) continue
      store.buckets.delete(name)
      for (const own of store.reservedBy.values()) own.delete(name)
    }
    return touched
  }

  const audit = (): ReadonlyArray<string> => {
    const wrong = [...store.entries.values()].flatMap((entry) => Ledger.misled(entry) ?? [])
    const sums = new Map<string, bigint>()
    for (const own of store.reservedBy.values()) {
      for (const [name, units] of own) sums.set(name, (sums.get(name) ?? 0n) + units)
    }
    for (const [name, { units }] of store.buckets) {
      const sum = sums.get(name) ?? 0n
      if (sum !== units) wrong.push(`bucket ${name} has ${units}, its charges took ${sum}`)
    }
    return wrong
  }

  const fullest = ({ endsAtMillis, endsWith, limit, startsWith }: Ledger.BucketQuery): ReadonlyArray<Ledger.Bucket> =>
    [...store.buckets]
      .filter(([name, bucket]) => name.startsWith(startsWith) && name.endsWith(endsWith) && bucket.units > 0n)
      .filter(([, bucket]) => endsAtMillis === undefined || bucket.endsAtMillis === endsAtMillis)
      .map(([name, { units }]) => ({ name, units }))
      .toSorted((one, other) => Number(other.units - one.units))
      .slice(0, limit)

  const stepped = <A, E>(run: (at: Ledger.Moment) => Result.Result<A, E>): Effect.Effect<A, E> =>
    Effect.flatMap(Ledger.moment, (at) => Effect.fromResult(run(at)))
  return Ledger.Ledger.of({
    owner,
    open: (opening) => stepped((at) => open(opening, at)),
    advance: (chargeId, ...steps) => stepped((at) => advance(chargeId, steps, at)),
    claimRefund: (chargeId, claim) =>
      Effect.map(
        stepped((at) => decide(chargeId, (entry) => Refunding.claim(entry, claim, owner, at))),
        ({ _tag, refund }) => ({ _tag, refund })
      ),
    advanceRefund: (chargeId, refundId, step) =>
      Effect.map(
        stepped((at) => decide(chargeId, (entry) => Refunding.advance(entry, refundId, step, owner, at))),
        ({ refund }) => refund
      ),
    find: (chargeId) => Effect.sync(() => store.entries.get(chargeId)),
    list: (query = {}) => Effect.sync(() => list(query)),
    fullest: (query) => Effect.sync(() => fullest(query)),
    adopt: (chargeId) => Effect.map(Ledger.moment, (at) => adopt(chargeId, at)),
    forget: (beforeMillis) => Effect.sync(() => forget(beforeMillis)),
    audit: Effect.sync(audit)
  })
}

/** An empty store. */
export const store: Effect.Effect<Store> = Effect.sync(() => ({
  entries: new Map(),
  chargeByKey: new Map(),
  buckets: new Map(),
  reservedBy: new Map(),
  hosts: new Set(),
  arrivals: 0
}))

/** A host at a store. It is gone when the scope closes. */
export const host = (store: Store) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const owner = `host-${(store.arrivals += 1)}`
      store.hosts.add(owner)
      return make(store, owner)
    }),
    ({ owner }) => Effect.sync(() => store.hosts.delete(owner))
  )

/** The ledger in memory, silent: for tests. */
export const layerSilent = Layer.effect(Ledger.Ledger, Effect.flatMap(store, host))

/** The ledger in memory. Warns at start that nothing survives the process. */
export const layer = Layer.effect(
  Ledger.Ledger,
  Effect.flatMap(store, host).pipe(
    Effect.tap(Effect.logWarning("The ledger is in memory: charges are forgotten when this process ends."))
  )
)
