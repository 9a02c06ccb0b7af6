/**
 * What a host writes, each in one synchronous step inside a transaction. It looks before it writes: a refusal leaves nothing.
 */
import * as Ledger from "@paylayer/core/Ledger"
import * as Result from "effect/Result"
import type { DatabaseSync } from "node:sqlite"
import { refunding } from "./refunding.ts"
import { reserving } from "./reserving.ts"
import * as Rows from "./rows.ts"

type Written<A> = Result.Result<A, Ledger.LedgerError | Ledger.ReservationRefused>

const refuse = (message: string) => Result.fail(new Ledger.LedgerError({ message }))

/** SQLite turns a lone surrogate into another character, and so two names into one. */
const changed = (...names: ReadonlyArray<string>) =>
  names.every((name) => name.isWellFormed())
    ? undefined
    : refuse("a name that is not well-formed Unicode cannot be told from others")

const buckets = (reservations: ReadonlyArray<Ledger.Reservation>) => reservations.map(({ bucket }) => bucket)

const json = (value: unknown) => (value === undefined ? null : JSON.stringify(value))

const open = Object.keys(Ledger.transitions)
  .filter((state) => Ledger.isOpen(state as Ledger.State))
  .map((state) => `'${state}'`)
  .join(", ")

/** The condition that a charge `c` is open and its host gone, of this host and this moment. */
export const abandoned = `c.state IN (${open}) AND c.owner <> ? AND NOT EXISTS (
  SELECT 1 FROM paylayer_hosts AS h WHERE h.id = c.owner AND h.lease_until > ?)`

/** Where a charge stands. */
interface Standing {
  readonly seq: number
  readonly state: Ledger.State
  readonly owner: string
  readonly lines: number
}

/** A host remembers where so many of its open charges stand. */
const rememberedAtMost = 10_000

export const make = (database: DatabaseSync, owner: string) => {
  const byKey = database.prepare(
    `SELECT ${Rows.columns} FROM paylayer_charges AS c WHERE c.key = ? AND c.holds_key = 1`
  )
  const byId = database.prepare(`SELECT ${Rows.columns} FROM paylayer_charges AS c WHERE c.id = ?`)
  const standing = database.prepare("SELECT seq, state, owner, lines FROM paylayer_charges WHERE id = ?")
  const leftBehind = database.prepare(
    `SELECT seq, state, owner, lines FROM paylayer_charges AS c WHERE c.id = ? AND ${abandoned}`
  )
  const claim = database.prepare(
    `INSERT INTO paylayer_charges (id, state, owner, opened_at, changed_at, lines, holds_key, key, request, protocol,
      payer, merchant, resource, currency, minor, charge)
    VALUES (?, 'opened', ?, ?, ?, 1, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`
  )
  const move = database.prepare(
    `UPDATE paylayer_charges SET state = ?, owner = ?, changed_at = ?, lines = ?,
      authorization = coalesce(?, authorization), receipt = coalesce(?, receipt), answer = coalesce(?, answer),
      usage = coalesce(?, usage)
    WHERE seq = ? AND id = ? AND state = ? AND owner = ? AND lines = ?`
  )
  const own = database.prepare("UPDATE paylayer_charges SET owner = ?, changed_at = ?, lines = ? WHERE seq = ?")
  const freeKey = database.prepare("UPDATE paylayer_charges SET holds_key = 0 WHERE seq = ?")
  const insertLines = (count: number) =>
    database.prepare(
      `INSERT INTO paylayer_journal (charge, n, state, at, owner, cause, trace)
      VALUES ${Array.from({ length: count }, () => "(?, ?, ?, ?, ?, ?, ?)").join(", ")}`
    )
  const inserting = new Map([1, 2, 3, 4].map((count) => [count, insertLines(count)]))
  const priced = database.prepare("SELECT charge FROM paylayer_charges WHERE seq = ?")
  const price = database.prepare("UPDATE paylayer_charges SET minor = ?, charge = ? WHERE seq = ?")
  const { fit, giveBack, lower, take } = reserving(database)

  /** Adds lines to a journal, behind so many. */
  const write = (
    seq: number,
    lines: number,
    at: Ledger.Moment,
    ...steps: ReadonlyArray<Pick<Ledger.Step, "to" | "cause">>
  ) => {
    const insert = inserting.get(steps.length) ?? insertLines(steps.length)
    const values: Array<string | number | null> = []
    for (const { cause, to } of steps) {
      lines += 1
      values.push(seq, lines, to, at.atMillis, owner, cause ?? null, at.traceId ?? null)
    }
    insert.run(...values)
  }

  /**
   * Where this host's open charges stand, as far as it knows: their transaction may have been undone, or another host may
   * have adopted them. It is believed only where the row says the same; else the row is asked.
   */
  const remembered = new Map<string, Standing>()
  const remember = (chargeId: string, standing: Standing) => {
    if (!Ledger.isOpen(standing.state)) return
    remembered.set(chargeId, standing)
    const [oldest] = remembered.size > rememberedAtMost ? remembered.keys() : []
    if (oldest !== undefined) remembered.delete(oldest)
  }

  const find = (chargeId: string): Result.Result<Ledger.Entry | undefined, Ledger.LedgerError> => {
    const row = byId.get(chargeId) as Rows.Row | undefined
    return row === undefined ? Result.succeed(undefined) : Rows.entry(row)
  }

  /** Why a charge cannot be opened, where its key or its id is taken. */
  const taken = ({ charge, key }: Ledger.Opening): Written<Ledger.Opened> | undefined => {
    const holder = byKey.get(key) as Rows.Row | undefined
    if (holder !== undefined) return Result.map(Rows.entry(holder), (entry) => ({ _tag: "Existing", entry }))
    return standing.get(charge.id) === undefined ? undefined : refuse(`charge ${charge.id} exists already`)
  }

  /** Moves a charge on from where it stands. Nothing is written where it does not stand there. */
  const moveOn = (
    chargeId: string,
    from: Standing,
    steps: ReadonlyArray<Ledger.Step>,
    at: Ledger.Moment
  ): Written<void> | undefined => {
    if (Ledger.isOpen(from.state) && from.owner !== owner) return refuse(`charge ${chargeId} belongs to another host`)
    let recorded: Omit<Ledger.Step, "to"> = {}
    let state = from.state
    for (const { to, ...step } of steps) {
      if (!Ledger.transitions[state].includes(to))
        return refuse(`charge ${chargeId} is ${state} and cannot become ${to}`)
      recorded = { ...recorded, ...step }
      state = to
    }
    const wanted = steps.flatMap(({ reservations }) => reservations ?? [])
    const unfit = changed(...buckets(wanted))
    if (unfit !== undefined) return unfit
    const fitting = fit(from.seq, wanted)
    if (Result.isFailure(fitting)) return Result.fail(fitting.failure)
    const { answer, authorization, capture, receipt, usage } = recorded
    const row = capture && (priced.get(from.seq) as { readonly charge: string } | undefined)
    const less = capture && row && Rows.captured(row.charge, capture)
    if (
      capture !== undefined &&
      (less === undefined || !steps.every((step) => !step.capture || step.to === "delivered"))
    ) {
      return refuse(`charge ${chargeId} cannot take as much as that`)
    }
    const lines = from.lines + steps.length
    const { changes } = move.run(
      state,
      owner,
      at.atMillis,
      lines,
      json(authorization),
      receipt === undefined ? null : Rows.encodeReceipt(receipt),
      json(answer),
      json(usage),
      from.seq,
      chargeId,
      from.state,
      from.owner,
      from.lines
    )
    if (changes === 0) return undefined
    write(from.seq, from.lines, at, ...steps)
    take(from.seq, fitting.success)
    if (capture !== undefined && less !== undefined) {
      lower(from.seq, less.money.minor, capture.buckets)
      price.run(less.money.minor, Rows.encodeCharge(less), from.seq)
    }
    if (Ledger.isVoid(state)) {
      freeKey.run(from.seq)
      giveBack(from.seq)
    }
    remember(chargeId, { seq: from.seq, state, owner, lines })
    return Result.void
  }

  return {
    find,

    open: (asked: Ledger.Opening, at: Ledger.Moment): Written<Ledger.Opened> => {
      const { reservations, ...opening } = asked
      const { charge, key, payer, protocol, request } = opening
      const unfit = changed(charge.id, key, request, protocol, payer, ...buckets(reservations))
      if (unfit !== undefined) return unfit
      const fitting = fit(undefined, reservations)
      if (Result.isFailure(fitting)) return taken(asked) ?? Result.fail(fitting.failure)
      const { merchant, money, resource } = charge
      const claimed = claim.run(
        charge.id,
        owner,
        at.atMillis,
        at.atMillis,
        key,
        request,
        protocol,
        payer,
        merchant,
        resource,
        money.currency,
        money.minor,
        Rows.encodeCharge(charge)
      )
      if (claimed.changes === 0) return taken(asked) ?? refuse(`charge ${charge.id} was not written`)
      const seq = Number(claimed.lastInsertRowid)
      write(seq, 0, at, { to: "opened" })
      take(seq, fitting.success)
      remember(charge.id, { seq, state: "opened", owner, lines: 1 })
      const journal = [{ state: "opened" as const, owner, ...at }]
      return Result.succeed({ _tag: "Claimed", entry: { ...opening, owner, state: "opened", journal } })
    },

    advance: (chargeId: string, steps: ReadonlyArray<Ledger.Step>, at: Ledger.Moment): Written<void> => {
      const known = remembered.get(chargeId)
      remembered.delete(chargeId)
      const moved = known === undefined ? undefined : moveOn(chargeId, known, steps, at)
      if (moved !== undefined && Result.isSuccess(moved)) return moved
      const charge = standing.get(chargeId) as Standing | undefined
      if (charge === undefined) return refuse(`there is no charge ${chargeId}`)
      return moveOn(chargeId, charge, steps, at) ?? refuse(`charge ${chargeId} was not written`)
    },

    ...refunding(database, owner, find),

    adopt: (chargeId: string, at: Ledger.Moment): Result.Result<Ledger.Entry | undefined, Ledger.LedgerError> => {
      const charge = leftBehind.get(chargeId, owner, at.atMillis) as Standing | undefined
      if (charge === undefined) return Result.succeed(undefined)
      own.run(owner, at.atMillis, charge.lines + 1, charge.seq)
      write(charge.seq, charge.lines, at, { to: charge.state, cause: Ledger.adopted })
      return find(chargeId)
    }
  }
}
