/**
 * Payment credentials in request headers: what must never reach an upstream. What counts is what the installed protocols look
 * at, and, whether they are installed or not, the names that payment protocols share.
 */
import type { Manifest, Trigger } from "@paylayer/core/Manifest"

/** `Payment-…`, `X-Payment…`, and what the gateway itself says. */
const shared = /^(?:x-)?payment(?:-|$)|^paylayer-/

export interface Credentials {
  /** Whether a header is one for any value it has. The name in lower case. */
  readonly isOne: (name: string) => boolean
  /** Whether this value of a header is one. */
  readonly holdsOne: (name: string, value: string) => boolean
  /** The protocol that a request means to be paid by, as far as its headers say; empty without any. */
  readonly protocolOf: (headers: { readonly [name: string]: ReadonlyArray<string> | undefined }) => string
}

const matches = ({ prefix, scheme }: Trigger, value: string): boolean => {
  if (scheme === undefined) return prefix === undefined || value.trimStart().startsWith(prefix)
  const [, given = "", rest = ""] = /^\s*(\S+)\s*(.*)$/s.exec(value) ?? []
  return given.toLowerCase() === scheme.toLowerCase() && (prefix === undefined || rest.startsWith(prefix))
}

export const make = (manifests: ReadonlyArray<Manifest>): Credentials => {
  const triggers = manifests.flatMap((manifest) => manifest.triggers.map((trigger) => ({ id: manifest.id, trigger })))
  const whole = new Set([
    ...manifests.flatMap(({ reads = [] }) => reads),
    ...triggers.filter(({ trigger }) => trigger.header !== "authorization").map(({ trigger }) => trigger.header)
  ])
  // An Idempotency-Key buys nothing by itself, and tells the upstream that it has seen a request before.
  whole.delete("idempotency-key")
  whole.delete("authorization")
  const authorizations = triggers.filter(({ trigger }) => trigger.header === "authorization")
  return {
    isOne: (name) => whole.has(name) || shared.test(name),
    // Duplicates may come joined by commas; a credential is one wherever it stands.
    holdsOne: (name, value) =>
      name === "authorization" &&
      value
        .split(",")
        .some((one) => /^\s*payment\b/i.test(one) || authorizations.some(({ trigger }) => matches(trigger, one))),
    protocolOf: (headers) =>
      triggers.find(({ trigger }) => headers[trigger.header]?.some((value) => matches(trigger, value)))?.id ?? ""
  }
}
