/**
 * Where the sandbox's numbers come from: random bytes, unless a test that wants the same numbers every time provides others.
 *
 * @example
 * Layer.provide(AlipaySandbox.layer, Layer.succeed(RandomBytes, (size) => bytesFrom(seed, size)))
 */
import * as Context from "effect/Context"
import * as Crypto from "node:crypto"

/** Drawn in advance, each byte given out once: the system takes as long for 16 bytes as for thousands. */
const drawing = () => {
  let drawn = new Uint8Array(0)
  let at = 0
  return (size: number): Uint8Array => {
    if (drawn.length - at < size) {
      drawn = Crypto.randomBytes(Math.max(size, 4_096))
      at = 0
    }
    return drawn.subarray(at, (at += size))
  }
}

export const RandomBytes = Context.Reference<(size: number) => Uint8Array>("@paylayer/alipay-sandbox/RandomBytes", {
  defaultValue: drawing
})
