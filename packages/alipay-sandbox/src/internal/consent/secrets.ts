/**
 * Secrets of the consent flow: how they are made, kept and compared.
 *
 * A secret is looked up by its digest, so that no lookup takes a time that tells anything of it.
 */
import * as Digest from "@paylayer/core/Digest"
import * as Crypto from "node:crypto"

type Bytes = (size: number) => Uint8Array

/** 256 bits as 43 characters of the Base64URL alphabet. */
export const make = (bytes: Bytes): string => Buffer.from(bytes(32)).toString("base64url")

/** RFC 8628 section 6.1: letters that are not mistaken for others and spell no words. */
const letters = "BCDFGHJKLMNPQRSTVWXZ"

/** `WDJB-MJHT`: to be compared by a person, so it may be short. It opens nothing. */
export const userCode = (bytes: Bytes): string => {
  const code = Array.from(bytes(8), (byte) => letters[byte % letters.length]).join("")
  return `${code.slice(0, 4)}-${code.slice(4)}`
}

/** Whether two texts are the same, in a time that depends on their lengths alone. */
export const same = (one: string, other: string): boolean => {
  const [a, b] = [Buffer.from(one), Buffer.from(other)]
  return a.length === b.length && Crypto.timingSafeEqual(a, b)
}

/** RFC 7636: whether the verifier is the one that the S256 challenge was made from. */
export const proves = (verifier: string, challenge: string): boolean =>
  /^[A-Za-z0-9._~-]{43,128}$/.test(verifier) && same(Digest.sha256(verifier), challenge)

/** Values under secrets. */
export interface Vault<A> {
  readonly get: (secret: string) => A | undefined
  readonly set: (secret: string, value: A) => void
  readonly delete: (secret: string) => void
  /** Forgets what is over. */
  readonly sweep: (over: (value: A) => boolean) => void
  readonly size: () => number
}

/** An empty vault. What a secret opens is found by its digest. */
export const vault = <A>(): Vault<A> => {
  const values = new Map<string, A>()
  return {
    get: (secret) => values.get(Digest.sha256(secret)),
    set: (secret, value) => void values.set(Digest.sha256(secret), value),
    delete: (secret) => void values.delete(Digest.sha256(secret)),
    sweep: (over) => {
      for (const [key, value] of values) if (over(value)) values.delete(key)
    },
    size: () => values.size
  }
}
