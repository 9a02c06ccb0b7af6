/**
 * What makes a case of the kit the same each time: no work outside of its scheduler, and the same numbers for the same seed.
 */
import * as SignatureEngine from "@paylayer/alipay/SignatureEngine"
import { TokenSignature } from "@paylayer/alipay/TokenSignature"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Crypto from "node:crypto"
import { RandomBytes } from "../src/RandomBytes.ts"
import * as Jws from "./jws.ts"

/** So many signatures are remembered. */
const capacity = 20_000

const { onThisThread } = SignatureEngine

const made = new Map<string, Uint8Array>()
const seen = new Map<string, boolean>()

const remembering = <A>(
  memory: Map<string, A>,
  key: Crypto.KeyObject,
  data: Uint8Array,
  effect: Effect.Effect<A>,
  more = ""
): Effect.Effect<A> =>
  Effect.suspend(() => {
    const name = `${numberOf(key)} ${Crypto.hash("sha256", data, "base64")} ${more}`
    const known = memory.get(name)
    if (known !== undefined) return Effect.succeed(known)
    return Effect.tap(effect, (value) =>
      Effect.sync(() => {
        if (memory.size >= capacity) memory.clear()
        memory.set(name, value)
      })
    )
  })

const keyNumbers = new WeakMap<Crypto.KeyObject, number>()
let keys = 0

const numberOf = (key: Crypto.KeyObject): number => {
  const number = keyNumbers.get(key) ?? ++keys
  keyNumbers.set(key, number)
  return number
}

/**
 * Signs on this thread, and remembers what it signed: many cases sign the same text, and an RSA signature takes longer than all
 * the rest of a case. What the plug-in verifies is never remembered.
 */
const engine: SignatureEngine.Engine = {
  ...onThisThread,
  sign: (scheme, data, key) => remembering(made, Redacted.value(key), data, onThisThread.sign(scheme, data, key))
}

/** For the platform, which remembers also what it verified: it is not what is checked here. */
const platformEngine: SignatureEngine.Engine = {
  ...engine,
  verify: (scheme, data, key, signature) =>
    remembering(
      seen,
      key,
      data,
      onThisThread.verify(scheme, data, key, signature),
      Buffer.from(signature).toString("base64")
    )
}

/** Bytes that follow from the seed of the world. */
const bytes = Effect.map(Random.nextInt, (seed) => {
  let block = 0
  return (size: number): Uint8Array => {
    block++
    return Crypto.hash("sha512", `${seed} ${block}`, "buffer").subarray(0, size)
  }
})

/** For the plug-in. */
export const layer = Layer.merge(
  Layer.succeed(SignatureEngine.SignatureEngine, engine),
  Layer.succeed(TokenSignature, Jws.over(engine))
)

/** For the platform. */
export const layerPlatform = Layer.mergeAll(
  Layer.succeed(SignatureEngine.SignatureEngine, platformEngine),
  Layer.succeed(TokenSignature, Jws.over(platformEngine)),
  Layer.effect(RandomBytes, bytes)
)
