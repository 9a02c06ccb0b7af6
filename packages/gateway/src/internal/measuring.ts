/**
 * What a call delivered and what is taken for it: counted in the answer, written with the charge.
 */
import type { Capture, Payment } from "@paylayer/core/Sale"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import type * as Schema from "effect/Schema"
import type { GatewayStoreError } from "../GatewayStoreError.ts"
import type { Selling } from "../Selling.ts"
import type { Measure } from "../Tool.ts"
import type { Answer } from "../Upstream.ts"

/** More than that no call delivers. */
const most = 10n ** 15n

const count = (value: unknown): bigint | undefined => {
  const units =
    typeof value === "number" && Number.isSafeInteger(value)
      ? BigInt(value)
      : typeof value === "string" && /^[0-9]{1,16}$/.test(value)
        ? BigInt(value)
        : -1n
  return units < 0n || units > most ? undefined : units
}

/** What a JSON Pointer (RFC 6901) leads to. */
const at = (json: unknown, pointer: string): unknown =>
  pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((value, part) => {
      if (!Predicate.isObject(value)) return undefined
      return Object.hasOwn(value, part) ? (value as { readonly [name: string]: unknown })[part] : undefined
    }, json)

const parsed = (bytes: Uint8Array): unknown =>
  Result.getOrUndefined(Result.try((): unknown => JSON.parse(new TextDecoder().decode(bytes))))

/** How many units an answer says it has; nothing where it does not say. */
export const unitsOf = (measure: Measure, { body, headers }: Answer): bigint | undefined => {
  // What is metered is held as a whole.
  if (!Predicate.isUint8Array(body)) return undefined
  switch (measure._tag) {
    case "Bytes":
      return BigInt(body.length)
    case "Header":
      return count(headers[measure.name])
    case "Json":
      return count(at(parsed(body), measure.pointer))
  }
}

/** What the ledger keeps of a call, as usage reads it. */
const usage = (
  { tool }: Selling,
  { mandate: { agent, principal } }: Payment,
  units: bigint | undefined,
  latencyMillis: number
): Schema.JsonObject => ({
  developer: tool.developer,
  latencyMillis,
  ...(agent === undefined ? {} : { agent }),
  ...(principal === undefined ? {} : { principal }),
  ...(units === undefined ? {} : { units: units.toString() })
})

/** What is taken for a call that began then, in epoch milliseconds. */
export const capture = (
  selling: Selling,
  payment: Payment,
  units: bigint | undefined,
  beganMillis: number
): Effect.Effect<Capture, GatewayStoreError> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const kept = { usage: usage(selling, payment, units, now - beganMillis) }
    const { accrual, tool } = selling
    if (tool.price._tag !== "PerUnit" || accrual === undefined) return Effect.succeed(kept)
    const { charge, mandate } = payment
    const { perUnit, rounding } = tool.price
    const each = perUnit[charge.money.currency]
    // Nothing is given away for want of a price.
    if (each === undefined)
      return Effect.die(new Error(`${tool.slug} has no price by unit in ${charge.money.currency}`))
    const call = {
      chargeId: charge.id,
      payer: mandate.payer,
      tool: tool.slug,
      exact: (units ?? 0n) * each,
      most: charge.money,
      rounding
    }
    return Effect.map(accrual.capture(call), (money) => ({ ...kept, money }))
  })
