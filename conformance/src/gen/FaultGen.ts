/**
 * Faults, drawn so that each thing they can mean comes up often: all of it happened and the answer is lost, or spoilt; the provider
 * said no; somebody else said yes; nothing happened.
 */
import * as About from "../About.ts"
import * as Fault from "../Fault.ts"
import * as Gen from "../Gen.ts"

const spoilt: ReadonlySet<Fault.Kind> = new Set(Fault.spoils)
const refusing: ReadonlySet<Fault.Kind> = new Set(["declined", "rate-limited"])

/** Each fault fits exactly one of these. */
const meanings: ReadonlyArray<(kind: Fault.Kind) => boolean> = [
  (kind) => Fault.committed(kind) && !spoilt.has(kind),
  (kind) => spoilt.has(kind),
  (kind) => refusing.has(kind),
  (kind) => kind === "forged-success",
  (kind) => !Fault.committed(kind) && !refusing.has(kind) && kind !== "forged-success"
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
