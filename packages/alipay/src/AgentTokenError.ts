/** Why an agent token was refused. No message holds a piece of the token. */
import * as Schema from "effect/Schema"
import { Issue } from "./internal/issues.ts"

const message = { message: Schema.String }

/** Not an agent token at all: wrong prefix, cut, too long, not Base64URL, not strict JSON. */
export class Malformed extends Schema.TaggedError<Malformed>()("Malformed", message) {}

/** An agent token of a kind that this version does not read. It may be valid; nothing is concluded from it. */
export class UnsupportedVersion extends Schema.TaggedError<UnsupportedVersion>()("UnsupportedVersion", message) {}

/** An opaque token was given where the terms must be in the token. Its terms come from the Open Platform. */
export class NoTerms extends Schema.TaggedError<NoTerms>()("NoTerms", message) {}

/** Signed with an algorithm that is not allowed here; `none` and the HMAC algorithms never are. */
export class AlgorithmRefused extends Schema.TaggedError<AlgorithmRefused>()("AlgorithmRefused", message) {}

/** The issuer is not one of those configured. */
export class UnknownIssuer extends Schema.TaggedError<UnknownIssuer>()("UnknownIssuer", message) {}

/** The issuer is known, the key is not. */
export class UnknownKey extends Schema.TaggedError<UnknownKey>()("UnknownKey", message) {}

/** The signature is not the issuer's over this token. */
export class SignatureInvalid extends Schema.TaggedError<SignatureInvalid>()("SignatureInvalid", message) {}

/** The token names other audiences than this one. */
export class WrongAudience extends Schema.TaggedError<WrongAudience>()("WrongAudience", message) {}

/** The token lives longer than this host accepts. */
export class LifetimeTooLong extends Schema.TaggedError<LifetimeTooLong>()("LifetimeTooLong", message) {}

/** Properly signed, but its claims or its credential are incomplete or contradict each other. */
export class TermsInvalid extends Schema.TaggedError<TermsInvalid>()("TermsInvalid", {
  ...message,
  issues: Schema.Array(Issue)
}) {}

export const Reason = Schema.Union([
  Malformed,
  UnsupportedVersion,
  NoTerms,
  AlgorithmRefused,
  UnknownIssuer,
  UnknownKey,
  SignatureInvalid,
  WrongAudience,
  LifetimeTooLong,
  TermsInvalid
])
export type Reason = typeof Reason.Type

/** The token was refused; `reason` says why. */
export class AgentTokenError extends Schema.TaggedError<AgentTokenError>()("AgentTokenError", { reason: Reason }) {
  override get message() {
    return this.reason.message
  }
}
