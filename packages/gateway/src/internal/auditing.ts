/**
 * What does not add up in the book, in words.
 */
import * as Effect from "effect/Effect"
import type { GatewayStore } from "../GatewayStore.ts"

interface Wrong {
  readonly name: string
  readonly kept: bigint | string
  readonly posted: bigint | string
}

/** Compares everything that is kept with what was posted. It reads the whole book. */
export const audit = ({ sql, table }: GatewayStore["Service"]) => {
  const [accounts, months, postings, transactions] = ["accounts", "months", "postings", "transactions"].map(table)
  const name = sql.literal("a.kind || '(' || a.owner || ') in ' || a.currency")
  const checks = [
    [
      sql<Wrong>`SELECT t.id AS name, cast(coalesce(sum(p.minor), 0) AS bigint) AS posted, count(p.txn) AS kept
        FROM ${transactions!} AS t LEFT JOIN ${postings!} AS p ON p.txn = t.seq
        GROUP BY t.seq, t.id HAVING count(p.txn) = 0 OR sum(p.minor) <> 0 ORDER BY t.seq`,
      ({ kept, name, posted }: Wrong) => `${name} has ${kept} postings, and adds up to ${posted}`
    ],
    [
      sql<Wrong>`SELECT DISTINCT t.id AS name, t.currency AS kept, a.currency AS posted FROM ${transactions!} AS t
        JOIN ${postings!} AS p ON p.txn = t.seq JOIN ${accounts!} AS a ON a.id = p.account
        WHERE a.currency <> t.currency ORDER BY t.id`,
      ({ kept, name, posted }: Wrong) => `${name} is in ${kept}, and posts to an account in ${posted}`
    ],
    [
      sql<Wrong>`SELECT ${name} AS name, a.balance AS kept, cast(coalesce(p.minor, 0) AS bigint) AS posted
        FROM ${accounts!} AS a
        LEFT JOIN (SELECT account, sum(minor) AS minor FROM ${postings!} GROUP BY account) AS p ON p.account = a.id
        WHERE a.balance <> coalesce(p.minor, 0) ORDER BY a.id`,
      ({ kept, name, posted }: Wrong) => `${name} has ${kept}, its postings come to ${posted}`
    ],
    [
      sql<Wrong>`SELECT ${name} AS name,
          m.minor || ' with fees of ' || m.fees || ' in ' || m.lines AS kept,
          coalesce(p.minor, 0) || ' with fees of ' || coalesce(p.fees, 0) || ' in ' || coalesce(p.lines, 0) AS posted
        FROM (SELECT account, kind, sum(lines) AS lines, sum(minor) AS minor, sum(fees) AS fees
          FROM ${months!} GROUP BY account, kind) AS m
        JOIN ${accounts!} AS a ON a.id = m.account
        LEFT JOIN (SELECT p.account, t.kind, count(*) AS lines, sum(p.minor) AS minor, sum(p.fees) AS fees
          FROM ${postings!} AS p JOIN ${transactions!} AS t ON t.seq = p.txn
          WHERE p.stated IS NOT NULL GROUP BY p.account, t.kind) AS p
          ON p.account = m.account AND p.kind = m.kind
        WHERE m.lines <> coalesce(p.lines, 0) OR m.minor <> coalesce(p.minor, 0) OR m.fees <> coalesce(p.fees, 0)
        ORDER BY a.id`,
      ({ kept, name, posted }: Wrong) => `the months of ${name} come to ${kept}, its postings to ${posted}`
    ],
    [
      sql<Wrong>`SELECT t.id AS name, cast(coalesce(sum(p.fees), 0) AS bigint) AS kept,
          cast(coalesce(sum(CASE WHEN a.kind = 'fees' THEN p.minor END), 0) AS bigint) AS posted
        FROM ${transactions!} AS t JOIN ${postings!} AS p ON p.txn = t.seq JOIN ${accounts!} AS a ON a.id = p.account
        GROUP BY t.seq, t.id
        HAVING count(p.stated) > 0
          AND coalesce(sum(p.fees), 0) <> coalesce(sum(CASE WHEN a.kind = 'fees' THEN p.minor END), 0)
        ORDER BY t.seq`,
      ({ kept, name, posted }: Wrong) => `${name} states fees of ${kept}, and posts ${posted}`
    ]
  ] as const
  return Effect.map(
    Effect.forEach(checks, ([found, tell]) => Effect.map(found, (rows) => rows.map(tell))),
    (wrong): ReadonlyArray<string> => wrong.flat()
  )
}
