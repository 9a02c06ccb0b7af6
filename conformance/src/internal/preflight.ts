/**
 * Preflight: before any law is checked, the subject is built once and its double is tried.
 */
import { Manifest } from "@paylayer/core/Manifest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as Cause from "effect/Cause"
import type { About } from "../About.ts"
import { Provider } from "../Provider.ts"
import type { Subject } from "../Subject.ts"
import { Unusable } from "../World.ts"
import { beginsAtMillis } from "./casting.ts"
import * as Driving from "./driving.ts"

/** The merchant of subjects whose manifest names none. */
const merchant = "merchant-1"

const look = (subject: Subject) =>
  Effect.gen(function* () {
    const environment = yield* Layer.build(subject.provider)
    const { abilities, wire } = Context.get(environment, Provider)
    const { manifest } = yield* subject.plugin(environment as Context.Context<never>)
    yield* Schema.decodeUnknownEffect(Manifest)(manifest).pipe(
      Effect.mapError(({ message }) => new Unusable(`the manifest is not valid: ${message}`))
    )
    const about: About = { manifest, abilities, wire, merchant: manifest.merchant ?? merchant }
    return about
  }).pipe(Effect.scoped)

const because = (cause: Cause.Cause<unknown>) => {
  const error = Cause.squash(cause)
  return new Unusable(`the subject cannot be built: ${error instanceof Error ? error.message : String(error)}`)
}

/** What is known of a subject, or why it cannot be checked. */
export const preflight = Effect.fnUntraced(function* (subject: Subject): Effect.fn.Return<About, Unusable> {
  const driven = yield* Driving.make(beginsAtMillis).drive(look(subject), Context.empty())
  if (driven._tag !== "Ended") return yield* Effect.fail(new Unusable("the layers of the subject do not end"))
  if (Exit.isFailure(driven.exit)) return yield* Effect.fail(because(driven.exit.cause))
  return driven.exit.value
})
