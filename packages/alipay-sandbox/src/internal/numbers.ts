/**
 * The numbers that a platform gives out. They are random, so that a ledger which outlives this process meets no number twice.
 */
import * as BeijingTime from "@paylayer/alipay/BeijingTime"
import * as Crypto from "node:crypto"

const digits = (count: number): string => {
  let text = ""
  while (text.length < count) text += String(Crypto.randomInt(1_000_000_000)).padStart(9, "0")
  return text.slice(0, count)
}

const day = (at: number): string => BeijingTime.format(at).slice(0, 10).replaceAll("-", "")

/** 28 digits, the Beijing date first. */
export const tradeNo = (at: number): string => `${day(at)}22001${digits(15)}`

/** 20 digits, the Beijing date first. */
export const agreementNo = (at: number): string => `${day(at)}${digits(12)}`

/** 20 digits. */
export const delegationId = (at: number): string => `${day(at)}${digits(12)}`

/** 32 hexadecimal digits. */
export const prepayId = (): string => Crypto.randomBytes(16).toString("hex")

/** 32 letters and digits: what the two `external_` numbers may be. */
export const external = (): string => Crypto.randomBytes(16).toString("hex")

/** The secret part of an opaque token: 32 characters of the Base64URL alphabet, 192 bits. */
export const handle = (): string => Crypto.randomBytes(24).toString("base64url")

/** The `trace_id` header. */
export const traceId = (): string => Crypto.randomBytes(15).toString("hex")

/** The number of a movement: its place in the list, which begins with 1. */
export const movementId = (place: number): string => `movement_${place}`
