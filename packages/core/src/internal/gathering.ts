/** Both sides of a reconciliation, read as streams and gathered by movement. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Currency } from "../Currency.ts"
import type { Day } from "../Day.ts"
import type * as Ledger from "../Ledger.ts"
import type { Progress, Sum } from "../Reconciliation.ts"
import type { Movement, Statement } from "../Statement.ts"
import { type Account, account } from "./comparing.ts"

/** What tells movements apart: a charge is paid once, and given back under the ids of its refunds. */
export const keyOf = ({ chargeId, kind, refundId }: Pick<Movement, "chargeId" | "kind" | "refundId">): string =>
  JSON.stringify([kind, chargeId, refundId])

/** The lines of a statement, by movement. */
export type Lines = Map<string, [Movement, ...Array<Movement>]>

const isChargeId = (number: string): boolean => /^ch_[0-9a-f]{32}$/.test(number)

type Tell = (progress: Progress) => Effect.Effect<void>

/** What reading a statement needs to know. */
export interface Reading {
  readonly statement: Statement
  /** The charges of the ledger by the provider's number of their payment. */
  readonly byReference: ReadonlyMap<string, string>
  readonly tell: Tell
}

/** The charge that a line is about; nothing where the order is none of the ledger's. */
const chargeOf = ({ chargeId, reference }: Movement, { byReference, statement }: Reading): string | undefined => {
  if (isChargeId(chargeId)) return chargeId
  return byReference.get(reference) ?? (statement.isOwn?.(chargeId) === true ? chargeId : undefined)
}

/** The statement of a day; `foreign` are the lines of orders that are none of the ledger's. */
export const statementOf = (reading: Reading, day: Day, step: Progress["step"]) =>
  Effect.suspend(() => {
    const { statement, tell } = reading
    const lines: Lines = new Map()
    let done = 0
    let foreign = 0
    return statement.day(day).pipe(
      Stream.runForEachArray((page) => {
        for (const line of page) {
          const chargeId = chargeOf(line, reading)
          if (chargeId === undefined) {
            foreign++
            continue
          }
          const own = { ...line, chargeId }
          const same = lines.get(keyOf(own))
          if (same === undefined) lines.set(keyOf(own), [own])
          else same.push(own)
        }
        done += page.length
        return tell({ step, done })
      }),
      Effect.map(() => ({ lines, foreign }))
    )
  })

/**
 * The lines by what the ledger knows: a charge that was marked as given back by hand has one refund, whatever its parts are called,
 * and a part that the statement has no id for is the only one that there is.
 */
export const asKnown = (lines: Lines, known: ReadonlyMap<string, Account | undefined>): Lines => {
  const told: Lines = new Map()
  for (const line of [...lines.values()].flat()) {
    const [refund, ...others] = line.kind === "refund" ? (known.get(line.chargeId)?.refunds ?? []) : []
    const { refundId: named, ...nameless } = line
    const isOnly = refund !== undefined && others.length === 0
    const id = isOnly && (refund.refundId === undefined || named === undefined) ? refund.refundId : named
    const own: Movement = id === undefined ? nameless : { ...nameless, refundId: id }
    const same = told.get(keyOf(own))
    if (same === undefined) told.set(keyOf(own), [own])
    else same.push(own)
  }
  return told
}

const pageSize = 500

/** The accounts of the charges that match, page by page, with their ids. */
export const accounts = (ledger: Ledger.Ledger["Service"], query: Ledger.Query, protocols: ReadonlyArray<string>) =>
  Stream.flatMap(Stream.fromIterable(protocols), (protocol) =>
    Stream.paginate(undefined as string | undefined, (after) =>
      Effect.map(
        ledger.list({ ...query, protocol, limit: pageSize, ...(after !== undefined && { after }) }),
        (page) =>
          [
            page.map((entry) => [entry.charge.id, account(entry, protocols)] as const),
            page.length < pageSize ? Option.none<string>() : Option.some(page.at(-1)!.charge.id)
          ] as const
      )
    )
  )

/** Adds up each side, by currency and kind. */
export const sumsOf = (sides: { readonly [S in "here" | "there"]: Iterable<Movement> }): ReadonlyArray<Sum> => {
  const sums = new Map<string, { currency: Currency; kind: Movement["kind"]; here: bigint; there: bigint }>()
  for (const side of ["here", "there"] as const) {
    for (const { kind, money } of sides[side]) {
      const key = `${money.currency} ${kind}`
      const sum = sums.get(key) ?? { currency: money.currency, kind, here: 0n, there: 0n }
      sum[side] += money.minor
      sums.set(key, sum)
    }
  }
  return [...sums.keys()].toSorted().map((key) => sums.get(key)!)
}
