/**
 * The second version of the schema: refunds. A line about a refund is decided on in the host, on the charge as it read it, and
 * written only if the charge's journal has not grown since.
 */

/** A charge as JSON, with what its journal says of refunds. */
const entry = (schema: string) => `
create or replace function ${schema}.paylayer_entry(c ${schema}.paylayer_charges) returns json language sql stable as $$
  select json_build_object(
    'id', c.id, 'protocol', c.protocol, 'payer', c.payer, 'key', c.key, 'request', c.request,
    'state', c.state, 'owner', c.owner, 'charge', c.charge,
    'authorization', case when c."authorization" is not null then json_build_array(c."authorization") end,
    'receipt', c.receipt,
    'answer', case when c.answer is not null then json_build_array(c.answer) end,
    'journal', (
      select json_agg(json_build_array(j.state, j.at, j.owner, j.cause, j.trace_id, j.refund) order by j.n)
      from ${schema}.paylayer_journal j where j.charge = c.seq
    ))
$$`

/** Adds a line about a refund as the `line`-th of the journal; false where there is such a line already. */
const note = (schema: string) => `
create function ${schema}.paylayer_note(
  of_id text, line bigint, new_state text, pending bigint, new_refund json, new_cause text,
  host text, moment bigint, trace text
) returns boolean language plpgsql set enable_seqscan = off as $$
declare
  seq_ bigint;
begin
  update ${schema}.paylayer_charges c
    set state = new_state, owner = host, changed_at = moment, lines = line, refunding = pending
    where c.id = of_id and c.lines = line - 1 returning c.seq into seq_;
  if not found then
    return false;
  end if;
  insert into ${schema}.paylayer_journal (charge, n, state, at, owner, cause, trace_id, refund)
    values (seq_, line, new_state, moment, host, new_cause, trace, new_refund);
  return true;
end $$`

export const refunds = (schema: string): ReadonlyArray<string> => [
  `alter table ${schema}.paylayer_journal add column refund json`,
  `alter table ${schema}.paylayer_charges add column refunding integer not null default 0`,
  `create index paylayer_charges_refunding on ${schema}.paylayer_charges (seq) where refunding > 0`,
  entry(schema),
  note(schema)
]
