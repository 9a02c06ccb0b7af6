/**
 * The catalogue: every law there is, in the order of the areas.
 */
import * as Composition from "./laws/Composition.ts"
import * as CompositionManifest from "./laws/CompositionManifest.ts"
import * as CompositionOrder from "./laws/CompositionOrder.ts"
import * as Concurrency from "./laws/Concurrency.ts"
import * as ConcurrencyOrder from "./laws/ConcurrencyOrder.ts"
import * as Currency from "./laws/Currency.ts"
import * as Detection from "./laws/Detection.ts"
import * as Errors from "./laws/Errors.ts"
import * as ErrorsTruth from "./laws/ErrorsTruth.ts"
import * as Expiry from "./laws/Expiry.ts"
import * as Faults from "./laws/Faults.ts"
import * as FaultsAndRetries from "./laws/FaultsAndRetries.ts"
import * as Idempotency from "./laws/Idempotency.ts"
import * as IdempotencyKeys from "./laws/IdempotencyKeys.ts"
import * as Lifecycle from "./laws/Lifecycle.ts"
import * as LifecycleBooks from "./laws/LifecycleBooks.ts"
import * as Limits from "./laws/Limits.ts"
import * as Redaction from "./laws/Redaction.ts"
import * as RedactionTelemetry from "./laws/RedactionTelemetry.ts"
import * as Replay from "./laws/Replay.ts"
import * as Resources from "./laws/Resources.ts"
import * as ResourcesClosing from "./laws/ResourcesClosing.ts"
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
  ...IdempotencyKeys.laws,
  ...Concurrency.laws,
  ...ConcurrencyOrder.laws,
  ...Resources.laws,
  ...ResourcesClosing.laws,
  ...Faults.laws,
  ...FaultsAndRetries.laws,
  ...Errors.laws,
  ...ErrorsTruth.laws,
  ...Redaction.laws,
  ...RedactionTelemetry.laws,
  ...Lifecycle.laws,
  ...LifecycleBooks.laws,
  ...Composition.laws,
  ...CompositionOrder.laws,
  ...CompositionManifest.laws
]

/** One law by its id. */
export const find = (id: string): Law | undefined => laws.find((law) => law.id === id)
