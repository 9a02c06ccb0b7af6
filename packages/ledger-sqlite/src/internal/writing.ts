/**
 * What a host writes, each in one synchronous step inside a transaction. It looks before it writes: a refusal leaves nothing.
 */
import * as Ledger from "@paylayer/core/Ledger"
import * as Result from "effect/Result"
import type { DatabaseSync } from "node:sqlite"
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

interface Standing {
  readonly seq: number
  readonly state: Ledger.State
  readonly owner: string
  readonly lines: number
}

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
    VALUES (?, 'opened', ?, ?, ?, 1, 1, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING RETURNING seq`
  )
  const move = database.prepare(
    `UPDATE paylayer_charges SET state = ?, owner = ?, changed_at = ?, lines = ?,
      authorization = coalesce(?, authorization), receipt = coalesce(?, receipt), answer = coalesce(?, answer)
    WHERE seq = ?`
  )
  const own = database.prepare("UPDATE paylayer_charges SET owner = ?, changed_at = ?, lines = ? WHERE seq = ?")
  const freeKey = database.prepare("UPDATE paylayer_charges SET holds_key = 0 WHERE seq = ?")
  const line = database.prepare(
    "INSERT INTO paylayer_journal (charge, n, state, at, owner, cause, trace) VALUES (?, ?, ?, ?, ?, ?, ?)"
  )
  const { fit, giveBack, take } = reserving(database)

  const write = (seq: number, n: number, state: Ledger.State, at: Ledger.Moment, cause?: string) =>
    line.run(seq, n, state, at.atMillis, owner, cause ?? null, at.traceId ?? null)

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
      const row = claim.get(
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
      ) as { readonly seq: number } | undefined
      if (row === undefined) return taken(asked) ?? refuse(`charge ${charge.id} was not written`)
      write(row.seq, 1, "opened", at)
      take(row.seq, fitting.success)
      const journal = [{ state: "opened" as const, owner, ...at }]
      return Result.succeed({ _tag: "Claimed", entry: { ...opening, owner, state: "opened", journal } })
    },

    advance: (chargeId: string, steps: ReadonlyArray<Ledger.Step>, at: Ledger.Moment): Written<void> => {
      const charge = standing.get(chargeId) as Standing | undefined
      if (charge === undefined) return refuse(`there is no charge ${chargeId}`)
      if (Ledger.isOpen(charge.state) && charge.owner !== owner) {
        return refuse(`charge ${chargeId} belongs to another host`)
      }
      let recorded: Omit<Ledger.Step, "to"> = {}
      let state = charge.state
      for (const { to, ...step } of steps) {
        if (!Ledger.transitions[state].includes(to))
          return refuse(`charge ${chargeId} is ${state} and cannot become ${to}`)
        recorded = { ...recorded, ...step }
        state = to
      }
      const wanted = steps.flatMap(({ reservations }) => reservations ?? [])
      const unfit = changed(...buckets(wanted))
      if (unfit !== undefined) return unfit
      const fitting = fit(charge.seq, wanted)
      if (Result.isFailure(fitting)) return Result.fail(fitting.failure)
      const { answer, authorization, receipt } = recorded
      const lines = charge.lines + steps.length
      const written = receipt === undefined ? null : Rows.encodeReceipt(receipt)
      move.run(state, owner, at.atMillis, lines, json(authorization), written, json(answer), charge.seq)
      for (const [index, { cause, to }] of steps.entries()) write(charge.seq, charge.lines + index + 1, to, at, cause)
      take(charge.seq, fitting.success)
      if (Ledger.isVoid(state)) {
        freeKey.run(charge.seq)
        giveBack(charge.seq)
      }
      return Result.void
    },

    adopt: (chargeId: string, at: Ledger.Moment): Result.Result<Ledger.Entry | undefined, Ledger.LedgerError> => {
      const charge = leftBehind.get(chargeId, owner, at.atMillis) as Standing | undefined
      if (charge === undefined) return Result.succeed(undefined)
      own.run(owner, at.atMillis, charge.lines + 1, charge.seq)
      write(charge.seq, charge.lines + 1, charge.state, at, Ledger.adopted)
      return find(chargeId)
    }
  }
}
