/**
 * Where payouts and the book do not agree.
 */
import * as Effect from "effect/Effect"
import type { GatewayStore } from "../../GatewayStore.ts"

interface Wrong {
  readonly id: string
  readonly minor: bigint
  readonly parts: bigint
  readonly transit: bigint
  readonly open: bigint
  readonly paid: bigint
  readonly booked: bigint
}

/** In words: payouts that are not what their parts are, and money in transit or paid that is not what the book says. */
export const audit = ({ read, sql, table }: GatewayStore["Service"]) =>
  Effect.map(
    read(sql<Wrong>`SELECT id, minor, cast(parts AS bigint) AS parts, cast(transit AS bigint) AS transit,
        cast(open AS bigint) AS open, cast(paid AS bigint) AS paid, cast(booked AS bigint) AS booked FROM (
      SELECT p.seq, p.id, p.minor, sum(q.minor) AS parts,
        sum(CASE WHEN q.state IN ('claimed', 'sending', 'unknown') THEN q.minor ELSE 0 END) AS open,
        sum(CASE WHEN q.state IN ('paid', 'reversed') THEN q.minor - q.reversed ELSE 0 END) AS paid,
        (SELECT coalesce(sum(-a.balance), 0) FROM ${table("accounts")} AS a
          WHERE a.kind = 'transit' AND a.owner = p.id) AS transit,
        (SELECT coalesce(sum(-s.minor), 0) FROM ${table("transactions")} AS t
          JOIN ${table("postings")} AS s ON s.txn = t.seq
          JOIN ${table("accounts")} AS a ON a.id = s.account
          WHERE t.reference = p.id AND a.kind = 'provider') AS booked
      FROM ${table("payouts")} AS p JOIN ${table("payout_parts")} AS q ON q.payout = p.id
      GROUP BY p.seq, p.id, p.minor
    ) AS compared WHERE parts <> minor OR transit <> open OR booked <> paid ORDER BY seq`),
    (rows) =>
      rows.flatMap(({ booked, id, minor, open, paid, parts, transit }) => [
        ...(parts === minor ? [] : [`${id} is of ${minor}, its parts come to ${parts}`]),
        ...(transit === open ? [] : [`${id} has ${open} under way, the book has ${transit} in transit`]),
        ...(booked === paid ? [] : [`${id} has paid ${paid}, the book says ${booked}`])
      ])
  )
