/**
 * The gateway's tables. What has been released is never edited; a change is a migration.
 *
 * Moments are epoch milliseconds, amounts minor units unless a comment says otherwise.
 */
import type { Migrations } from "./migrating.ts"

/** What a day's calls are told apart by. Empty: none. */
const dimensions = ["tool", "protocol", "currency", "developer", "outcome"]
const columns = (names: ReadonlyArray<string>) => names.map((name) => `${name} TEXT NOT NULL`).join(", ")

export const tables: Migrations = [
  ({ byKey, index, integer, plain, serial, table }) => [
    `CREATE TABLE ${table("settings")} (name TEXT PRIMARY KEY, value TEXT NOT NULL) ${byKey}`,

    // How far the ledger was read: all that changed before `at`; or, the first time, all up to the charge `after`.
    `CREATE TABLE ${table("cursors")} (name TEXT PRIMARY KEY, at ${integer} NOT NULL, after TEXT) ${byKey}`,

    // `lines`: of the charge's journal, as far as it is counted. `fee`: once what was taken is booked. `refunds`: how many are.
    `CREATE TABLE ${table("calls")} (
      seq ${serial},
      id TEXT NOT NULL,
      lines ${integer} NOT NULL,
      at ${integer} NOT NULL,
      day TEXT NOT NULL,
      tool TEXT NOT NULL,
      developer TEXT NOT NULL,
      protocol TEXT NOT NULL,
      payer TEXT NOT NULL,
      agent TEXT NOT NULL,
      principal TEXT NOT NULL,
      currency TEXT NOT NULL,
      minor ${integer} NOT NULL,
      returned ${integer} NOT NULL,
      units ${integer},
      latency ${integer} NOT NULL,
      outcome TEXT NOT NULL,
      code TEXT,
      fee ${integer},
      refunds ${integer} NOT NULL
    ) ${plain}`,
    `CREATE UNIQUE INDEX ${index("calls_id")} ON ${table("calls")} (id)`,
    `CREATE INDEX ${index("calls_at")} ON ${table("calls")} (at, seq)`,
    `CREATE INDEX ${index("calls_tool")} ON ${table("calls")} (tool, at, seq)`,
    `CREATE INDEX ${index("calls_developer")} ON ${table("calls")} (developer, at, seq)`,
    `CREATE INDEX ${index("calls_payer")} ON ${table("calls")} (payer, at, seq)`,
    `CREATE INDEX ${index("calls_unpaid")} ON ${table("calls")} (outcome, at, seq) WHERE outcome <> 'paid'`,

    ...(
      [
        ["days", dimensions],
        ["agent_days", [...dimensions, "agent"]]
      ] as const
    ).map(
      ([name, keys]) => `CREATE TABLE ${table(name)} (day TEXT NOT NULL, ${columns(keys)},
        calls ${integer} NOT NULL, units ${integer} NOT NULL, minor ${integer} NOT NULL, returned ${integer} NOT NULL,
        PRIMARY KEY (day, ${keys.join(", ")})) ${byKey}`
    ),

    `CREATE TABLE ${table("refusals")} (
      quarter ${integer} NOT NULL, tool TEXT NOT NULL, protocol TEXT NOT NULL, code TEXT NOT NULL, count ${integer} NOT NULL,
      PRIMARY KEY (quarter, tool, protocol, code)) ${byKey}`,

    `CREATE TABLE ${table("accounts")} (
      id ${serial}, kind TEXT NOT NULL, owner TEXT NOT NULL, currency TEXT NOT NULL, balance ${integer} NOT NULL) ${plain}`,
    `CREATE UNIQUE INDEX ${index("accounts_name")} ON ${table("accounts")} (owner, kind, currency)`,
    `CREATE TABLE ${table("transactions")} (
      seq ${serial}, id TEXT NOT NULL, at ${integer} NOT NULL, kind TEXT NOT NULL, developer TEXT, reference TEXT,
      currency TEXT NOT NULL) ${plain}`,
    `CREATE UNIQUE INDEX ${index("transactions_id")} ON ${table("transactions")} (id)`,
    `CREATE INDEX ${index("transactions_reference")} ON ${table("transactions")} (reference) WHERE reference IS NOT NULL`,
    // A posting to a developer's account, and no other, is a line of a statement: `stated` is its moment, `fees` what was posted
    // to the fees beside it.
    `CREATE TABLE ${table("postings")} (
      txn ${integer} NOT NULL, n ${integer} NOT NULL, account ${integer} NOT NULL, minor ${integer} NOT NULL,
      stated ${integer}, fees ${integer}, PRIMARY KEY (txn, n)) ${byKey}`,
    `CREATE INDEX ${index("postings_stated")} ON ${table("postings")} (account, stated, txn, n) WHERE stated IS NOT NULL`,
    // What was posted to a developer's account in a month, and the fees beside it.
    `CREATE TABLE ${table("months")} (
      account ${integer} NOT NULL, month TEXT NOT NULL, kind TEXT NOT NULL,
      lines ${integer} NOT NULL, minor ${integer} NOT NULL, fees ${integer} NOT NULL,
      PRIMARY KEY (account, month, kind)) ${byKey}`,

    // What a developer's fees of a month depend on: charges that took something, and what of it is not free of fees.
    `CREATE TABLE ${table("volumes")} (
      developer TEXT NOT NULL, month TEXT NOT NULL, currency TEXT NOT NULL,
      operations ${integer} NOT NULL, volume ${integer} NOT NULL, PRIMARY KEY (developer, month, currency)) ${byKey}`,

    // Millionths of a minor unit: what was taken beyond what calls cost; negative where calls cost more.
    `CREATE TABLE ${table("accruals")} (
      payer TEXT NOT NULL, tool TEXT NOT NULL, currency TEXT NOT NULL, excess ${integer} NOT NULL,
      PRIMARY KEY (payer, tool, currency)) ${byKey}`,
    `CREATE TABLE ${table("captures")} (
      charge TEXT PRIMARY KEY, payer TEXT NOT NULL, tool TEXT NOT NULL, currency TEXT NOT NULL,
      exact ${integer} NOT NULL, taken ${integer} NOT NULL, state TEXT NOT NULL) ${byKey}`
  ],

  ({ index, table }) => [`CREATE INDEX ${index("calls_protocol")} ON ${table("calls")} (protocol, at, seq)`]
]
