/**
 * The response headers of a paid route.
 *
 * What is essential (`Cache-Control`, `Retry-After`, `Payment-Receipt`) is always there. Challenges and the protocols' own
 * headers share a budget, because clients and proxies drop answers with large headers (undici above 16 KB); what does not
 * fit is in the body, which always says everything.
 */
import * as Receipt from "@paylayer/core/Receipt"
import type { Offer, Refusal } from "@paylayer/core/Refusal"
import type { Sold } from "@paylayer/core/Sale"
import * as PaymentChallenge from "./PaymentChallenge.ts"
import * as Problem from "./Problem.ts"

/** Names in lower case. */
export type PaymentHeaders = Readonly<Record<string, string>>

/** The most that all headers of an answer 402 take, in bytes as HTTP/1.1 writes them. */
export const budget = 6 * 1024

/**
 * Says that an answer is the stored one of an earlier, equal request. No standard names such a header: the draft of
 * `Idempotency-Key` leaves it open, Stripe sends `Idempotent-Replayed`. The name follows the request's header.
 */
export const replayed = "idempotency-replayed"

/** The bytes of a header line: name, colon, space, value, line end. */
const line = (name: string, value: string) => name.length + value.length + 4

/** The bytes of all headers. */
export const size = (headers: PaymentHeaders): number =>
  Object.entries(headers).reduce((sum, [name, value]) => sum + line(name, value), 0)

const isName = (name: string) => /^[!#$%&'*+.^_`|~0-9a-z-]+$/.test(name)
const isValue = (value: string) => /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/.test(value)

/** Headers that frame or describe the answer itself are not a protocol's to set. */
const reserved = new Set([
  "cache-control",
  "connection",
  "content-encoding",
  "content-length",
  "content-type",
  "date",
  "set-cookie",
  "trailer",
  "transfer-encoding",
  "upgrade",
  Receipt.header,
  replayed
])

/** Adds `Access-Control-Expose-Headers`, without which a browser shows a script none of these headers. */
export const exposing = (headers: PaymentHeaders, known = ""): PaymentHeaders => {
  const names = new Set(known === "" ? [] : known.split(",").map((name) => name.trim().toLowerCase()))
  for (const name in headers) if (name !== "cache-control" && name !== "content-type") names.add(name)
  names.delete("")
  return names.size === 0 ? headers : { ...headers, "access-control-expose-headers": [...names].join(", ") }
}

/** Headers whose values are lists: those of several protocols are joined. */
const isList = (name: string) => name === "www-authenticate" || name === "link"

/** Collects headers up to the budget, the cost of exposing them included. */
class Collected {
  readonly headers: Record<string, string>
  private readonly most: number
  private taken: number

  constructor(essential: PaymentHeaders, most: number) {
    this.headers = Object.assign(Object.create(null), essential)
    this.most = most
    this.taken = size(exposing(essential))
  }

  /** Whether the value is there now. The first protocol's value of a header that is no list wins. */
  add(name: string, value: string): boolean {
    const known = this.headers[name]
    if (known !== undefined && !isList(name)) return known === value
    const cost = known === undefined ? line(name, value) + name.length + 36 : value.length + 2
    if (this.taken + cost > this.most) return false
    this.taken += cost
    this.headers[name] = known === undefined ? value : `${known}, ${value}`
    return true
  }
}

/** The protocol's own headers that can be sent at all. */
const ownHeaders = (headers: PaymentHeaders): ReadonlyArray<readonly [string, string]> =>
  Object.entries(headers)
    .map(([name, value]) => [name.toLowerCase(), value] as const)
    .filter(([name, value]) => isName(name) && !reserved.has(name) && isValue(value))

/** Whether everything fits, and what did. */
const collect = (
  essential: PaymentHeaders,
  offers: ReadonlyArray<Offer>,
  most: number,
  challenge: (offer: Offer, index: number) => string
) => {
  const collected = new Collected(essential, most)
  let complete = true
  for (const [index, offer] of offers.entries()) {
    const own = ownHeaders(offer.headers)
    // A protocol with a challenge of its own speaks for itself.
    const headers: typeof own = own.some(([name]) => name === "www-authenticate")
      ? own
      : [["www-authenticate", challenge(offer, index)], ...own]
    for (const [name, value] of headers) complete = collected.add(name, value) && complete
  }
  return { complete, headers: collected.headers }
}

/** The headers of a refusal; with status 402, of all its offers. */
export const fromRefusal = (refusal: Refusal, issue: PaymentChallenge.Issue, most: number = budget): PaymentHeaders => {
  const after = Problem.retryAfter(refusal)
  const essential = {
    "cache-control": "no-store",
    "content-type": Problem.contentType,
    ...(after === undefined ? {} : { "retry-after": String(after) }),
    ...(refusal.receipt === undefined ? {} : { [Receipt.header]: Receipt.toHeader(refusal.receipt) })
  }
  const challenge = (offer: Offer, index: number) => PaymentChallenge.fromOffer(offer, index, issue)
  const full = collect(essential, refusal.offers, most, (offer, index) =>
    PaymentChallenge.print(challenge(offer, index))
  )
  const { headers } = full.complete
    ? full
    : collect(essential, refusal.offers, most, (offer, index) =>
        PaymentChallenge.print(PaymentChallenge.withoutDetails(challenge(offer, index), issue))
      )
  return exposing(headers)
}

/** The headers of what was sold. They replace what the handler said about caching: nobody else has paid for this answer. */
export const fromSold = ({ receipt, replayed: again }: Omit<Sold<unknown>, "value">): PaymentHeaders => {
  const essential = {
    "cache-control": "private, no-store",
    ...(receipt === undefined ? {} : { [Receipt.header]: Receipt.toHeader(receipt) }),
    ...(again ? { [replayed]: "true" } : {})
  }
  if (receipt?.headers === undefined) return essential
  const collected = new Collected(essential, budget)
  for (const [name, value] of ownHeaders(receipt.headers)) collected.add(name, value)
  return collected.headers
}
