/**
 * What makes a case of the kit the same each time: no work outside of its scheduler, and the same numbers for the same seed.
 */
import * as SignatureEngine from "@paylayer/alipay/SignatureEngine"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Crypto from "node:crypto"
import { RandomBytes } from "../src/RandomBytes.ts"

/** So many signatures are remembered. */
const capacity = 10_000

const { onThisThread } = SignatureEngine

const remembered = new Map<string, Uint8Array>()

const keyNumbers = new WeakMap<Crypto.KeyObject, number>()
let keys = 0

const numberOf = (key: Crypto.KeyObject): number => {
  const number = keyNumbers.get(key) ?? ++keys
  keyNumbers.set(key, number)
  return number
}

/**
 * Signs on this thread, and remembers what it signed: many cases sign the same text, and an RSA signature takes longer than all
 * the rest of a case. Verifying is never remembered.
 */
const engine: SignatureEngine.Engine = {
  ...onThisThread,
  sign: (scheme, data, key) =>
    Effect.suspend(() => {
      const name = `${numberOf(Redacted.value(key))} ${Crypto.hash("sha256", data, "base64")}`
      const known = remembered.get(name)
      if (known !== undefined) return Effect.succeed(known)
      return Effect.tap(onThisThread.sign(scheme, data, key), (signature) =>
        Effect.sync(() => {
          if (remembered.size >= capacity) remembered.clear()
          remembered.set(name, signature)
        })
      )
    })
}

/** Bytes that follow from the seed of the world. */
const bytes = Effect.map(Random.nextInt, (seed) => {
  let block = 0
  return (size: number): Uint8Array => {
    block++
    return Crypto.hash("sha512", `${seed} ${block}`, "buffer").subarray(0, size)
  }
})

export const layer = Layer.merge(
  Layer.succeed(SignatureEngine.SignatureEngine, engine),
  Layer.effect(RandomBytes, bytes)
)
