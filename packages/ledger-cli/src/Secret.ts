/** A secret of the environment, or of the file that it names: `NAME` or `NAME_FILE`. The first is taken where both are set. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { type Ending, misused } from "./Ending.ts"

export const secret = Effect.fnUntraced(function* (
  name: string
): Effect.fn.Return<Option.Option<Redacted.Redacted>, Ending, FileSystem.FileSystem> {
  const found = yield* Effect.orElseSucceed(Config.option(Config.Redacted(name)), () => Option.none())
  if (Option.isSome(found)) return found
  const file = yield* Effect.orElseSucceed(Config.option(Config.String(`${name}_FILE`)), () => Option.none())
  if (Option.isNone(file)) return Option.none()
  const text = yield* FileSystem.FileSystem.use((files) => files.readFileString(file.value)).pipe(
    Effect.mapError(() => misused(`${name}_FILE names a file that cannot be read`))
  )
  return Option.some(Redacted.make(text.trim()))
})
