// The TypeScript compiler that knows Effect: floating effects, Date, Math.random, console and the like are type errors.
import { execFileSync } from "node:child_process"
import { fileURLToPath } from "node:url"

/** The workspace's directory. */
export const root = fileURLToPath(new URL("..", import.meta.url))

/** A program that dependencies of the workspace installed. */
export const bin = (name: string): string => `${root}node_modules/.bin/${name}`

/** The compiler's executable; it takes the arguments of `tsc`. */
export const compiler = (): string =>
  execFileSync(bin("effect-tsgo"), ["get-exe-path"], { encoding: "utf8", cwd: root }).trim()
