/**
 * What does not add up between the ledger, the calls, their days and the book, in words.
 */
import type * as Ledger from "@paylayer/core/Ledger"
import * as Effect from "effect/Effect"
import type { Book } from "../Book.ts"
import type { GatewayStore } from "../GatewayStore.ts"
import * as Calls from "./calls.ts"

interface Wrong {
  readonly name: string
  readonly kept: string
  readonly found: string
}

/** Everything but the ledger. */
const tables = ({ sql, table }: GatewayStore["Service"]) => {
  const [accounts, calls, postings, transactions] = ["accounts", "calls", "postings", "transactions"].map(table)
  const sums = sql.literal(`count(*) || ' calls, ' || coalesce(sum(units), 0) || ' units, ' || sum(minor) || ' taken, '
    || sum(returned) || ' returned'`)
  const summed = sql.literal(`sum(calls) || ' calls, ' || sum(units) || ' units, ' || sum(minor) || ' taken, '
    || sum(returned) || ' returned'`)
  const days = (by: "days" | "agent_days", agent: string) =>
    sql<Wrong>`SELECT coalesce(d.day, c.day) AS name, coalesce(d.told, 'nothing') AS kept, coalesce(c.told, 'nothing') AS found
      FROM (SELECT day, outcome, ${sql.literal(agent)} AS agent, ${summed} AS told FROM ${table(by)}
        GROUP BY 1, 2, 3 HAVING sum(calls) <> 0) AS d
      FULL JOIN (SELECT day, outcome, ${sql.literal(agent)} AS agent, ${sums} AS told FROM ${calls!} GROUP BY 1, 2, 3) AS c
        ON c.day = d.day AND c.outcome = d.outcome AND c.agent = d.agent
      WHERE coalesce(d.told, '') <> coalesce(c.told, '') ORDER BY 1`
  const booked = sql<Wrong>`SELECT c.id AS name,
      c.minor || ' with a fee of ' || coalesce(c.fee, 0) || ', ' || c.returned || ' returned' AS kept,
      coalesce(b.minor, 0) || ' with a fee of ' || coalesce(b.fee, 0) || ', ' || coalesce(b.returned, 0) || ' returned' AS found
    FROM ${calls!} AS c
    LEFT JOIN (SELECT t.reference,
        sum(CASE WHEN a.kind = 'provider' AND t.kind = 'charge' THEN p.minor ELSE 0 END) AS minor,
        sum(CASE WHEN a.kind = 'fees' AND t.kind = 'charge' THEN -p.minor ELSE 0 END) AS fee,
        sum(CASE WHEN a.kind = 'provider' AND t.kind = 'refund' THEN -p.minor ELSE 0 END) AS returned
      FROM ${transactions!} AS t JOIN ${postings!} AS p ON p.txn = t.seq JOIN ${accounts!} AS a ON a.id = p.account
      WHERE t.kind IN ('charge', 'refund') GROUP BY t.reference) AS b ON b.reference = c.id
    WHERE c.minor <> coalesce(b.minor, 0) OR coalesce(c.fee, 0) <> coalesce(b.fee, 0)
      OR c.returned <> coalesce(b.returned, 0) ORDER BY c.seq`
  return Effect.map(
    Effect.all([days("days", "''"), days("agent_days", "agent"), booked]),
    ([byDay, byAgent, booked]): ReadonlyArray<string> => [
      ...byDay.map(({ found, kept, name }) => `the day ${name} says ${kept}; its calls come to ${found}`),
      ...byAgent.map(({ found, kept, name }) => `the day ${name} of an agent says ${kept}; its calls come to ${found}`),
      ...booked.map(({ found, kept, name }) => `charge ${name} took ${kept}; booked is ${found}`)
    ]
  )
}

/** Compares each charge of the ledger with its call. What has changed since the ledger was read is told, too. */
const charges = Effect.fnUntraced(function* (store: GatewayStore["Service"], ledger: Ledger.Ledger["Service"]) {
  const { calendar, read, sql, table } = store
  const wrong: Array<string> = []
  const tell = ({ minor, outcome, returned }: Pick<Calls.Row, "minor" | "outcome" | "returned">) =>
    `${outcome}, ${minor} taken, ${returned} returned`
  let after: string | undefined
  do {
    const page = yield* ledger.list({ limit: 500, ...(after === undefined ? {} : { after }) })
    const rows = yield* read(
      page.length === 0
        ? Effect.succeed([])
        : sql<Calls.Row>`SELECT ${sql.literal(Calls.columns)} FROM ${table("calls")} WHERE ${sql.in(
            "id",
            page.map(({ charge }) => charge.id)
          )}`
    )
    const known = new Map(rows.map((row) => [row.id, row]))
    for (const entry of page) {
      const call = known.get(entry.charge.id)
      const said = tell(Calls.fromEntry(entry, undefined, () => "", calendar.day))
      const counted = call === undefined ? "not counted" : tell(call)
      if (counted !== said) wrong.push(`charge ${entry.charge.id} is ${said} in the ledger; it is ${counted} as a call`)
    }
    after = page.at(-1)?.charge.id
  } while (after !== undefined)
  return wrong
})

export const audit = (store: GatewayStore["Service"], ledger: Ledger.Ledger["Service"], book: Book["Service"]) =>
  Effect.map(
    Effect.all([book.audit, store.read(tables(store)), charges(store, ledger)]),
    (wrong): ReadonlyArray<string> => wrong.flat()
  )
