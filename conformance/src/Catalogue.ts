/**
 * The catalogue: every law there is, in the order of the areas.
 */
import * as Composition from "./laws/Composition.ts"
import * as Concurrency from "./laws/Concurrency.ts"
import * as Currency from "./laws/Currency.ts"
import * as Detection from "./laws/Detection.ts"
import * as Errors from "./laws/Errors.ts"
import * as Expiry from "./laws/Expiry.ts"
import * as Faults from "./laws/Faults.ts"
import * as Idempotency from "./laws/Idempotency.ts"
import * as Lifecycle from "./laws/Lifecycle.ts"
import * as Limits from "./laws/Limits.ts"
import * as Redaction from "./laws/Redaction.ts"
import * as Replay from "./laws/Replay.ts"
import * as Resources from "./laws/Resources.ts"
import * as Signature from "./laws/Signature.ts"
import * as Validation from "./laws/Validation.ts"
import type { Law } from "./Law.ts"

export const laws: ReadonlyArray<Law> = [
  ...Detection.laws,
  ...Validation.laws,
  ...Limits.laws,
  ...Currency.laws,
  ...Signature.laws,
  ...Expiry.laws,
  ...Replay.laws,
  ...Idempotency.laws,
  ...Concurrency.laws,
  ...Resources.laws,
  ...Faults.laws,
  ...Errors.laws,
  ...Redaction.laws,
  ...Lifecycle.laws,
  ...Composition.laws
]

/** One law by its id. */
export const find = (id: string): Law | undefined => laws.find((law) => law.id === id)
