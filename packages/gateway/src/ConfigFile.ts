/**
 * The configuration file of a gateway: TypeScript or JavaScript with a default export, or JSON. Read, and read again when it
 * changes or the process is told to (`SIGHUP`).
 *
 * JSON is read strictly: a name that occurs twice in one object is a mistake, not a choice.
 */
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Predicate from "effect/Predicate"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as Stream from "effect/Stream"
import { Gateway } from "./Gateway.ts"
import * as GatewayConfig from "./GatewayConfig.ts"

const largest = 16 * 1024 * 1024

const wrong = (path: string, message: string) => new GatewayConfig.ConfigError({ mistakes: [{ path, message }] })

const unreadable = (file: string) => (cause: unknown) =>
  wrong("", `${file} cannot be read: ${Predicate.isError(cause) ? cause.message : String(cause)}`)

/** A JSON Pointer as a path of a program. */
const pathOf = (pointer: string): string =>
  pointer
    .split("/")
    .slice(1)
    .map((part) => (/^[0-9]+$/.test(part) ? `[${part}]` : `.${part}`))
    .join("")
    .replace(/^\./, "")

const json = (file: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const text = yield* Effect.mapError(fs.readFileString(file), unreadable(file))
    return yield* Effect.fromResult(
      Result.mapError(StrictJson.parse(text, { bytes: largest }), ({ message, path }) => wrong(pathOf(path), message))
    )
  })

/** Imports the module as it is now: one that changed has another address. Modules that it imports are kept. */
const module = (file: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const { mtime, size } = yield* Effect.mapError(fs.stat(file), unreadable(file))
    const url = yield* Effect.mapError(path.toFileUrl(path.resolve(file)), unreadable(file))
    const changed = mtime._tag === "Some" ? mtime.value.getTime() : 0
    url.search = `?as=${changed}-${size}`
    const loaded = yield* Effect.tryPromise({
      try: (): Promise<unknown> => import(url.href),
      catch: unreadable(file)
    })
    return Predicate.hasProperty(loaded, "default")
      ? loaded.default
      : yield* Effect.fail(wrong("", `${file} has no default export; write export default defineGateway({ … })`))
  })

/** Reads a file. All that is wrong with it is in the error. */
export const load = (
  file: string,
  options?: GatewayConfig.Options
): Effect.Effect<GatewayConfig.GatewayConfig, GatewayConfig.ConfigError, FileSystem.FileSystem | Path.Path> =>
  Effect.flatMap(file.endsWith(".json") ? json(file) : module(file), (input) =>
    GatewayConfig.read(plain(input), options)
  )

/** Objects without prototype are as good as any; schemas and tests need not know. */
const plain = (value: unknown): unknown => {
  if (Array.isArray(value)) return value.map(plain)
  if (!Predicate.isObject(value) || Object.getPrototypeOf(value) !== null) return value
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, plain(one)]))
}

/** When to read again: the file changed, or the process got `SIGHUP`. Changes that follow each other at once are one. */
export const changes = (file: string): Stream.Stream<void, never, FileSystem.FileSystem | Path.Path> =>
  Stream.unwrap(
    Effect.gen(function* () {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const name = path.basename(file)
      // The directory, since editors put a new file in the place of the old one.
      const watched = fs.watch(path.dirname(path.resolve(file))).pipe(
        Stream.filter((event) => path.basename(event.path) === name),
        Stream.catchCause((cause) =>
          Stream.drain(
            Stream.fromEffect(Effect.logWarning(`${file} is not watched; send SIGHUP when it changed`, cause))
          )
        )
      )
      return Stream.merge(watched, hangups).pipe(
        Stream.map(() => undefined),
        Stream.debounce("100 millis")
      )
    })
  )

/** `SIGHUP`, while somebody listens. */
const hangups: Stream.Stream<void> = Stream.callback((queue) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const told = () => void Queue.offerUnsafe(queue, undefined)
      process.on("SIGHUP", told)
      return told
    }),
    (told) => Effect.sync(() => process.off("SIGHUP", told))
  )
)

/**
 * Keeps a gateway at what its file says, for as long as the effect runs. A file that is wrong changes nothing; the log says what is
 * wrong with it.
 */
export const follow = <R>(
  file: string,
  options?: GatewayConfig.Options,
  when?: Stream.Stream<void, never, R>
): Effect.Effect<void, never, Gateway | FileSystem.FileSystem | Path.Path | R> =>
  Effect.flatMap(Gateway, ({ reload }) =>
    Stream.runForEach(when ?? (changes(file) as Stream.Stream<void, never, R>), () =>
      load(file, options).pipe(
        Effect.flatMap(reload),
        Effect.matchEffect({
          onFailure: ({ message }) => Effect.logError(`the old configuration stays: ${message}`),
          onSuccess: () => Effect.logInfo(`${file} was read again; new calls begin with it`)
        })
      )
    )
  ) as Effect.Effect<void, never, Gateway | FileSystem.FileSystem | Path.Path | R>
