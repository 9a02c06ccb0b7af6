/** The configuration of a gateway: all that is wrong with it, each mistake with its path. */
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import type * as Path from "effect/Path"
import { type Finding, failed, ok } from "../Finding.ts"

const check = "configuration"

/** Reads the file as `serve` does. Whoever does not ask for it does not wait for what that takes. */
export const checkConfig = (
  file: string
): Effect.Effect<ReadonlyArray<Finding>, never, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const [{ load }, { protocols }] = yield* Effect.promise(() =>
      Promise.all([import("@paylayer/gateway/ConfigFile"), import("./behind.ts")])
    )
    return yield* Effect.match(load(file, { protocols }), {
      onSuccess: ({ developers, tools }) => [ok(check, `tools: ${tools.size}, developers: ${developers.size}`)],
      onFailure: ({ mistakes }) =>
        mistakes.map(({ message, path }) =>
          failed(check, path === "" ? message : `${path}: ${message}`, "Correct it, or set the variable that it names")
        )
    })
  })
