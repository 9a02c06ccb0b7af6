/**
 * Work that goes on outside the runtime: signatures and digests on the thread pool, files, names.
 *
 * While it does, a world whose fibers all wait is not stuck, and its time must not move. Node tells of such work through
 * `async_hooks`; a job that was done on the spot has no callback and is not waited for.
 */
import { createHook } from "node:async_hooks"

interface Job {
  readonly type: string
  readonly resource: { readonly ondone?: unknown; readonly oncomplete?: unknown }
}

const jobs = new Map<number, Job>()

const hook = createHook({
  // Promises are by far the most frequent resource, and none of our business. Older versions of Node ignore the option.
  ...({ trackPromises: false } as object),
  init: (id, type, _trigger, resource) => {
    if (type !== "PROMISE" && /REQUEST$|REQ(?:WRAP|CALLBACK|PROMISE)$/.test(type)) jobs.set(id, { type, resource })
  },
  after: (id) => {
    jobs.delete(id)
  },
  destroy: (id) => {
    jobs.delete(id)
  }
})

/** Begins to listen, once for the process. */
export const listen = (): void => {
  hook.enable()
}

/** Whether a job has been begun and has not called back. */
export const isBusy = (): boolean => {
  for (const [id, { type, resource }] of jobs) {
    if (type === "FSREQPROMISE" || typeof (resource.ondone ?? resource.oncomplete) === "function") return true
    jobs.delete(id)
  }
  return false
}
