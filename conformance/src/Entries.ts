/**
 * The headers of a minted request, deformed: its credential written otherwise, moved to another header, or sent beside a second.
 */
import type { Manifest, Trigger } from "@paylayer/core/Manifest"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import * as ProtocolIndex from "@paylayer/core/ProtocolIndex"
import { fromEntries } from "@paylayer/core/RequestHeaders"
import type { Minted } from "./Provider.ts"

export type Entries = Minted["entries"]

/** Whether a host would ask a protocol with these triggers about the request. */
export const isCandidate = (protocol: AnyProtocol, entries: Entries): boolean =>
  ProtocolIndex.make([protocol])(fromEntries(entries)).length > 0

/** A trigger in words: `authorization: Voucher …`. */
export const print = ({ header, scheme, prefix = "" }: Trigger): string =>
  scheme === undefined && prefix === "" ? header : `${header}: ${scheme === undefined ? "" : `${scheme} `}${prefix}…`

/** All triggers in words. */
export const triggers = ({ triggers: all }: Pick<Manifest, "triggers">): string => all.map(print).join(", or ")

/** The same request with its credential written as `text`. */
export const respelled = (entries: Entries, secret: string, text: string): Entries =>
  entries.map(([name, value]) => [name, value.replace(secret, () => text)])

/** The credential where a trigger looks for it. */
export const under = ({ header, scheme }: Pick<Trigger, "header" | "scheme">, secret: string): Entries[number] => [
  header,
  scheme === undefined ? secret : `${scheme} ${secret}`
]

/** Two requests in one: header after header. */
export const beside = (one: Entries, other: Entries): Entries => [...one, ...other]

/** Two requests in one: headers of one name joined with a comma, as proxies and `fetch` do. */
export const joined = (one: Entries, other: Entries): Entries => {
  const values = new Map<string, ReadonlyArray<string>>()
  for (const [name, value] of [...one, ...other]) {
    const key = name.toLowerCase()
    values.set(key, [...(values.get(key) ?? []), value])
  }
  return [...values].map(([name, sent]) => [name, [...new Set(sent)].join(", ")])
}
