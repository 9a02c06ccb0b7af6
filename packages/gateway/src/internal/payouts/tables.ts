/**
 * The tables of payouts. What has been released is never edited; a change is a migration.
 *
 * Moments are epoch milliseconds, amounts minor units.
 */
import type { Migrations } from "../migrating.ts"

export const tables: Migrations = [
  ({ byKey, index, integer, plain, serial, table }) => [
    // `due`: the newest day whose payouts were claimed.
    `CREATE TABLE ${table("payout_turns")} (developer TEXT PRIMARY KEY, due TEXT NOT NULL) ${byKey}`,

    // `state`: that of its parts together. `due` and `attempt` are empty and 0 where an operator asked for it.
    `CREATE TABLE ${table("payouts")} (
      seq ${serial},
      id TEXT NOT NULL,
      developer TEXT NOT NULL,
      destination TEXT NOT NULL,
      currency TEXT NOT NULL,
      minor ${integer} NOT NULL,
      state TEXT NOT NULL,
      due TEXT NOT NULL,
      attempt ${integer} NOT NULL,
      created_at ${integer} NOT NULL,
      changed_at ${integer} NOT NULL
    ) ${plain}`,
    `CREATE UNIQUE INDEX ${index("payouts_id")} ON ${table("payouts")} (id)`,
    `CREATE UNIQUE INDEX ${index("payouts_due")} ON ${table("payouts")} (developer, currency, due, attempt)
      WHERE due <> ''`,
    `CREATE INDEX ${index("payouts_developer")} ON ${table("payouts")} (developer, currency, seq)`,
    `CREATE INDEX ${index("payouts_created")} ON ${table("payouts")} (created_at)`,
    `CREATE INDEX ${index("payouts_state")} ON ${table("payouts")} (state, seq) WHERE state <> 'paid'`,

    // `attempts`: how often it was sent; whoever sends it writes its outcome under the number of the attempt. `lines`: of the journal.
    `CREATE TABLE ${table("payout_parts")} (
      number TEXT NOT NULL,
      payout TEXT NOT NULL,
      n ${integer} NOT NULL,
      minor ${integer} NOT NULL,
      state TEXT NOT NULL,
      charge TEXT,
      source TEXT,
      reference TEXT,
      cause TEXT,
      attempts ${integer} NOT NULL,
      sent_at ${integer},
      reversed ${integer} NOT NULL,
      PRIMARY KEY (payout, n)
    ) ${byKey}`,
    `CREATE INDEX ${index("payout_parts_charge")} ON ${table("payout_parts")} (charge) WHERE charge IS NOT NULL`,

    `CREATE TABLE ${table("payout_journal")} (
      seq ${serial}, payout TEXT NOT NULL, at ${integer} NOT NULL, part TEXT NOT NULL, state TEXT NOT NULL, cause TEXT) ${plain}`,
    `CREATE INDEX ${index("payout_journal_payout")} ON ${table("payout_journal")} (payout, seq)`,

    // Whoever holds the name until then. Each holder has a token of its own, and the newest one counts.
    `CREATE TABLE ${table("leases")} (
      name TEXT PRIMARY KEY, token ${integer} NOT NULL, until ${integer} NOT NULL) ${byKey}`
  ]
]
