/**
 * The first version of the schema: what the ledger does, as functions, so that each operation is one statement and so one
 * transaction. They suffice with READ COMMITTED: every statement within them sees what was committed before it, and what is
 * decided upon is locked first, always in this order: the key or the charge, then the buckets by name. What a charge has of
 * a bucket changes only under the bucket's lock.
 */

/** Plans are made once a session, perhaps while a table is empty; they are to hold when it has a million rows. */
const planned = "set enable_seqscan = off"

/** A charge as JSON. A document is in an array, so that none differs from `null`. */
const entry = (schema: string) => `
create function ${schema}.paylayer_entry(c ${schema}.paylayer_charges) returns json language sql stable as $$
  select json_build_object(
    'id', c.id, 'protocol', c.protocol, 'payer', c.payer, 'key', c.key, 'request', c.request,
    'state', c.state, 'owner', c.owner, 'charge', c.charge,
    'authorization', case when c."authorization" is not null then json_build_array(c."authorization") end,
    'receipt', c.receipt,
    'answer', case when c.answer is not null then json_build_array(c.answer) end,
    'journal', (
      select json_agg(json_build_array(j.state, j.at, j.owner, j.cause, j.trace_id) order by j.n)
      from ${schema}.paylayer_journal j where j.charge = c.seq
    ))
$$`

/** What is wanted, in the order in which it is wanted. */
const wantedRows = `rows from (json_to_recordset(wanted) as (bucket text, kind text, units bigint, cap bigint, ends bigint))
      with ordinality as w (bucket, kind, units, cap, ends, n)`

/**
 * The first reservation that does not fit, with what is left, or null. What the charge itself has of a bucket is no
 * obstacle, and is not taken again.
 */
const refusal = (schema: string) => `
create function ${schema}.paylayer_refusal(charge_seq bigint, wanted json) returns json stable language plpgsql as $$
declare
  one record;
  taken bigint;
  others bigint;
begin
  for one in
    select w.*, first_value(w.units) over (partition by w.bucket order by w.n) as first_units
    from ${wantedRows} order by w.n
  loop
    select r.units into taken from ${schema}.paylayer_reservations r
      where r.charge = charge_seq and r.bucket = one.bucket;
    select b.units - coalesce(taken, 0) into others from ${schema}.paylayer_buckets b where b.name = one.bucket;
    if coalesce(others, 0) > one.cap - coalesce(taken, one.first_units) then
      return json_build_object(
        'bucket', one.bucket, 'kind', one.kind, 'remaining', greatest(one.cap - coalesce(others, 0), 0)::text
      );
    end if;
  end loop;
  return null;
end $$`

/** Takes reservations, all or none; gives the refusal, or null. */
const take = (schema: string) => `
create function ${schema}.paylayer_take(charge_seq bigint, wanted json) returns json language plpgsql as $$
declare
  one record;
  refused json;
begin
  for one in select distinct on (w.bucket) w.bucket, w.ends from ${wantedRows} order by w.bucket, w.n desc loop
    loop
      perform from ${schema}.paylayer_buckets b where b.name = one.bucket for update;
      exit when found;
      insert into ${schema}.paylayer_buckets values (one.bucket, 0, one.ends) on conflict do nothing;
      exit when found;
    end loop;
  end loop;
  refused := ${schema}.paylayer_refusal(charge_seq, wanted);
  if refused is not null then
    return refused;
  end if;
  for one in select w.bucket, w.units from ${wantedRows} order by w.n loop
    insert into ${schema}.paylayer_reservations values (charge_seq, one.bucket, one.units) on conflict do nothing;
    if found then
      update ${schema}.paylayer_buckets b set units = b.units + one.units where b.name = one.bucket;
    end if;
  end loop;
  return null;
end $$`

/** Gives back all that a charge took, and that retention did not drop meanwhile. */
const giveBack = (schema: string) => `
create function ${schema}.paylayer_give_back(charge_seq bigint) returns void language plpgsql as $$
declare
  name_ text;
  given bigint;
begin
  for name_ in select r.bucket from ${schema}.paylayer_reservations r where r.charge = charge_seq order by r.bucket loop
    perform from ${schema}.paylayer_buckets b where b.name = name_ for update;
    delete from ${schema}.paylayer_reservations r where r.charge = charge_seq and r.bucket = name_
      returning r.units into given;
    if found then
      update ${schema}.paylayer_buckets b set units = b.units - given where b.name = name_;
    end if;
  end loop;
end $$`

/**
 * Claims a key and takes reservations. A key that is being claimed by another call is waited for. Where nothing is to be
 * had, nothing is locked and nothing written: one statement sees who holds the key and what is left.
 */
const open = (schema: string) => `
create function ${schema}.paylayer_open(
  new_id text, new_protocol text, new_payer text, new_merchant text, new_resource text, new_currency text,
  new_minor bigint, new_key text, new_request text, new_charge json, wanted json,
  host text, moment bigint, trace text
) returns json language plpgsql ${planned} as $$
declare
  holder json;
  known boolean;
  new_seq bigint;
  refused json;
begin
  loop
    select ${schema}.paylayer_refusal(null, wanted), (
      select ${schema}.paylayer_entry(c) from ${schema}.paylayer_charges c
      where c.key = new_key and c.state not in ('declined', 'released')
    ), exists (select from ${schema}.paylayer_charges c where c.id = new_id) into refused, holder, known;
    if holder is not null then
      return json_build_object('outcome', 'existing', 'entry', holder);
    end if;
    if known then
      return json_build_object('outcome', 'duplicate');
    end if;
    exit when refused is not null;
    insert into ${schema}.paylayer_charges (
      id, protocol, payer, merchant, resource, currency, minor, key, request,
      state, owner, opened_at, changed_at, lines, charge
    ) values (
      new_id, new_protocol, new_payer, new_merchant, new_resource, new_currency, new_minor, new_key, new_request,
      'opened', host, moment, moment, 1, new_charge
    ) on conflict do nothing returning seq into new_seq;
    exit when found;
  end loop;
  if wanted is not null and refused is null then
    refused := ${schema}.paylayer_take(new_seq, wanted);
    if refused is not null then
      delete from ${schema}.paylayer_charges where seq = new_seq;
    end if;
  end if;
  if refused is not null then
    return json_build_object('outcome', 'refused', 'refused', refused);
  end if;
  insert into ${schema}.paylayer_journal (charge, n, state, at, owner, trace_id)
    values (new_seq, 1, 'opened', moment, host, trace);
  return json_build_object('outcome', 'claimed');
end $$`

/** Moves a charge on by steps, if it is in one of the states they may begin in and is not another host's. */
const advance = (schema: string) => `
create function ${schema}.paylayer_advance(
  of_id text, begins text[], steps json, new_authorization json, new_receipt json, new_answer json, wanted json,
  host text, moment bigint, trace text
) returns json language plpgsql ${planned} as $$
declare
  seq_ bigint;
  state_ text;
  owner_ text;
  lines_ integer;
  last text := steps -> -1 ->> 'to';
  refused json;
begin
  select c.seq, c.state, c.owner, c.lines into seq_, state_, owner_, lines_
    from ${schema}.paylayer_charges c where c.id = of_id for update;
  if not found then
    return json_build_object('outcome', 'missing');
  end if;
  if owner_ <> host and state_ in ('opened', 'authorized', 'delivered', 'settling') then
    return json_build_object('outcome', 'foreign');
  end if;
  if state_ <> all (begins) then
    return json_build_object('outcome', 'illegal', 'state', state_);
  end if;
  if wanted is not null then
    refused := ${schema}.paylayer_take(seq_, wanted);
    if refused is not null then
      return json_build_object('outcome', 'refused', 'refused', refused);
    end if;
  end if;
  update ${schema}.paylayer_charges c set
    state = last, owner = host, changed_at = moment, lines = lines_ + json_array_length(steps),
    "authorization" = coalesce(new_authorization, c."authorization"),
    receipt = coalesce(new_receipt, c.receipt),
    answer = coalesce(new_answer, c.answer)
    where c.seq = seq_;
  insert into ${schema}.paylayer_journal (charge, n, state, at, owner, cause, trace_id)
    select seq_, lines_ + s.n, s."to", moment, host, s.cause, trace
    from rows from (json_to_recordset(steps) as ("to" text, cause text)) with ordinality as s ("to", cause, n);
  if last in ('declined', 'released') then
    perform ${schema}.paylayer_give_back(seq_);
  end if;
  return json_build_object('outcome', 'advanced');
end $$`

/** Takes over an open charge whose host has no lease at that moment. */
const adopt = (schema: string) => `
create function ${schema}.paylayer_adopt(of_id text, cause text, host text, moment bigint, trace text)
returns json language plpgsql ${planned} as $$
declare
  taken ${schema}.paylayer_charges;
begin
  select * into taken from ${schema}.paylayer_charges c
    where c.id = of_id and c.state in ('opened', 'authorized', 'delivered', 'settling') for update;
  if not found or exists (
    select from ${schema}.paylayer_hosts h where h.id = taken.owner and h.lease_until > moment
  ) then
    return null;
  end if;
  update ${schema}.paylayer_charges c set owner = host, changed_at = moment, lines = c.lines + 1
    where c.seq = taken.seq returning * into taken;
  insert into ${schema}.paylayer_journal (charge, n, state, at, owner, cause, trace_id)
    values (taken.seq, taken.lines, taken.state, moment, host, cause, trace);
  return ${schema}.paylayer_entry(taken);
end $$`

/** Forgets some of what is over and older than a moment. Gives how many charges it touched: fewer than asked, and it is done. */
const forget = (schema: string) => `
create function ${schema}.paylayer_forget(before bigint, at_most integer) returns integer language plpgsql ${planned} as $$
declare
  touched integer;
begin
  with old as (
    select seq from ${schema}.paylayer_charges
    where changed_at < before and (
      state in ('declined', 'released')
      or (state in ('settled', 'refunded') and ("authorization" is not null or answer is not null))
    )
    order by changed_at, seq limit at_most for update skip locked
  ), void as (
    delete from ${schema}.paylayer_charges c using old
    where c.seq = old.seq and c.state in ('declined', 'released') returning 1
  ), lean as (
    update ${schema}.paylayer_charges c set "authorization" = null, answer = null from old
    where c.seq = old.seq and c.state in ('settled', 'refunded') returning 1
  )
  select (select count(*) from void) + (select count(*) from lean) into touched;
  perform 1 from ${schema}.paylayer_buckets where ends_at < before order by name for update;
  delete from ${schema}.paylayer_reservations r using ${schema}.paylayer_buckets b
    where b.ends_at < before and r.bucket = b.name;
  delete from ${schema}.paylayer_buckets where ends_at < before;
  delete from ${schema}.paylayer_hosts where lease_until < before;
  return touched;
end $$`

export const functions = (schema: string): ReadonlyArray<string> =>
  [entry, refusal, take, giveBack, open, advance, adopt, forget].map((definition) => definition(schema))
