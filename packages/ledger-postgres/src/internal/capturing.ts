/**
 * The third version of the schema: what the host measured of a call, and charges of which less is taken than they were opened
 * for. The function of the first version stays for hosts that are not updated yet.
 */

/** A charge as JSON, with what was measured. */
const entry = (schema: string) => `
create or replace function ${schema}.paylayer_entry(c ${schema}.paylayer_charges) returns json language sql stable as $$
  select json_build_object(
    'id', c.id, 'protocol', c.protocol, 'payer', c.payer, 'key', c.key, 'request', c.request,
    'state', c.state, 'owner', c.owner, 'charge', c.charge,
    'authorization', case when c."authorization" is not null then json_build_array(c."authorization") end,
    'receipt', c.receipt,
    'answer', case when c.answer is not null then json_build_array(c.answer) end,
    'usage', case when c.usage is not null then json_build_array(c.usage) end,
    'journal', (
      select json_agg(json_build_array(j.state, j.at, j.owner, j.cause, j.trace_id, j.refund) order by j.n)
      from ${schema}.paylayer_journal j where j.charge = c.seq
    ))
$$`

/** Leaves a charge only so much of buckets. */
const lower = (schema: string) => `
create function ${schema}.paylayer_lower(charge_seq bigint, new_units bigint, buckets text[]) returns void language plpgsql as $$
declare
  name_ text;
  before bigint;
begin
  for name_ in select distinct b from unnest(buckets) b order by b loop
    perform from ${schema}.paylayer_buckets b where b.name = name_ for update;
    select r.units into before from ${schema}.paylayer_reservations r where r.charge = charge_seq and r.bucket = name_;
    if found then
      update ${schema}.paylayer_reservations r set units = new_units where r.charge = charge_seq and r.bucket = name_;
      update ${schema}.paylayer_buckets b set units = b.units - (before - new_units) where b.name = name_;
    end if;
  end loop;
end $$`

/** Moves a charge on by steps as the function of the first version does, and writes what was measured and what is taken. */
const advance = (schema: string) => `
create function ${schema}.paylayer_advance(
  of_id text, begins text[], steps json, new_authorization json, new_receipt json, new_answer json, wanted json,
  host text, moment bigint, trace text, new_usage json, new_currency text, new_minor bigint, buckets text[]
) returns json language plpgsql set enable_seqscan = off as $$
declare
  said json;
  seq_ bigint;
begin
  if new_minor is not null then
    select c.seq into seq_ from ${schema}.paylayer_charges c where c.id = of_id for update;
    if exists (
      select from ${schema}.paylayer_charges c
      where c.seq = seq_ and (c.currency <> new_currency or new_minor < 1 or new_minor > c.minor)
    ) then
      return json_build_object('outcome', 'beyond');
    end if;
  end if;
  said := ${schema}.paylayer_advance(
    of_id, begins, steps, new_authorization, new_receipt, new_answer, wanted, host, moment, trace
  );
  if said ->> 'outcome' <> 'advanced' then
    return said;
  end if;
  if new_minor is not null then
    perform ${schema}.paylayer_lower(seq_, new_minor, buckets);
  end if;
  update ${schema}.paylayer_charges c set
    usage = coalesce(new_usage, c.usage),
    minor = coalesce(new_minor, c.minor),
    charge = case when new_minor is null then c.charge
      else jsonb_set(c.charge::jsonb, '{money,minor}', to_jsonb(new_minor::text))::json end
    where c.id = of_id;
  return said;
end $$`

export const captures = (schema: string): ReadonlyArray<string> => [
  `alter table ${schema}.paylayer_charges add column usage json`,
  entry(schema),
  lower(schema),
  advance(schema)
]
