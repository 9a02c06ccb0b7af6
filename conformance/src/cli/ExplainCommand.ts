/**
 * `explain`: one law, for somebody who has never seen it.
 */
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Area from "../Area.ts"
import * as Catalogue from "../Catalogue.ts"
import type { Check, Law, Needs } from "../Law.ts"
import type { Mutant } from "../Mutant.ts"
import { unusable } from "./Ending.ts"
import { levelOf } from "./ListCommand.ts"

const method = (check: Check): string => {
  switch (check._tag) {
    case "Example":
      return "once"
    case "Property":
      return `for many inputs${check.scheduled ? ", each in an order of events that is chosen for it" : ""}; these cases must occur: ${check.interesting.join(", ")}`
    case "EveryStep":
      return check.adversary === "interrupt"
        ? "once undisturbed, and then interrupted at each step in turn"
        : "once undisturbed, and then with the process dead at each write in turn"
  }
}

/** What a law needs to apply, in words; empty where it always does. */
export const needs = (needs: Needs): string =>
  [
    needs.capability === undefined ? undefined : `the capability ${needs.capability}`,
    needs.flow === undefined ? undefined : `the flow ${needs.flow}`,
    needs.use === undefined ? undefined : `credentials that are used ${needs.use}`,
    needs.terms === undefined ? undefined : `mandates with ${needs.terms.join(", ")}`,
    needs.currencies === undefined ? undefined : "mandates that cover several currencies",
    needs.forgery === undefined ? undefined : `a double that forges: ${needs.forgery}`,
    needs.faults === undefined
      ? undefined
      : `a double that plays ${needs.faults.map(({ call, kind }) => `${call} ${kind}`).join(", ")}`,
    needs.wire === undefined ? undefined : "a credential with a readable part",
    needs.signed === undefined ? undefined : "a signed credential"
  ]
    .filter((need) => need !== undefined)
    .join("; ")

const page = (law: Law, mutants: ReadonlyArray<Mutant>): string => {
  const killed = mutants.filter(({ killedBy }) => (killedBy as ReadonlyArray<string>).includes(law.id))
  const needed = needs(law.needs)
  const rows: ReadonlyArray<readonly [string, string]> = [
    ["why", law.why],
    ["contract", law.clause],
    ["asked from", levelOf(law.id)],
    ["checked", method(law.check)],
    ["needs", needed === "" ? "nothing" : needed],
    ...(law.complement === undefined ? [] : [["otherwise", "what must hold without it is checked instead"] as const]),
    ...killed.map(({ defect, name }) => ["finds", `${name}: a plug-in that ${defect}`] as const)
  ]
  return [
    `${law.id} ${law.level} ${law.statement}`,
    `${Area.areas[law.area]} · ${law.severity} · ${law.kind}`,
    "",
    ...rows.map(([name, text]) => `  ${name.padEnd(11)}${text}`),
    "",
    `  paylayer-conformance check ./subject.ts --only ${law.id}`
  ].join("\n")
}

export const explain = Command.make(
  "explain",
  { id: Argument.String("law").pipe(Argument.withDescription("Its id, such as LIM-02")) },
  Effect.fnUntraced(function* ({ id }) {
    const law = Catalogue.find(id.toUpperCase())
    if (law === undefined) return yield* unusable(`there is no law ${id}; paylayer-conformance list shows them all`)
    const { mutants } = yield* Effect.promise(() => import("../Mutants.ts"))
    yield* Console.log(page(law, mutants))
  })
).pipe(Command.withDescription("Say what a law wants, why, and what it finds"))
