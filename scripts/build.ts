// Builds every package to `dist` (ESM, declarations, maps) and proves that what would be published works: the packed
// tarballs satisfy publint, and a project outside the workspace imports and type-checks every public module of them.
import { spawnSync } from "node:child_process"
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { basename, dirname, join } from "node:path"
import { publint } from "publint"
import { formatMessage } from "publint/utils"
import { bin, compiler, root } from "./compiler.ts"
import { type Package, packages } from "./packages.ts"

const failures: Array<string> = []

/** Runs a program; a failure is noted with the lines of its output that `keep` wants. */
const run = (file: string, args: ReadonlyArray<string>, cwd = root, keep = (_line: string) => true): string => {
  const { error, signal, status, stderr, stdout } = spawnSync(file, args, {
    cwd,
    encoding: "utf8",
    maxBuffer: 2 ** 26,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: 120_000
  })
  const output = `${stdout ?? ""}${stderr ?? ""}`
  if (status === 0) return output
  const kept = output.split("\n").filter(keep).join("\n")
  const reason = signal === null ? (error?.message ?? "") : "did not end within 120 seconds"
  if (kept.trim() !== "" || reason !== "") failures.push(`${[basename(file), ...args].join(" ")} ${reason}\n${kept}`)
  return output
}

/** The project references of a package must be the packages of the workspace that it depends on. */
const checkReferences = (self: Package, all: ReadonlyArray<Package>) => {
  const config = JSON.parse(readFileSync(join(root, self.directory, "tsconfig.json"), "utf8"))
  const found = (config.references as ReadonlyArray<{ readonly path: string }>).map(({ path }) =>
    join(self.directory, path)
  )
  const wanted = all.filter(({ name }) => name in { ...self.manifest.dependencies, ...self.manifest.peerDependencies })
  if (
    found.toSorted().join() !==
    wanted
      .map(({ directory }) => directory)
      .toSorted()
      .join()
  ) {
    failures.push(
      `${self.directory}/tsconfig.json references ${found.join(", ")}; its dependencies are ${wanted.map(({ name }) => name).join(", ")}`
    )
  }
}

/** Packs a package; the answer is the tarball's path. */
const pack = (self: Package, destination: string): string | undefined => {
  const own = join(destination, self.directory)
  mkdirSync(own, { recursive: true })
  // The package manager that runs this script, or the one on the PATH when node runs it directly.
  const manager = process.env["npm_config_user_agent"]?.startsWith("pnpm/") ? process.env["npm_execpath"] : undefined
  run(manager ?? "pnpm", ["pack", "--pack-destination", own], join(root, self.directory))
  return globSync("*.tgz", { cwd: own }).map((name) => join(own, name))[0]
}

const checkTarball = async (self: Package, tarball: string) => {
  const bytes = readFileSync(tarball)
  const { messages, pkg } = await publint({
    pack: { tarball: bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) },
    strict: true
  })
  for (const message of messages)
    failures.push(`publint ${self.name}: ${formatMessage(message, pkg!, { color: false })}`)
}

/** Unpacks tarballs into `consumer/node_modules`, with what they depend on beside them. */
const install = (consumer: string, tarballs: ReadonlyMap<Package, string>) => {
  const modules = join(consumer, "node_modules")
  for (const [self, tarball] of tarballs) {
    const directory = join(modules, self.name)
    mkdirSync(directory, { recursive: true })
    run("tar", ["-xzf", tarball, "--strip-components=1", "-C", directory])
  }
  const installed = new Set([...tarballs.keys()].map(({ name }) => name))
  const link = (name: string, target: string) => {
    if (installed.has(name)) return
    installed.add(name)
    mkdirSync(dirname(join(modules, name)), { recursive: true })
    symlinkSync(target, join(modules, name))
  }
  for (const self of tarballs.keys()) {
    for (const name of Object.keys({ ...self.manifest.dependencies, ...self.manifest.peerDependencies })) {
      link(name, join(root, self.directory, "node_modules", name))
    }
  }
  link("@types/node", join(root, "node_modules/@types/node"))
}

/** The modules of an unpacked package, as paths without extension below `dist`. Programs are not modules. */
const modulesOf = (consumer: string, self: Package): ReadonlyArray<string> => {
  const { bin } = JSON.parse(readFileSync(join(consumer, "node_modules", self.name, "package.json"), "utf8"))
  const programs = new Set(
    Object.values(typeof bin === "string" ? { bin } : (bin ?? {})).map((path) => join(path as string))
  )
  return globSync("dist/**/*.js", { cwd: join(consumer, "node_modules", self.name) })
    .filter((path) => !programs.has(path))
    .map((path) => path.slice("dist/".length, -".js".length))
    .toSorted()
}

const isInternal = (module: string) => module.startsWith("internal/") || module.includes("/internal/")

/** Imports every public module with plain node, checks its types with plain TypeScript, and tries the closed doors. */
const consume = (consumer: string, published: ReadonlyArray<Package>) => {
  const modules = published.flatMap((self) => modulesOf(consumer, self).map((module) => `${self.name}/${module}`))
  const open = modules.filter((module) => !isInternal(module))
  const imports = open.map((module, index) => `import * as m${index} from ${JSON.stringify(module)}`).join("\n")
  const uses = `export const all = [${open.map((_, index) => `m${index}`).join(", ")}]\n`
  const closed = `for (const module of ${JSON.stringify(modules.filter(isInternal))}) {
  const code = await import(module).then(() => "imported", ({ code }) => code)
  if (code !== "ERR_PACKAGE_PATH_NOT_EXPORTED") throw new Error(module + " is internal but can be imported: " + code)
}\n`
  writeFileSync(join(consumer, "package.json"), JSON.stringify({ type: "module", private: true }))
  writeFileSync(join(consumer, "modules.mjs"), `${imports}\n${uses}${closed}`)
  const before = failures.length
  const output = run(process.execPath, ["modules.mjs"], consumer)
  if (output !== "" && failures.length === before) failures.push(`importing the public modules prints\n${output}`)
  writeFileSync(join(consumer, "types.ts"), `${imports}\n${uses}`)
  // Declarations are checked as well, so that one which mentions what is not a dependency is found; others' are not ours.
  const options =
    "--noEmit --strict --exactOptionalPropertyTypes --target ES2024 --module NodeNext --types node --pretty false"
  run(bin("tsc"), [...options.split(" "), "--lib", "ES2024,ESNext.Disposable", "types.ts"], consumer, (line) =>
    /^(types\.ts|node_modules\/@paylayer\/|error )/.test(line)
  )
  return open.length
}

const all = packages()
for (const self of all) {
  checkReferences(self, all)
  rmSync(join(root, self.directory, "dist"), { recursive: true, force: true })
}
run(compiler(), ["-b", ...all.map(({ directory }) => directory)])

if (failures.length === 0) {
  const temporary = mkdtempSync(join(tmpdir(), "paylayer-build-"))
  try {
    const published = all.filter((self) => !self.private)
    const tarballs = new Map(
      published.flatMap((self) => {
        const tarball = pack(self, join(temporary, "tarballs"))
        return tarball === undefined ? [] : [[self, tarball] as const]
      })
    )
    await Promise.all([...tarballs].map(([self, tarball]) => checkTarball(self, tarball)))
    const consumer = join(temporary, "consumer")
    install(consumer, tarballs)
    const count = consume(consumer, [...tarballs.keys()])
    console.log(
      `${all.length} packages built, ${tarballs.size} packed, ${count} public modules imported and type-checked`
    )
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}
for (const failure of failures) console.error(failure)
process.exitCode = failures.length === 0 ? 0 : 1
