/**
 * The index from headers to protocols, built once from the manifests.
 *
 * A request costs one map lookup per header it carries, however many protocols are installed: header names, authentication
 * schemes and prefixes are all keys.
 */
import type { AnyProtocol } from "./PaymentProtocol.ts"
import type { RequestHeaders } from "./RequestHeaders.ts"

interface Scheme {
  /** The distinct lengths of the prefixes, so that a credential is cut and looked up rather than compared with each. */
  readonly lengths: Set<number>
  readonly byPrefix: Map<string, Array<AnyProtocol>>
}

interface Header {
  readonly always: Array<AnyProtocol>
  readonly byScheme: Map<string, Scheme>
}

/** The protocols whose triggers a request has, each once, in the order of installation. */
export type ProtocolIndex = (headers: RequestHeaders) => ReadonlyArray<AnyProtocol>

const getOrAdd = <K, V>(map: Map<K, V>, key: K, make: () => V): V => {
  const known = map.get(key)
  if (known !== undefined) return known
  const value = make()
  map.set(key, value)
  return value
}

const add = (index: Map<string, Header>, protocol: AnyProtocol) => {
  for (const { header, scheme = "", prefix = "" } of protocol.manifest.triggers) {
    const entry = getOrAdd(index, header, (): Header => ({ always: [], byScheme: new Map() }))
    if (scheme === "" && prefix === "") {
      entry.always.push(protocol)
      continue
    }
    const { lengths, byPrefix } = getOrAdd(entry.byScheme, scheme.toLowerCase(), (): Scheme => ({
      lengths: new Set(),
      byPrefix: new Map()
    }))
    lengths.add(prefix.length)
    getOrAdd(byPrefix, prefix, (): Array<AnyProtocol> => []).push(protocol)
  }
}

const collect = (header: Header, value: string, into: Set<AnyProtocol>) => {
  const [scheme = "", after = ""] = value.split(/ +(.*)/s, 2)
  for (const [name, credentials] of [
    [scheme.toLowerCase(), after],
    ["", value]
  ] as const) {
    const entry = header.byScheme.get(name)
    if (entry === undefined) continue
    for (const length of entry.lengths) {
      for (const protocol of entry.byPrefix.get(credentials.slice(0, length)) ?? []) into.add(protocol)
    }
  }
}

export const make = (protocols: ReadonlyArray<AnyProtocol>): ProtocolIndex => {
  const index = new Map<string, Header>()
  for (const protocol of protocols) add(index, protocol)
  const order = new Map(protocols.map((protocol, position) => [protocol, position]))
  return (headers) => {
    const candidates = new Set<AnyProtocol>()
    for (const name in headers) {
      const header = index.get(name)
      if (header === undefined) continue
      for (const protocol of header.always) candidates.add(protocol)
      if (header.byScheme.size === 0) continue
      // A comma may join two credentials that were sent apart, so each part is looked at.
      for (const value of headers[name] ?? [])
        for (const part of value.split(",")) collect(header, part.trim(), candidates)
    }
    return candidates.size < 2 ? [...candidates] : [...candidates].toSorted((a, b) => order.get(a)! - order.get(b)!)
  }
}
