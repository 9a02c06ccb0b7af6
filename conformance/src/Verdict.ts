/**
 * Verdicts: what became of one law for one subject.
 */
import * as Schema from "effect/Schema"
import { Event } from "./Timeline.ts"

/** Everything a reader without the source needs. No text in it holds a secret. */
export const Failure = Schema.Struct({
  expected: Schema.String,
  actual: Schema.String,
  /** What it costs, and with what figures. */
  atStake: Schema.Array(Schema.String),
  /** The smallest input that was found, in words; absent where there is only one. */
  input: Schema.optionalKey(Schema.String),
  timeline: Schema.Array(Event),
  /** The run it was found on, of how many, and how often it was made smaller. */
  foundOnRun: Schema.Int,
  runs: Schema.Int,
  shrinks: Schema.Int,
  /** From `Replay.print`. */
  replay: Schema.String
})
export type Failure = (typeof Failure)["Type"]

export const Verdict = Schema.Union([
  Schema.TaggedStruct("pass", {
    runs: Schema.Int,
    /** How often each interesting case occurred. */
    met: Schema.Record(Schema.String, Schema.Int)
  }),
  Schema.TaggedStruct("fail", { failure: Failure }),
  /** What the law needs is not there; where it has a complement, that held. */
  Schema.TaggedStruct("not-applicable", { because: Schema.String, complement: Schema.Boolean }),
  /** The double, or the kit, could not tell. */
  Schema.TaggedStruct("inconclusive", { because: Schema.String }),
  Schema.TaggedStruct("exempt", { reason: Schema.String, clause: Schema.String }),
  /** An interesting case never occurred, so nothing was checked. Counts as a failure. */
  Schema.TaggedStruct("vacuous", { missing: Schema.Array(Schema.String), runs: Schema.Int })
])
export type Verdict = (typeof Verdict)["Type"]

/** Whether a MUST law with this verdict keeps a plug-in from conforming. */
export const isBad = ({ _tag }: Verdict): boolean => _tag === "fail" || _tag === "vacuous"
