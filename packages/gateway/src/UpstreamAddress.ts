/**
 * Which addresses an upstream may have: public ones, and no others unless the configuration says so.
 *
 * Asked of the address that a connection is about to be opened to, not of the name, so that a name that resolves to a public
 * address today and to a private one tomorrow (DNS rebinding) leads nowhere.
 *
 * What is not public is what IANA's registries of special-purpose addresses (RFC 6890) mark as not globally reachable, and what
 * carries another address inside it (IPv4-mapped, 6to4, Teredo, NAT64).
 */
import { BlockList, isIP } from "node:net"

const ipv4: ReadonlyArray<readonly [string, number]> = [
  ["0.0.0.0", 8], // this network
  ["10.0.0.0", 8], // private
  ["100.64.0.0", 10], // carrier-grade NAT
  ["127.0.0.0", 8], // loopback
  ["169.254.0.0", 16], // link-local, metadata services
  ["172.16.0.0", 12], // private
  ["192.0.0.0", 24], // IETF protocol assignments
  ["192.0.2.0", 24], // documentation
  ["192.88.99.0", 24], // 6to4 relays
  ["192.168.0.0", 16], // private
  ["198.18.0.0", 15], // benchmarking
  ["198.51.100.0", 24], // documentation
  ["203.0.113.0", 24], // documentation
  ["224.0.0.0", 4], // multicast
  ["240.0.0.0", 4] // reserved, broadcast
]

/** Inside global unicast, 2000::/3. */
const ipv6: ReadonlyArray<readonly [string, number]> = [
  ["2001::", 23], // protocol assignments, Teredo
  ["2001:db8::", 32], // documentation
  ["2002::", 16], // 6to4
  ["3fff::", 20] // documentation
]

const special = new BlockList()
for (const [network, prefix] of ipv4) special.addSubnet(network, prefix, "ipv4")
for (const [network, prefix] of ipv6) special.addSubnet(network, prefix, "ipv6")

/** The only IPv6 addresses that are given out to the public; everything else is local, mapped or translated. */
const globalUnicast = new BlockList()
globalUnicast.addSubnet("2000::", 3, "ipv6")

/** Whether a numeric address is a public one. What is no address is not. */
export const isPublic = (address: string): boolean => {
  const [bare = ""] = address.replace(/^\[(.*)\]$/, "$1").split("%")
  switch (isIP(bare)) {
    case 4:
      return !special.check(bare, "ipv4")
    case 6:
      return globalUnicast.check(bare, "ipv6") && !special.check(bare, "ipv6")
    default:
      return false
  }
}

/** The numeric address that a URL's host is, if it is one: WHATWG URLs write `0x7f.1` and `2130706433` as `127.0.0.1`. */
export const literal = (hostname: string): string | undefined => {
  const bare = hostname.replace(/^\[(.*)\]$/, "$1")
  return isIP(bare) === 0 ? undefined : bare
}
