/**
 * What OPTIONS on a paid route is answered. No router is needed for it.
 */
import type { Manifest } from "@paylayer/core/Manifest"

/** The request headers that payment needs: those the installed protocols look at, and the idempotency key. */
export const requestHeaders = (manifests: ReadonlyArray<Manifest>): ReadonlyArray<string> => [
  ...new Set([
    ...manifests.flatMap(({ triggers, reads = [] }) => [...triggers.map(({ header }) => header), ...reads]),
    "idempotency-key",
    "content-type"
  ])
]

/** The headers of the answer to OPTIONS on a paid route, without an origin. */
export const preflight = (manifests: ReadonlyArray<Manifest>, methods: ReadonlyArray<string>) => {
  const allow = [
    ...new Set([...methods.flatMap((method) => (method === "GET" ? ["GET", "HEAD"] : [method])), "OPTIONS"])
  ]
  return {
    allow: allow.join(", "),
    "access-control-allow-methods": allow.join(", "),
    "access-control-allow-headers": requestHeaders(manifests).join(", "),
    "cache-control": "no-store"
  }
}
