/**
 * Loading the file of a subject. Whatever is wrong with it is said in one sentence that names the file.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import type { Subject } from "../Subject.ts"
import { type Ending, unusable, wordsFor } from "./Ending.ts"

const isTypeScript = (file: string): boolean => /\.[cm]?ts$/.test(file)

/** Node 22.18 and 24 load TypeScript by taking its types away. */
const loadsTypeScript = Boolean((process.features as { readonly typescript?: unknown }).typescript)

const codeOf = (thrown: unknown): string =>
  typeof thrown === "object" && thrown !== null && "code" in thrown ? String(thrown.code) : ""

const because = (thrown: unknown): string => {
  switch (codeOf(thrown)) {
    case "ERR_MODULE_NOT_FOUND":
    case "ERR_PACKAGE_PATH_NOT_EXPORTED":
      return `it imports something that is not there: ${wordsFor(thrown)}`
    case "ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX":
      return `it uses TypeScript that cannot be taken away, such as an enum or a parameter property: ${wordsFor(thrown)}`
    case "ERR_INVALID_TYPESCRIPT_SYNTAX":
      return `it is not TypeScript: ${wordsFor(thrown)}`
    case "ERR_UNSUPPORTED_NODE_MODULES_TYPE_STRIPPING":
      return `Node takes no types away below node_modules; give a compiled file instead: ${wordsFor(thrown)}`
    case "ERR_UNKNOWN_FILE_EXTENSION":
      return `Node ${process.version} does not load files of this kind`
  }
  return thrown instanceof SyntaxError
    ? `it cannot be read: ${wordsFor(thrown)}`
    : `it threw while it was loaded: ${wordsFor(thrown)}`
}

const isSubject = (value: unknown): value is Subject => {
  if (typeof value !== "object" || value === null) return false
  const { exempt, plugin, provider } = value as { readonly [field: string]: unknown }
  return Layer.isLayer(provider) && typeof plugin === "function" && Array.isArray(exempt)
}

const wrongExport = (exports: { readonly [name: string]: unknown }): string => {
  const names = Object.keys(exports)
  const wanted = "it must say `export const subject = Subject.make({ protocol, layer, provider })`"
  if (names.length === 0) return `it exports nothing; ${wanted}`
  if (exports["subject"] === undefined && exports["default"] === undefined) {
    return `it exports ${names.slice(0, 5).join(", ")}${names.length > 5 ? " …" : ""}, and no subject; ${wanted}`
  }
  return `its subject was not made by Subject.make; ${wanted}`
}

/** `./subject.ts#opaque` is the export `opaque` of `./subject.ts`. */
const apart = (reference: string): readonly [file: string, name: string | undefined] => {
  const at = reference.lastIndexOf("#")
  return at === -1 ? [reference, undefined] : [reference.slice(0, at), reference.slice(at + 1)]
}

type Exports = { readonly [name: string]: unknown }

const importing = Effect.fnUntraced(function* (
  file: string,
  patienceSeconds: number
): Effect.fn.Return<Exports, Ending, FileSystem.FileSystem | Path.Path> {
  const path = yield* Path.Path
  const fs = yield* FileSystem.FileSystem
  const refuse = (reason: string) => unusable(`${file}: ${reason}`)
  const absolute = path.resolve(file)
  const info = yield* Effect.mapError(fs.stat(absolute), () => refuse("there is no such file"))
  if (info.type !== "File") return yield* refuse("this is no file; give the file that exports the subject")
  if (isTypeScript(file) && !loadsTypeScript) {
    return yield* refuse(
      `this Node (${process.version}) does not load TypeScript; use Node 22.18 or newer, or give a compiled file`
    )
  }
  const url = yield* Effect.mapError(path.toFileUrl(absolute), () => refuse("this is no path"))
  return yield* Effect.tryPromise({
    try: (): Promise<Exports> => import(url.href),
    catch: (thrown) => refuse(because(thrown))
  }).pipe(
    Effect.timeoutOrElse({
      duration: `${patienceSeconds} seconds`,
      orElse: () =>
        refuse(`it was not loaded after ${patienceSeconds} seconds: something at its top level does not end`)
    })
  )
})

/** Loads `export const subject`, or the default export, or what the reference names after a `#`. */
export const load = Effect.fnUntraced(function* (
  reference: string,
  patienceSeconds: number
): Effect.fn.Return<Subject, Ending, FileSystem.FileSystem | Path.Path> {
  const [file, name] = apart(reference)
  const exports = yield* importing(file, patienceSeconds)
  const found = name === undefined ? (exports["subject"] ?? exports["default"]) : exports[name]
  if (isSubject(found)) return found
  return yield* unusable(
    `${file}: ${name === undefined ? wrongExport(exports) : `its export ${name} is no subject that was made by Subject.make`}`
  )
})

/** References to all subjects that a file exports; the file itself where there is only one, or none. */
export const references = Effect.fnUntraced(function* (
  reference: string,
  patienceSeconds: number
): Effect.fn.Return<ReadonlyArray<string>, Ending, FileSystem.FileSystem | Path.Path> {
  const [file, name] = apart(reference)
  if (name !== undefined) return [reference]
  const exports = yield* importing(file, patienceSeconds)
  const names = Object.keys(exports).filter((each) => isSubject(exports[each]))
  return names.length < 2 ? [file] : names.map((each) => (each === "subject" ? file : `${file}#${each}`))
})
