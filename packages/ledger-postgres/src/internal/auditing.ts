/** The statement that says which buckets differ from what their charges took. One statement sees one moment. */
export const audit = (schema: string): string => `
  with taken as (
    select r.bucket, sum(r.units) as units
    from ${schema}.paylayer_reservations r join ${schema}.paylayer_charges c on c.seq = r.charge
    where c.state not in ('declined', 'released')
    group by r.bucket
  )
  select format('bucket %s has %s, its charges took %s',
    coalesce(b.name, t.bucket), coalesce(b.units, 0), coalesce(t.units, 0)) as wrong
  from ${schema}.paylayer_buckets b full join taken t on t.bucket = b.name
  where coalesce(b.units, 0) <> coalesce(t.units, 0)
  order by 1`

/** The statement that finds the fullest buckets: how their names begin and end, when they end or null, how many. */
export const fullest = (schema: string): string => `
  select name, units::text as units from ${schema}.paylayer_buckets
  where units > 0 and starts_with(name, $1) and right(name, length($2)) = $2 and ($3::bigint is null or ends_at = $3::bigint)
  order by units desc limit $4`
