/**
 * The headers of a page that loads nothing from elsewhere, is in nobody's frame and in nobody's cache.
 */

/** What a page may load or ask, of its own origin. Nothing inline, whatever is listed. */
export type Loads = "style" | "script" | "connect" | "img"

/** The headers, with a content security policy that allows these and forms that go to the page's own origin. */
export const security = (loads: ReadonlyArray<Loads>): Readonly<Record<string, string>> => ({
  "content-security-policy": [
    "default-src 'none'",
    ...loads.map((kind) => `${kind}-src 'self'`),
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'"
  ].join("; "),
  "x-frame-options": "DENY",
  "x-content-type-options": "nosniff",
  "referrer-policy": "same-origin",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-resource-policy": "same-origin",
  "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
  "cache-control": "no-store"
})
