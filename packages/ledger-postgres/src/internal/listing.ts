/** A query, as a statement. */
import type { Query } from "@paylayer/core/Ledger"

/** The statement that lists charges, with its parameters. `now` is when a host's lease is looked at. */
export const listing = (schema: string, query: Query, now: number): readonly [string, ReadonlyArray<unknown>] => {
  const parameters: Array<unknown> = []
  const given = (value: unknown) => `$${parameters.push(value)}`
  const conditions: Array<string> = []
  const also = (value: unknown, condition: (parameter: string) => string) => {
    if (value !== undefined) conditions.push(condition(given(typeof value === "number" ? BigInt(value) : value)))
  }
  also(query.states, (states) => `c.state = any (${states}::text[])`)
  also(query.owner, (owner) => `c.owner = ${owner}`)
  also(query.protocol, (protocol) => `c.protocol = ${protocol}`)
  also(query.payer, (payer) => `c.payer = ${payer}`)
  also(query.merchant, (merchant) => `c.merchant = ${merchant}`)
  also(query.resource, (resource) => `c.resource = ${resource}`)
  also(query.openedSince, (at) => `c.opened_at >= ${at}`)
  also(query.openedBefore, (at) => `c.opened_at < ${at}`)
  also(query.changedSince, (at) => `c.changed_at >= ${at}`)
  also(query.changedBefore, (at) => `c.changed_at < ${at}`)
  also(query.after, (id) => `c.seq > coalesce((select seq from ${schema}.paylayer_charges where id = ${id}), 0)`)
  if (query.refunding === true) conditions.push("c.refunding > 0")
  if (query.abandoned === true) {
    conditions.push(
      `c.state in ('opened', 'authorized', 'delivered', 'settling')`,
      `not exists (
        select from ${schema}.paylayer_hosts h where h.id = c.owner and h.lease_until > ${given(BigInt(now))}
      )`
    )
  }
  const where = conditions.length === 0 ? "" : `where ${conditions.join(" and ")}`
  const limit = query.limit === undefined ? "" : `limit ${given(BigInt(query.limit))}`
  return [
    `select ${schema}.paylayer_entry(c) as entry from ${schema}.paylayer_charges c ${where} order by c.seq ${limit}`,
    parameters
  ]
}
