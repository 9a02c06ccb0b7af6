/**
 * The first version of the schema: tables and their indexes. What has been released is never edited; a change is a migration.
 *
 * A settled charge is the usual one, so what is asked of the others has an index without it. Journals and reservations go
 * when their charge goes. Documents are `json`, not `jsonb`: they come back as they were given, to the letter.
 */
export const tables = (schema: string): ReadonlyArray<string> => [
  `create table ${schema}.paylayer_charges (
    seq bigint generated always as identity primary key,
    id text not null unique,
    protocol text not null,
    payer text not null,
    merchant text not null,
    resource text not null,
    currency text not null,
    minor bigint not null,
    key text not null,
    request text not null,
    state text not null,
    owner text not null,
    opened_at bigint not null,
    changed_at bigint not null,
    lines integer not null,
    charge json not null,
    "authorization" json,
    receipt json,
    answer json
  ) with (fillfactor = 80)`,
  `create unique index paylayer_charges_living_key on ${schema}.paylayer_charges (key)
    where state not in ('declined', 'released')`,
  `create index paylayer_charges_open on ${schema}.paylayer_charges (owner)
    where state in ('opened', 'authorized', 'delivered', 'settling')`,
  `create index paylayer_charges_unsettled on ${schema}.paylayer_charges (state, seq) where state <> 'settled'`,
  `create index paylayer_charges_opened_at on ${schema}.paylayer_charges (opened_at)`,
  `create index paylayer_charges_changed_at on ${schema}.paylayer_charges (changed_at)`,
  `create index paylayer_charges_forgettable on ${schema}.paylayer_charges (changed_at)
    where state in ('declined', 'released')
      or (state in ('settled', 'refunded') and ("authorization" is not null or answer is not null))`,
  `create table ${schema}.paylayer_journal (
    charge bigint not null references ${schema}.paylayer_charges on delete cascade,
    n integer not null,
    state text not null,
    at bigint not null,
    owner text not null,
    cause text,
    trace_id text,
    primary key (charge, n)
  )`,
  `create table ${schema}.paylayer_buckets (
    name text primary key,
    units bigint not null,
    ends_at bigint
  ) with (fillfactor = 50)`,
  `create index paylayer_buckets_ends_at on ${schema}.paylayer_buckets (ends_at) where ends_at is not null`,
  `create table ${schema}.paylayer_reservations (
    charge bigint not null references ${schema}.paylayer_charges on delete cascade,
    bucket text not null,
    units bigint not null check (units >= 0),
    primary key (charge, bucket)
  )`,
  `create index paylayer_reservations_bucket on ${schema}.paylayer_reservations (bucket)`,
  `create table ${schema}.paylayer_hosts (
    id text primary key,
    lease_until bigint not null
  )`
]
