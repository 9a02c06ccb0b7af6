/**
 * What makes a case of the kit the same each time: no work outside of its scheduler, and the same numbers for the same seed. And
 * what makes ten thousand of them affordable: signatures that are remembered.
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
const verdicts = new Map<string, boolean>()

const remember = <A>(memory: Map<string, A>, name: string, value: A): void => {
  if (memory.size >= capacity) memory.clear()
  memory.set(name, value)
}

const pairs = new WeakMap<Crypto.KeyObject, string>()

/** Both keys of a pair have the same name. */
const pairOf = (key: Crypto.KeyObject): string => {
  const known = pairs.get(key)
  if (known !== undefined) return known
  const half = key.type === "private" ? Crypto.createPublicKey(key) : key
  const name = Crypto.hash("sha256", half.export({ type: "spki", format: "der" }), "base64")
  pairs.set(key, name)
  return name
}

const latin1 = ({ buffer, byteOffset, length }: Uint8Array): string =>
  Buffer.from(buffer, byteOffset, length).toString("latin1")

const nameOf = ({ digest, dsaEncoding }: SignatureEngine.Scheme, data: Uint8Array, key: Crypto.KeyObject): string =>
  `${pairOf(key)} ${digest} ${dsaEncoding} ${latin1(data)}`

const withSignature = (name: string, signature: Uint8Array): string => `${latin1(signature)} ${name}`

const salt = Crypto.randomBytes(32).toString("base64")

/** 256 bytes that follow from what is signed, and that nobody else comes by. */
const drawn = (scheme: SignatureEngine.Scheme, data: Uint8Array, key: Crypto.KeyObject): Uint8Array => {
  const quarter = Crypto.hash("sha512", `${salt} ${nameOf(scheme, data, key)}`, "buffer")
  return Buffer.concat([quarter, quarter, quarter, quarter])
}

/**
 * Signs and verifies on this thread, and remembers both. What is remembered is true of one pair of keys, one scheme, one text and
 * one signature; any other signature is verified, so nothing is taken for signed that is not.
 *
 * Tokens are really signed. With the RSA keys of the gateway's channel, whose signatures would take longer than all the rest of a
 * case, a signature is drawn instead: it verifies for what it was given for, and for nothing else, which is all that a signature
 * promises. `Rsa2.test.ts` and the sandbox's own tests sign with RSA.
 */
const engine: SignatureEngine.Engine = {
  sign: (scheme, data, redacted) =>
    Effect.suspend(() => {
      const key = Redacted.value(redacted)
      if (key.asymmetricKeyType === "rsa") return Effect.succeed(drawn(scheme, data, key))
      const name = nameOf(scheme, data, key)
      const known = made.get(name)
      if (known !== undefined) return Effect.succeed(known)
      return Effect.map(onThisThread.sign(scheme, data, redacted), (signature) => {
        remember(made, name, signature)
        remember(verdicts, withSignature(name, signature), true)
        return signature
      })
    }),
  verify: (scheme, data, key, signature) =>
    Effect.suspend(() => {
      if (key.asymmetricKeyType === "rsa") {
        const isDrawn = Buffer.compare(drawn(scheme, data, key), signature) === 0
        return isDrawn ? Effect.succeed(true) : onThisThread.verify(scheme, data, key, signature)
      }
      const name = withSignature(nameOf(scheme, data, key), signature)
      const known = verdicts.get(name)
      if (known !== undefined) return Effect.succeed(known)
      return Effect.map(onThisThread.verify(scheme, data, key, signature), (valid) => {
        remember(verdicts, name, valid)
        return valid
      })
    })
}

/** Bytes that follow from the seed of the world. */
const bytes = Effect.map(Random.nextInt, (seed) => {
  let block = 0
  let left = new Uint8Array()
  return (size: number): Uint8Array => {
    if (left.length < size) left = Crypto.hash("sha512", `${seed} ${block++}`, "buffer")
    const [taken, rest] = [left.subarray(0, size), left.subarray(size)]
    left = rest
    return taken
  }
})

/** For the plug-in. */
export const layer = Layer.merge(
  Layer.succeed(SignatureEngine.SignatureEngine, engine),
  Layer.succeed(TokenSignature, Jws.over(engine))
)

/** For the platform. */
export const layerPlatform = Layer.mergeAll(
  Layer.succeed(SignatureEngine.SignatureEngine, engine),
  Layer.succeed(TokenSignature, Jws.over(engine)),
  Layer.effect(RandomBytes, bytes)
)
