/**
 * Threads of the kit.
 *
 * What is given to Node is plain JavaScript that turns the compile cache on and then imports the module. A thread that began with
 * TypeScript would load the compiler first, only to take the types away from what is in the cache already.
 */
import { Worker } from "node:worker_threads"

/** `.ts`, or `.js` where this is compiled. */
const ending = import.meta.url.slice(import.meta.url.lastIndexOf("."))

/** Starts a thread that runs a module, which is named by its TypeScript. `data` is its `workerData`. */
export const start = (module: URL, data?: unknown): Worker => {
  const [resolving, main] = [new URL("./resolving.ts", import.meta.url), module].map(({ href }) =>
    JSON.stringify(href.replace(/\.ts$/, ending))
  )
  const source = `require("node:module").enableCompileCache()
import(${resolving}).then(({ remember }) => {
  remember()
  return import(${main})
})`
  return new Worker(source, { eval: true, workerData: data })
}
