/**
 * Opens connections, to addresses that may be connected to alone: literal ones are looked at before, resolved ones as they are
 * resolved, and the one that was really reached once more.
 */
import type { LookupAddress } from "node:dns"
import type { LookupFunction } from "node:net"
import { buildConnector } from "undici"
import * as UpstreamAddress from "../UpstreamAddress.ts"
import { UpstreamError } from "../UpstreamError.ts"

interface Options {
  readonly allowPrivate: boolean
  /** Milliseconds. */
  readonly timeout: number
  readonly lookup: LookupFunction
}

const forbidden = () =>
  new UpstreamError({ reason: "forbidden", detail: "the tool is at an address that the gateway does not call" })

/** Resolves names to public addresses; a name that has none leads nowhere. */
const publicOnly =
  (lookup: LookupFunction): LookupFunction =>
  (hostname, options, callback) => {
    lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error !== null) return callback(error, "")
      const open = (found as unknown as ReadonlyArray<LookupAddress>).filter(({ address }) =>
        UpstreamAddress.isPublic(address)
      )
      const [first] = open
      if (first === undefined) return callback(forbidden(), "")
      if (options.all === true) callback(null, open as Array<LookupAddress>)
      else callback(null, first.address, first.family)
    })
  }

export const guarded = ({ allowPrivate, lookup, timeout }: Options): buildConnector.connector => {
  const connect = buildConnector({ timeout, allowH2: false, lookup: allowPrivate ? lookup : publicOnly(lookup) })
  if (allowPrivate) return connect
  return (options, callback) => {
    const literal = UpstreamAddress.literal(options.hostname)
    if (literal !== undefined && !UpstreamAddress.isPublic(literal)) return callback(forbidden(), null)
    connect(options, (...result) => {
      const [error, socket] = result
      if (error !== null || UpstreamAddress.isPublic(socket.remoteAddress ?? "")) return callback(...result)
      socket.destroy()
      callback(forbidden(), null)
    })
  }
}
