// The packages of the workspace, as their manifests describe them.
import { existsSync, globSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"
import { root } from "./compiler.ts"

export interface Package {
  readonly name: string
  /** Relative to the workspace. */
  readonly directory: string
  readonly private: boolean
  readonly manifest: {
    readonly dependencies?: Readonly<Record<string, string>>
    readonly peerDependencies?: Readonly<Record<string, string>>
    readonly bin?: string | Readonly<Record<string, string>>
    readonly [field: string]: unknown
  }
}

/** Every package that has source. */
export const packages = (): ReadonlyArray<Package> =>
  globSync("{packages/*,conformance}/package.json", { cwd: root })
    .toSorted()
    .map((path) => {
      const manifest = JSON.parse(readFileSync(join(root, path), "utf8"))
      return { name: manifest.name, directory: dirname(path), private: manifest.private === true, manifest }
    })
    .filter(({ directory }) => existsSync(join(root, directory, "src")))
