import * as fc from "fast-check"

/** Whether a property holds; throws what fast-check found, shrunk. */
export const holds = <A extends [unknown, ...Array<unknown>]>(property: fc.IProperty<A>, numRuns = 500): void => {
  fc.assert(property, { numRuns })
}
