/**
 * The headers of a request as detection reads them: lower-case names, every value that was sent, in order.
 *
 * Two headers of one name stay two values, so that a protocol can see a duplicate instead of trusting the first or a joined
 * one. The object has no prototype, so `constructor` is absent like any other header that was not sent. Hosts of other
 * transports present theirs under the same names; a protocol never knows the transport.
 */
export interface RequestHeaders {
  readonly [name: string]: ReadonlyArray<string> | undefined
}

type Writable = { [name: string]: Array<string> }

const add = (headers: Writable, name: string, value: string) => {
  const key = name.toLowerCase()
  const values = headers[key]
  if (values === undefined) headers[key] = [value]
  else values.push(value)
}

/** From pairs as they came off the wire. */
export const fromEntries = (entries: Iterable<readonly [string, string]>): RequestHeaders => {
  const headers: Writable = Object.create(null)
  for (const [name, value] of entries) add(headers, name, value)
  return headers
}

/** From Node's flat list `[name, value, name, value …]` (`IncomingMessage.rawHeaders`), which keeps duplicates apart. */
export const fromRaw = (raw: ReadonlyArray<string>): RequestHeaders => {
  const headers: Writable = Object.create(null)
  for (let at = 0; at + 1 < raw.length; at += 2) add(headers, raw[at]!, raw[at + 1]!)
  return headers
}

/**
 * From a fetch `Headers` or an Effect `Headers` record, which join duplicates with a comma. No payment credential contains
 * one, so a joined value never passes for a credential; protocols split on it to say what was sent twice.
 */
export const fromRecord = (record: { readonly [name: string]: string }): RequestHeaders =>
  fromEntries(Object.entries(record))

/** The distinct values of a header: duplicates that were joined with a comma are taken apart, equal ones count once. */
export const distinct = (headers: RequestHeaders, name: string): ReadonlyArray<string> => {
  const values = headers[name]
  if (values === undefined) return []
  if (values.length === 1 && !values[0]!.includes(",")) return [values[0]!.trim()]
  return [...new Set(values.flatMap((value) => value.split(",")).map((value) => value.trim()))]
}
