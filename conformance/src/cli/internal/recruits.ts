/**
 * Threads that have loaded the kit, and wait to be told what to check.
 *
 * A thread loads the kit for itself, which takes about as long as it takes this one. So those of a whole check are begun before
 * its command line is read.
 */
import { availableParallelism } from "node:os"
import type { Worker } from "node:worker_threads"
import * as Thread from "./thread.ts"

/** The most threads that share a check unless more are asked for. */
export const most = Math.min(8, availableParallelism())

const begin = () => Thread.start(new URL("./crewWork.ts", import.meta.url))

const waiting = new Set<Worker>()

/** Begins as many as a whole check shares its laws with. */
export const prepare = (): void => {
  for (let thread = 1; thread < most; thread++) {
    const worker = begin()
    worker.unref()
    // Whatever became of it is not of interest before it has a task: then another one is begun.
    worker.once("error", () => waiting.delete(worker))
    worker.once("exit", () => waiting.delete(worker))
    waiting.add(worker)
  }
}

/** One that waits, or a new one. */
export const take = (): Worker => {
  for (const worker of waiting) {
    waiting.delete(worker)
    worker.removeAllListeners()
    return worker
  }
  return begin()
}
