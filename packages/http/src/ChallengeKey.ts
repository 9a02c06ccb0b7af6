/**
 * The key that a host signs its challenges with, so that it knows them again without keeping them. Hosts behind one address
 * share one.
 *
 * @example
 * Layer.succeed(ChallengeKey, Redacted.make(key))   // beside the paywall
 */
import * as Context from "effect/Context"
import type * as Redacted from "effect/Redacted"

/** At least 32 bytes that nobody else knows. Without one challenges are not signed, and nothing that is given back is checked. */
export const ChallengeKey = Context.Reference<Redacted.Redacted<Uint8Array> | undefined>(
  "@paylayer/http/ChallengeKey",
  { defaultValue: () => undefined }
)
