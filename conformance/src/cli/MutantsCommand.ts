/**
 * `mutants`: the kill matrix. Which plug-in with a defect is found by which law, and which laws find nothing.
 */
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Catalogue from "../Catalogue.ts"
import type { Mutant } from "../Mutant.ts"
import { asked } from "./CheckCommand.ts"
import { Ending, unusable } from "./Ending.ts"
import { paint } from "./Paint.ts"

const only = Flag.String("only").pipe(
  Flag.withDescription("Only these mutants, by name, or by a law that must kill them"),
  Flag.optional
)

const all = Flag.Boolean("all").pipe(
  Flag.withDescription("Try every law on every mutant, not only the pinned ones"),
  Flag.withDefault(false)
)

const seeds = Flag.Int("seeds").pipe(
  Flag.withDescription("How many seeds to try each mutant under"),
  Flag.withDefault(1)
)

const chosen = (mutants: ReadonlyArray<Mutant>, only: Option.Option<string>): ReadonlyArray<Mutant> => {
  if (Option.isNone(only)) return mutants
  const names = only.value.split(",").map((name) => name.trim())
  return mutants.filter(({ killedBy, name }) => [name, ...killedBy].some((each) => names.includes(each)))
}

export const mutants = Command.make(
  "mutants",
  { only, all, seeds, seed: asked.seed, profile: asked.profile, runs: asked.runs },
  Effect.fnUntraced(function* ({ all, only, profile, runs, seed, seeds }) {
    const { kill, mutants } = yield* Effect.promise(() => import("../Mutants.ts"))
    const tried = chosen(mutants, only)
    if (tried.length === 0) {
      return yield* unusable(mutants.length === 0 ? "there are no mutants yet" : "no mutant is selected")
    }
    const { bold, dim, green, red } = yield* paint
    const width = Math.max(...tried.map(({ name }) => name.length))
    const killers = new Map<string, Set<string>>()
    let alive = 0
    for (const mutant of tried) {
      const missed = new Set<string>()
      const found = new Set<string>()
      for (let index = 0; index < seeds; index++) {
        const autopsy = yield* kill(mutant, {
          seed: Option.getOrElse(seed, () => 1) + index,
          profile,
          all,
          ...(Option.isSome(runs) ? { runs: runs.value } : {})
        }).pipe(Effect.mapError(({ message }) => unusable(`${mutant.name}: ${message}`)))
        for (const law of autopsy.missedBy) missed.add(law)
        for (const law of autopsy.foundBy) found.add(law)
      }
      for (const law of found) killers.set(law, (killers.get(law) ?? new Set()).add(mutant.name))
      if (missed.size > 0) alive++
      yield* Console.log(
        [
          missed.size === 0 ? green("dead ") : red("ALIVE"),
          mutant.name.padEnd(width),
          [...found].map((law) => bold(law)).join(" ") || "nothing",
          ...(missed.size === 0 ? [] : [red(`missed by ${[...missed].join(" ")}`)])
        ].join("  ")
      )
      yield* Console.log(dim(`       it ${mutant.defect}`))
    }
    const idle = Catalogue.laws.filter(
      ({ id, level }) => level === "MUST" && !killers.has(id) && !mutants.some(({ killedBy }) => killedBy.includes(id))
    )
    yield* Console.log("")
    for (const { id } of Catalogue.laws.filter(({ id }) => killers.has(id)))
      yield* Console.log(`${id}  ${[...killers.get(id)!].join(", ")}`)
    yield* Console.log(
      `\n${tried.length - alive} of ${tried.length} mutants are dead under every law they are pinned to, ${seeds} ${seeds === 1 ? "seed" : "seeds"} each.`
    )
    if (idle.length > 0)
      yield* Console.log(red(`No mutant shows that these find anything: ${idle.map(({ id }) => id).join(", ")}`))
    if (alive > 0 || (idle.length > 0 && Option.isNone(only))) return yield* new Ending({ code: 1 })
  })
).pipe(Command.withDescription("Print the kill matrix: which defect is found by which law"))
