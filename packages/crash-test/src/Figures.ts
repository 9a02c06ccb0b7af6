/**
 * What happened in a run, in numbers.
 */
import * as Ledger from "@paylayer/core/Ledger"
import type { Evidence } from "./Evidence.ts"

export interface Figures {
  readonly kills: number
  readonly starts: number
  /** Requests to hosts, the unanswered ones included. */
  readonly requests: number
  readonly orders: number
  readonly settled: number
  readonly refused: number
  readonly replays: number
  /** Charges that another host took over, by how they ended. */
  readonly recovered: Readonly<Partial<Record<Ledger.State, number>>>
  /** Charges whose outcome was unknown at some time. */
  readonly unknown: number
  readonly longestOutageMillis: number
  readonly millis: number
}

const count = <A>(list: ReadonlyArray<A>, is: (item: A) => boolean): number => list.filter(is).length

export const make = (
  { entries, orders }: Evidence,
  of: Pick<Figures, "kills" | "starts" | "longestOutageMillis" | "millis">
): Figures => {
  const heard = orders.flatMap((order) => order.heard)
  const recovered: Partial<Record<Ledger.State, number>> = {}
  for (const { journal, state } of entries) {
    if (journal.some(({ cause }) => cause === Ledger.adopted)) recovered[state] = (recovered[state] ?? 0) + 1
  }
  return {
    ...of,
    requests: heard.length + orders.reduce((sum, { attempts }) => sum + attempts, 0),
    orders: orders.length,
    settled: count(entries, ({ state }) => state === "settled"),
    refused: count(heard, ({ _tag }) => _tag === "Refused"),
    replays: count(heard, (one) => one._tag === "Answered" && one.replayed),
    recovered,
    unknown: count(entries, ({ journal }) => journal.some(({ state }) => state === "unknown"))
  }
}
