/**
 * Where modules are: what was found for one module of a folder holds for all in it.
 *
 * The kit, Effect and a subject are several hundred modules that name each other thousands of times, and Node looks on the disk for
 * each name and each of them. That takes as long as all else that loading is, and every thread loads for itself.
 */
import { registerHooks, type ResolveFnOutput } from "node:module"

/** Remembers what a name means, by the folder of the module that says it: nothing else of that module decides where Node looks. */
export const remember = (): void => {
  const known = new Map<string, ResolveFnOutput>()
  registerHooks({
    resolve: (specifier, context, next) => {
      const { conditions, importAttributes, parentURL } = context
      if (parentURL === undefined || Object.keys(importAttributes).length > 0) return next(specifier, context)
      const folder = parentURL.slice(0, parentURL.lastIndexOf("/"))
      const key = `${specifier} ${conditions.join()} ${folder}`
      const found = known.get(key) ?? { ...next(specifier, context), shortCircuit: true }
      known.set(key, found)
      return found
    }
  })
}
