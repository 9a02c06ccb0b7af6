/**
 * The numbers that a platform gives out. They are random, so that a ledger which outlives this process meets no number twice.
 */
import * as BeijingTime from "@paylayer/alipay/BeijingTime"

export interface Numbers {
  /** 28 digits, the Beijing date first. */
  readonly tradeNo: (at: number) => string
  /** 32 digits, the Beijing date first. */
  readonly meteredTradeNo: (at: number) => string
  /** 32 digits, the Beijing date first. */
  readonly settleNo: (at: number) => string
  /** 32 digits, the Beijing date first. */
  readonly notifyId: (at: number) => string
  /** What proves that a bill was paid: 64 hexadecimal digits. */
  readonly paymentProof: () => string
  /** 20 digits, the Beijing date first. */
  readonly agreementNo: (at: number) => string
  /** 20 digits, the Beijing date first. */
  readonly delegationId: (at: number) => string
  /** 32 hexadecimal digits. */
  readonly prepayId: () => string
  /** 32 letters and digits: what the two `external_` numbers may be. */
  readonly external: () => string
  /** The secret part of an opaque token: 32 characters of the Base64URL alphabet, 192 bits. */
  readonly handle: () => string
  /** The `trace_id` header: 30 hexadecimal digits. */
  readonly traceId: () => string
}

const day = (at: number): string => BeijingTime.format(at).slice(0, 10).replaceAll("-", "")

/** Numbers made of these bytes. */
export const make = (bytes: (size: number) => Uint8Array): Numbers => {
  const hex = (size: number) => Buffer.from(bytes(size)).toString("hex")
  const digits = (count: number) => String(BigInt(`0x${hex(16)}`) % 10n ** BigInt(count)).padStart(count, "0")
  return {
    tradeNo: (at) => `${day(at)}22001${digits(15)}`,
    meteredTradeNo: (at) => `${day(at)}22001${digits(19)}`,
    settleNo: (at) => `${day(at)}00253${digits(19)}`,
    notifyId: (at) => `${day(at)}00222${digits(19)}`,
    paymentProof: () => hex(32),
    agreementNo: (at) => `${day(at)}${digits(12)}`,
    delegationId: (at) => `${day(at)}${digits(12)}`,
    prepayId: () => hex(16),
    external: () => hex(16),
    handle: () => Buffer.from(bytes(24)).toString("base64url"),
    traceId: () => hex(15)
  }
}

/** The number of a movement: its place in the list, which begins with 1. */
export const movementId = (place: number): string => `movement_${place}`
