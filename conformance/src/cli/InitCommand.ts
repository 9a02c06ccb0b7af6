/**
 * `init`: writes a new protocol package that passes the kit from its first run.
 *
 * The templates are a working package that is compiled and checked here as it stands; its names are replaced when it is written.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Path from "effect/Path"
import * as Schema from "effect/Schema"
import { visibleLine } from "../report/Visible.ts"
import { unusable, wordsFor } from "./Ending.ts"

const kit = new URL("../../", import.meta.url)

const wellNamed = /^(?:@[a-z0-9][a-z0-9._-]*\/)?([a-z][a-z0-9]*(?:-[a-z0-9]+)*)$/

/** The names of a protocol, from the name of its package. */
const namesOf = (name: string, id: string) => {
  const words = id.split("-")
  const pascal = words.map((word) => word[0]!.toUpperCase() + word.slice(1)).join("")
  const display = words.join(" ")
  return { name, id, pascal, display: display[0]!.toUpperCase() + display.slice(1) }
}
type Names = ReturnType<typeof namesOf>

/** Names that are taken: a module of the template, or a word of JavaScript that a class cannot have. */
const taken = new Set(["bank", "bank-double", "subject", "object", "map", "set", "date", "error", "promise", "symbol"])

const renamed = (text: string, { display, id, name, pascal }: Names): string =>
  text
    .replaceAll('"name": "new-protocol"', `"name": "${name}"`)
    .replaceAll('from "new-protocol/', `from "${name}/`)
    .replaceAll("NewProtocol", pascal)
    .replaceAll("new-protocol", id)
    .replaceAll("New protocol", display)

const Versions = Schema.fromJsonString(
  Schema.Struct({
    version: Schema.String,
    peerDependencies: Schema.Struct({ effect: Schema.String })
  })
)

/** The version to depend on: the workspace's own where the new package is in the kit's workspace. */
const versionsFor = Effect.fnUntraced(function* (directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const home = yield* path.fromFileUrl(kit)
  const { peerDependencies, version } = yield* Effect.flatMap(
    fs.readFileString(path.join(home, "package.json")),
    Schema.decodeEffect(Versions)
  )
  const workspace = path.dirname(home.replace(/[\\/]$/, ""))
  const inside = !path.relative(workspace, directory).startsWith("..")
  const sibling = inside && (yield* fs.exists(path.join(workspace, "pnpm-workspace.yaml")))
  const own = sibling ? "workspace:^" : `^${version}`
  return { core: own, conformance: own, effect: peerDependencies.effect }
})

const filled = (text: string, versions: { readonly [name: string]: string }): string =>
  text.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => versions[name] ?? whole)

/** Writes the package; gives the paths of its files, relative to it. */
const scaffold = Effect.fnUntraced(function* (names: Names, directory: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const templates = yield* path.fromFileUrl(new URL("templates/protocol", kit))
  const versions = yield* versionsFor(directory)
  const written: Array<string> = []
  for (const entry of (yield* fs.readDirectory(templates, { recursive: true })).toSorted()) {
    const source = path.join(templates, entry)
    if ((yield* fs.stat(source)).type !== "File") continue
    const target = renamed(entry, names).replace(".template.json", ".json")
    const file = path.join(directory, target)
    yield* fs.makeDirectory(path.dirname(file), { recursive: true })
    yield* fs.writeFileString(file, filled(renamed(yield* fs.readFileString(source), names), versions))
    written.push(target)
  }
  return written
})

const flags = {
  name: Argument.String("name").pipe(
    Argument.withDescription("The name of the package, and of the protocol: acorn-pay, @acme/acorn-pay")
  ),
  out: Flag.String("out").pipe(Flag.withDescription("Where to; ./<name> unless given"), Flag.optional)
}

const write = Effect.fnUntraced(function* ({
  name,
  out
}: {
  readonly name: string
  readonly out: Option.Option<string>
}) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const [, id] = wellNamed.exec(name) ?? []
  if (id === undefined || name.length > 100) {
    return yield* unusable(
      `"${visibleLine(name).slice(0, 60)}" is no name for a protocol: lower-case words joined by hyphens, such as acorn-pay or @acme/acorn-pay`
    )
  }
  if (taken.has(id))
    return yield* unusable(`a protocol cannot be called ${id}, which is the name of something else in it`)
  const shown = Option.getOrElse(out, () => id)
  const directory = path.resolve(shown)
  const found = yield* Effect.orElseSucceed(fs.readDirectory(directory), () => [])
  if (found.length > 0 || (yield* Effect.orElseSucceed(fs.exists(path.join(directory, "package.json")), () => false))) {
    return yield* unusable(`${shown} is there already and is not empty; nothing was written`)
  }
  const written = yield* Effect.mapError(scaffold(namesOf(name, id), directory), (error) =>
    unusable(`${shown} cannot be written: ${wordsFor(error)}`)
  )
  for (const file of written) yield* Console.log(`written: ${path.join(shown, file)}`)
  yield* Console.log(
    `\nInstall its dependencies (npm install, or pnpm install in a workspace), then\n  paylayer-conformance check ${path.join(shown, "test", "subject.ts")}`
  )
})

/** The command, by whatever name. */
export const named = (name: string) =>
  Command.make(name, flags, write).pipe(
    Command.withDescription("Write a new protocol package that passes the kit from its first run")
  )

export const init = named("init")
