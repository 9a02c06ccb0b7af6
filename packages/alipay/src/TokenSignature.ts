/**
 * How the compact JWS of agent tokens are signed and verified: by `jose`, unless another one is provided.
 *
 * `jose` works asynchronously. A test that decides itself what runs when provides one that does not; its verdicts are compared
 * with those of `jose`.
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type * as Jose from "jose"
import { CompactSign } from "jose/jws/compact/sign"
import { compactVerify } from "jose/jws/compact/verify"
import type { KeyObject } from "node:crypto"
import type { Algorithm } from "./internal/agentTokenKeys.ts"

/** A private key, in any form that `jose` signs with. */
export type SigningKey = Jose.JWK | Jose.CryptoKey | KeyObject

export interface Service {
  /** Whether the key signed it with exactly this algorithm. */
  readonly verify: (compact: string, key: KeyObject, algorithm: Algorithm) => Effect.Effect<boolean>
  /** The compact form. Dies on a key that cannot sign. */
  readonly sign: (
    payload: string,
    header: Jose.CompactJWSHeaderParameters,
    key: Redacted.Redacted<SigningKey>
  ) => Effect.Effect<string>
}

/** The default. */
export const jose: Service = {
  verify: (compact, key, algorithm) =>
    Effect.tryPromise(() => compactVerify(compact, key, { algorithms: [algorithm] })).pipe(
      Effect.match({ onFailure: () => false, onSuccess: () => true })
    ),
  sign: (payload, header, key) =>
    Effect.promise(() =>
      new CompactSign(new TextEncoder().encode(payload)).setProtectedHeader(header).sign(Redacted.value(key))
    )
}

/** The one in scope. */
export const TokenSignature: Context.Reference<Service> = Context.Reference("@paylayer/alipay/TokenSignature", {
  defaultValue: () => jose
})
