/**
 * Laws are values: what a plug-in must do, why it matters, and a check.
 *
 * One catalogue of them feeds the vitest suite, the command line, `docs/laws.md` and the mutants. Ids are permanent: a law that
 * is withdrawn leaves its number unused.
 */
import type { Manifest } from "@paylayer/core/Manifest"
import type * as Effect from "effect/Effect"
import type { About } from "./About.ts"
import type { AreaId } from "./Area.ts"
import type { Broken } from "./Broken.ts"
import type * as Fault from "./Fault.ts"
import type { Gen } from "./Gen.ts"
import type { Forgery, ProviderError } from "./Provider.ts"
import type { TermName } from "./Terms.ts"
import type { World } from "./World.ts"

/** `DET-01` */
export type LawId = `${AreaId}-${string}`
/** MUST decides whether a plug-in conforms; SHOULD is reported. */
export type Level = "MUST" | "SHOULD"
/** What breaking it costs: money or secrets; wrong answers; nuisance. */
export type Severity = "critical" | "high" | "medium" | "low"
export type Kind = "example" | "vector" | "property" | "model" | "schedule" | "interrupt" | "fault" | "type"

/** One run of a law in a fresh world. It ends well, or is `Broken`. */
export type Case<in A> = (input: A) => Effect.Effect<void, Broken | ProviderError, World>

/** How a law is checked. The type of the input is the check's own business. */
export type Check =
  /** Once. */
  | { readonly _tag: "Example"; readonly run: Case<void> }
  /** For many inputs. */
  | {
      readonly _tag: "Property"
      // oxlint-disable-next-line typescript/no-explicit-any -- the generator and the case share a type that nobody else sees
      readonly gen: (about: About) => Gen<any>
      /** The cases that must occur, else the law checked nothing: each is said with `World.met`. */
      readonly interesting: ReadonlyArray<string>
      /** How often, as a multiple of the budget. Default 1. */
      readonly weight: number
      /** Whether a plan chooses the schedule inside `Race.all`. */
      readonly scheduled: boolean
      // oxlint-disable-next-line typescript/no-explicit-any -- as above
      readonly run: Case<any>
    }
  /** Once undisturbed, and then once for every step of `Interrupt.target`, or every write of `Crash.target`. */
  | { readonly _tag: "EveryStep"; readonly adversary: "interrupt" | "crash"; readonly run: Case<void> }

/** What a law needs to make sense. Where something is missing the law is not applicable, and `complement` is checked. */
export interface Needs {
  readonly capability?: Manifest["capabilities"][number]
  readonly flow?: Manifest["flow"]
  readonly use?: Manifest["use"]
  /** All of these terms. */
  readonly terms?: ReadonlyArray<TermName>
  /** Mandates that cover several currencies. */
  readonly currencies?: "many"
  readonly forgery?: Forgery
  /** All of these faults. */
  readonly faults?: ReadonlyArray<Pick<Fault.Fault, "call" | "kind">>
  /** A readable credential. */
  readonly wire?: true
  /** A signed credential. */
  readonly signed?: true
  /** Anything else: the reason why the law does not apply, if it does not. */
  readonly unless?: (about: About) => string | undefined
}

export interface Law {
  readonly id: LawId
  readonly area: AreaId
  readonly level: Level
  readonly severity: Severity
  readonly kind: Kind
  readonly needs: Needs
  /** Where the contract says so: `"PaymentProtocol.detect"`, `"Mandate.perCharge"`. */
  readonly clause: string
  /** What must hold, as one sentence without a subject: "refuses a charge above the limit". */
  readonly statement: string
  /** What it costs somebody when the law is broken, as one sentence. */
  readonly why: string
  readonly check: Check
  /** What must hold where `needs` are not met. Without one there is nothing to hold. */
  readonly complement: Case<void> | undefined
}

interface Stated {
  readonly id: LawId
  /** Default MUST. */
  readonly level?: Level
  readonly severity: Severity
  readonly needs?: Needs
  readonly clause: string
  readonly statement: string
  readonly why: string
  readonly complement?: Case<void>
}

const law = ({ level = "MUST", needs = {}, complement, ...rest }: Stated, kind: Kind, check: Check): Law => ({
  ...rest,
  area: rest.id.slice(0, 3) as AreaId,
  level,
  needs,
  kind,
  check,
  complement
})

/** Checked once. */
export const example = (
  options: Stated & { readonly run: Case<void>; readonly kind?: "example" | "vector" | "fault" }
): Law => {
  const { run, kind = "example", ...about } = options
  return law(about, kind, { _tag: "Example", run })
}

interface ForMany<A> extends Stated {
  readonly gen: (about: About) => Gen<A>
  readonly interesting: ReadonlyArray<string>
  readonly weight?: number
  readonly run: Case<A>
}

const forMany = <A>(options: ForMany<A>, kind: Kind, scheduled: boolean): Law => {
  const { gen, interesting, weight = 1, run, ...about } = options
  return law(about, kind, { _tag: "Property", gen, interesting, weight, scheduled, run })
}

/** Checked for many inputs. */
export const property = <A>(
  options: ForMany<A> & { readonly kind?: "property" | "model" | "vector" | "fault" }
): Law => {
  const { kind = "property", ...rest } = options
  return forMany(rest, kind, false)
}

/** Checked for many inputs and many schedules of what runs inside `Race.all`. */
export const schedule = <A>(options: ForMany<A>): Law => forMany(options, "schedule", true)

/** Checked with `Interrupt.target` interrupted at each of its steps in turn. */
export const interrupt = (options: Stated & { readonly run: Case<void> }): Law => {
  const { run, ...about } = options
  return law(about, "interrupt", { _tag: "EveryStep", adversary: "interrupt", run })
}

/** Checked with the process dead at each write of the ledger inside `Crash.target` in turn. */
export const crash = (options: Stated & { readonly run: Case<void> }): Law => {
  const { run, ...about } = options
  return law(about, "fault", { _tag: "EveryStep", adversary: "crash", run })
}
