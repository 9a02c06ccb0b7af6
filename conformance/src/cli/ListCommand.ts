/**
 * `list`: every law there is.
 */
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Area from "../Area.ts"
import * as Conformance from "../Conformance.ts"
import * as Requirements from "../Requirements.ts"
import { asked } from "./CheckCommand.ts"
import { split } from "./Checking.ts"
import * as Option from "effect/Option"
import { unusable } from "./Ending.ts"
import { paint } from "./Paint.ts"

/** The lowest level that asks for a law. */
export const levelOf = (id: string): string =>
  (["core", "guarded", "resilient"] as const).find((level) => Requirements.lawsOf(level).includes(id)) ?? "no level"

export const list = Command.make(
  "list",
  { level: asked.level, only: asked.only },
  Effect.fnUntraced(function* ({ level, only }) {
    const selected = Conformance.select({
      ...(Option.isSome(level) ? { level: level.value } : {}),
      ...(Option.isSome(only) ? { only: split(only.value) } : {})
    })
    if (Result.isFailure(selected)) return yield* unusable(selected.failure.message)
    const { bold, dim } = yield* paint
    for (const area of Area.ids) {
      const laws = selected.success.filter((law) => law.area === area)
      if (laws.length === 0) continue
      yield* Console.log(bold(`${area} ${Area.areas[area]}`))
      for (const law of laws) {
        yield* Console.log(
          `  ${law.id}  ${law.level.padEnd(6)}  ${levelOf(law.id).padEnd(9)}  ${law.severity.padEnd(8)}  ${law.statement}`
        )
      }
    }
    yield* Console.log(dim(`${selected.success.length} laws; paylayer-conformance explain LAW says more about one`))
  })
).pipe(Command.withDescription("List the laws"))
