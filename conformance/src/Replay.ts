/**
 * Replay tokens: `LAW~version~seed:path`, one line that brings back a failure with all its adversaries.
 *
 * Inputs, schedules and faults are drawn from the seed along the path. For a law that goes through every step, the path is the
 * step. The version is the contract's and the generators': a token of another one would draw something else, so it is refused.
 */
import { contractVersion } from "@paylayer/core/Manifest"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Gen from "./Gen.ts"

export interface Replay {
  readonly law: string
  readonly seed: number
  /** Numbers joined by colons; empty for a law that runs once. */
  readonly path: string
}

/** A token that cannot be replayed. */
export class ReplayError extends Schema.TaggedError<ReplayError>()("ReplayError", { message: Schema.String }) {}

/** What tokens of this kit carry. */
export const version = `${contractVersion}g${Gen.revision}`

/** `LIM-02~1.0g1~42:109:3:0` */
export const print = ({ law, seed, path }: Replay): string =>
  `${law}~${version}~${seed}${path === "" ? "" : `:${path}`}`

const form = /^([A-Z]{3}-[0-9]{2})~([^~]{1,20})~(-?[0-9]{1,10})((?::[0-9]{1,9}){0,2000})$/

/** Reads a token. */
export const parse = (token: string): Result.Result<Replay, ReplayError> => {
  const [, law, found, seed, path] = form.exec(token.trim()) ?? []
  if (law === undefined || seed === undefined) {
    return Result.fail(
      new ReplayError({ message: `a replay token reads LAW~version~seed:path, such as LIM-02~${version}~42:109:3` })
    )
  }
  if (found !== version) {
    return Result.fail(
      new ReplayError({
        message: `the replay token is of version ${found}, this kit replays ${version}: run the law again instead`
      })
    )
  }
  return Result.succeed({ law, seed: Number(seed), path: (path ?? "").slice(1) })
}
