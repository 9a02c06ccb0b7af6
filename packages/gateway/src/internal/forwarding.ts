/**
 * Which headers pass a gateway, and which do not.
 *
 * To the upstream: neither what concerns one connection only (RFC 9110, 7.6.1, also what `Connection` names), nor payment
 * credentials, nor cookies, nor what a client says of proxies before it. To the client: neither those, nor cookies and other
 * claims to the gateway's own origin, nor anything that passes for the gateway's word about payment.
 */
import type { IncomingHttpHeaders } from "node:http"
import * as Redacted from "effect/Redacted"
import type { Upstream } from "../Tool.ts"
import type { Credentials } from "./credentials.ts"

const hopByHop = [
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "proxy-authentication-info",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "http2-settings"
]

/** What the gateway says itself, or what belongs to its own origin. */
const neverSent = new Set([
  ...hopByHop,
  "host",
  "content-length",
  "expect",
  "cookie",
  "forwarded",
  "via",
  "x-forwarded-for",
  "x-forwarded-host",
  "x-forwarded-port",
  "x-forwarded-proto",
  "x-forwarded-prefix",
  "x-forwarded-server",
  "x-real-ip",
  "x-http-method-override",
  "x-method-override",
  // A resumed stream could hold what was withheld.
  "last-event-id"
])

const neverPassedOn = new Set([
  ...hopByHop,
  "content-length",
  "set-cookie",
  "set-cookie2",
  "clear-site-data",
  "service-worker-allowed",
  "strict-transport-security",
  "public-key-pins",
  "alt-svc",
  "nel",
  "report-to",
  "reporting-endpoints",
  "idempotency-replayed",
  "x-powered-by"
])

const conditional = new Set(["if-none-match", "if-modified-since"])

/** The header names that `Connection` lists. */
const named = (values: ReadonlyArray<string>): ReadonlySet<string> =>
  new Set(values.flatMap((value) => value.split(",")).map((name) => name.trim().toLowerCase()))

const none: ReadonlySet<string> = new Set()

/** What is known of a request besides its headers. */
export interface From {
  /** The peer's address. */
  readonly address: string
  readonly host: string
  readonly protocol: "http" | "https"
}

export interface ToUpstream {
  readonly credentials: Credentials
  readonly forwarded: "replace" | "append"
  readonly own: Upstream["headers"]
  /** Whether the answer has to be a whole one, since it is sold. */
  readonly whole: boolean
  /** Whether the answer is read, so that it must not come compressed. */
  readonly plain: boolean
}

/** RFC 7239, 6: an IPv6 address is quoted and in brackets. */
const node = (address: string): string => (address.includes(":") ? `"[${address}]"` : address)

/** A value that may stand in a quoted string. */
const quoted = (text: string): string => `"${text.replace(/[^\x21\x23-\x5b\x5d-\x7e]/g, "")}"`

/** Headers for the upstream, names and values in turns, from `rawHeaders`. */
export const toUpstream = (
  { credentials, forwarded, own, plain, whole }: ToUpstream,
  raw: ReadonlyArray<string>,
  from: From,
  more: ReadonlyArray<string> = []
): Array<string> => {
  const sent: Array<string> = []
  let connection: ReadonlySet<string> = none
  const before: Record<"via" | "x-forwarded-for" | "forwarded", Array<string>> = {
    via: [],
    "x-forwarded-for": [],
    forwarded: []
  }
  for (let index = 0; index < raw.length; index += 2) {
    if (raw[index]!.length === 10 && raw[index]!.toLowerCase() === "connection")
      connection = new Set([...connection, ...named([raw[index + 1]!])])
  }
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index]!.toLowerCase()
    const value = raw[index + 1]!
    if (name === "via" || name === "x-forwarded-for" || name === "forwarded") before[name].push(value)
    if (neverSent.has(name) || connection.has(name) || name in own || credentials.isOne(name)) continue
    if (whole && conditional.has(name)) continue
    if (plain && name === "accept-encoding") continue
    if (credentials.holdsOne(name, value)) continue
    sent.push(name, value)
  }
  const { address, host, protocol } = from
  const kept = forwarded === "append"
  const chain = (name: "x-forwarded-for" | "forwarded", value: string) =>
    [...(kept ? before[name] : []), value].join(", ")
  sent.push("via", [...before.via, "1.1 paylayer"].join(", "))
  sent.push("x-forwarded-for", chain("x-forwarded-for", address))
  sent.push("x-forwarded-proto", protocol)
  if (host !== "") sent.push("x-forwarded-host", host)
  sent.push(
    "forwarded",
    chain("forwarded", `for=${node(address)};proto=${protocol}${host === "" ? "" : `;host=${quoted(host)}`}`)
  )
  if (plain) sent.push("accept-encoding", "identity")
  for (const name in own) sent.push(name, Redacted.value(own[name]!))
  sent.push(...more)
  return sent
}

const isSendable = (value: string) => /^[\t\x20-\x7e\x80-\xff]*$/.test(value)

/**
 * Headers for the client. What an upstream serves is opened by nobody as a page of the gateway's origin: a browser that shows it
 * does so in a sandbox.
 */
export const toClient = (credentials: Credentials, headers: IncomingHttpHeaders): Record<string, string> => {
  const passed: Record<string, string> = {}
  const connection = headers.connection === undefined ? none : named([headers.connection])
  for (const name in headers) {
    const value = headers[name]
    if (value === undefined || neverPassedOn.has(name) || connection.has(name)) continue
    if (name.startsWith("access-control-") || credentials.isOne(name)) continue
    const text = typeof value === "string" ? value : value.join(", ")
    if (name === "www-authenticate" && /(?:^|,)\s*payment\b/i.test(text)) continue
    if (isSendable(text)) passed[name] = text
  }
  const policy = passed["content-security-policy"]
  passed["content-security-policy"] = policy === undefined ? "sandbox" : `${policy}, sandbox`
  passed["x-content-type-options"] = "nosniff"
  passed["via"] = passed["via"] === undefined ? "1.1 paylayer" : `${passed["via"]}, 1.1 paylayer`
  return passed
}
