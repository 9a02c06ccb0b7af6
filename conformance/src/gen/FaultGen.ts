/**
 * Faults, drawn so that each thing they can mean comes up often: nothing happened, all of it happened, or the provider said no.
 */
import * as About from "../About.ts"
import * as Fault from "../Fault.ts"
import * as Gen from "../Gen.ts"

/** What the provider means by it. `forged-success` means nothing. */
const meanings: ReadonlyArray<(kind: Fault.Kind) => boolean> = [
  Fault.committed,
  (kind) => kind === "declined" || kind === "rate-limited",
  (kind) => kind === "forged-success",
  (kind) => !Fault.committed(kind) && !["declined", "rate-limited", "forged-success"].includes(kind)
]

/** The faults of some calls that the double plays and the predicate allows, by what they mean. */
const groups = (
  about: About.About,
  calls: ReadonlyArray<Fault.Call>,
  allowed: (fault: Fault.Fault) => boolean
): ReadonlyArray<ReadonlyArray<Fault.Fault>> =>
  calls
    .flatMap((call) =>
      meanings.map((means) =>
        About.faultsAt(about, call)
          .filter(means)
          .map((kind): Fault.Fault => ({ call, kind }))
          .filter(allowed)
      )
    )
    .filter(({ length }) => length > 0)

/** Whether there is any such fault. */
export const some = (
  about: About.About,
  calls: ReadonlyArray<Fault.Call>,
  allowed: (fault: Fault.Fault) => boolean = () => true
): boolean => groups(about, calls, allowed).length > 0

/** One of them. There has to be one. */
export const fault = (
  about: About.About,
  calls: ReadonlyArray<Fault.Call>,
  allowed: (fault: Fault.Fault) => boolean = () => true
): Gen.Gen<Fault.Fault> => Gen.oneof(...groups(about, calls, allowed).map((group) => Gen.constantFrom(...group)))
