/**
 * Where the sandbox's numbers come from: random bytes, unless a test that wants the same numbers every time provides others.
 *
 * @example
 * Layer.provide(AlipaySandbox.layer, Layer.succeed(RandomBytes, (size) => bytesFrom(seed, size)))
 */
import * as Context from "effect/Context"
import * as Crypto from "node:crypto"

export const RandomBytes = Context.Reference<(size: number) => Uint8Array>("@paylayer/alipay-sandbox/RandomBytes", {
  defaultValue: () => (size) => Crypto.randomBytes(size)
})
