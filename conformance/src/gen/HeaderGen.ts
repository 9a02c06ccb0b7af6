/**
 * Header bags: what requests carry, and what attackers make them carry.
 *
 * Names and schemes near those of a manifest's triggers, other cases, duplicates, white space, Unicode, control characters,
 * great length, and the headers of other payment protocols.
 */
import type { Manifest, Trigger } from "@paylayer/core/Manifest"
import * as Gen from "../Gen.ts"

/** A header as it comes off the wire. */
export type Entry = readonly [name: string, value: string]

/** Headers of payment protocols in the field, with values of the right shape. */
export const foreign: ReadonlyArray<Entry> = [
  ["x-payment", "eyJ4NDAyVmVyc2lvbiI6MSwic2NoZW1lIjoiZXhhY3QifQ"],
  ["payment-signature", "eyJ4NDAyVmVyc2lvbiI6Miwic2NoZW1lIjoiZXhhY3QifQ"],
  ["payment-proof", "eyJwcm90b2NvbCI6e30sIm1ldGhvZCI6e319"],
  ["authorization", 'Payment id="x", method="tempo"'],
  ["authorization", "L402 AGIAJEemVQUTEyNCR0exk7ek90Cg==:1234abcd1234abcd"],
  ["authorization", "Bearer sk_live_51H"],
  ["authorization", "Basic dXNlcjpwYXNz"],
  ["stripe-signature", "t=1492774577,v1=5257a869"],
  ["x-alipay-agent-token", "alipay_agent_token_x"],
  ["authorization", "Bearer alipay_agent_token_x"]
]

/** Headers that every client sends. */
export const ordinary: ReadonlyArray<Entry> = [
  ["host", "api.example"],
  ["accept", "*/*"],
  ["user-agent", "agent/1.0"],
  ["content-type", "application/json"],
  ["accept-encoding", "gzip, br"],
  ["cookie", "a=b; c=d"],
  ["x-request-id", "8e03978e-40d5-43e8-bc93-6894a57f9324"]
]

/** ASCII letters in another case. */
export const recased = (text: string): Gen.Gen<string> =>
  Gen.array(Gen.boolean(), { minLength: text.length, maxLength: text.length }).map((upper) =>
    Array.from(text, (letter, index) => (upper[index] === true ? letter.toUpperCase() : letter.toLowerCase())).join("")
  )

/** One edit away: a letter dropped, doubled, replaced, or something added. Never the text itself, in whatever case. */
export const nearMiss = (text: string): Gen.Gen<string> =>
  Gen.tuple(Gen.nat(Math.max(0, text.length - 1)), Gen.constantFrom("drop", "double", "replace", "prefix", "suffix"))
    .map(([at, edit]) => {
      const head = text.slice(0, at)
      const letter = text[at] ?? "x"
      const tail = text.slice(at + 1)
      switch (edit) {
        case "drop":
          return head + tail
        case "double":
          return head + letter + letter + tail
        case "replace":
          return head + (letter === "q" ? "z" : "q") + tail
        case "prefix":
          return `x${text}`
        default:
          return `${text}x`
      }
    })
    .filter((near) => near.toLowerCase() !== text.toLowerCase() && near !== "")

/** Code points from everywhere: ASCII, controls, Latin, Cyrillic, Arabic, full-width, lone surrogates, emoji. */
const codePoint: Gen.Gen<number> = Gen.oneof(
  Gen.integer({ min: 0, max: 0x7f }),
  Gen.integer({ min: 0x80, max: 0x6ff }),
  Gen.integer({ min: 0xd7f0, max: 0xe010 }),
  Gen.integer({ min: 0xfe00, max: 0x1_ffff }),
  Gen.integer({ min: 0, max: 0x10_ffff })
)

const anyText = (maxLength: number): Gen.Gen<string> =>
  Gen.array(codePoint, { maxLength }).map((points) => String.fromCodePoint(...points))

/** Text that does not belong into a header: control characters, Unicode, spaces, commas, great length. */
export const hostile: Gen.Gen<string> = Gen.oneof(
  anyText(40),
  Gen.constantFrom(
    "",
    " ",
    "\t",
    ",",
    ",,,",
    "\u0000",
    "\r\nx: y",
    "%",
    "%E0%A4%A",
    "null",
    "undefined",
    "[object Object]",
    "{}",
    "__proto__",
    "constructor",
    "\ufeff",
    "\ud800",
    "١٢٣",
    "１２３",
    "Bearer",
    "Bearer ",
    "Bearer  "
  ),
  Gen.tuple(Gen.constantFrom("a", ",", " ", "=", ".", "Bearer ", "\u00e9"), Gen.constantFrom(100, 5_000, 20_000)).map(
    ([unit, times]) => unit.repeat(times)
  )
)

/** What makes a request a candidate: the trigger's header with its scheme and prefix, and `rest` behind. */
export const triggered = ({ header, scheme, prefix = "" }: Trigger, rest: string): Entry => [
  header,
  `${scheme === undefined ? "" : `${scheme} `}${prefix}${rest}`
]

/** Header bags around a manifest's triggers: garbage credentials, near misses, duplicates, everything else. */
export const bag = (manifest: Manifest): Gen.Gen<ReadonlyArray<Entry>> => {
  const trigger = Gen.constantFrom(...manifest.triggers)
  const own = Gen.tuple(trigger, hostile).map(([by, rest]) => triggered(by, rest))
  const entry: Gen.Gen<Entry> = Gen.oneof(
    { weight: 4, arbitrary: own },
    {
      weight: 2,
      arbitrary: trigger.chain((by) => Gen.tuple(nearMiss(by.header), hostile))
    },
    { weight: 1, arbitrary: Gen.tuple(trigger, hostile).map(([by, value]): Entry => [by.header, value]) },
    { weight: 1, arbitrary: Gen.tuple(Gen.string({ maxLength: 20 }), hostile) },
    { weight: 2, arbitrary: Gen.constantFrom(...foreign) },
    { weight: 2, arbitrary: Gen.constantFrom(...ordinary) }
  )
  return Gen.array(entry, { maxLength: 12 })
}
