/**
 * A reconciliation as the command shows it.
 */
import * as Money from "@paylayer/core/Money"
import * as Reconciliation from "@paylayer/core/Reconciliation"
import type { Movement } from "@paylayer/core/Statement"
import type * as Schema from "effect/Schema"
import * as Moment from "./Moment.ts"
import { count, type Paint, table } from "./Text.ts"

const movementJson = ({
  atMillis,
  chargeId,
  kind,
  money,
  reference
}: Movement): { readonly [name: string]: Schema.Json } => ({
  kind,
  id: chargeId,
  reference,
  currency: money.currency,
  minor: String(money.minor),
  at: Moment.iso(atMillis)
})

/** The JSON of a reconciliation. Amounts are minor units, as text. */
export const toJson = (done: Reconciliation.Reconciliation): Schema.Json => ({
  date: done.day.date,
  since: Moment.iso(done.day.sinceMillis),
  until: Moment.iso(done.day.untilMillis),
  protocols: done.protocols,
  clean: Reconciliation.isClean(done),
  matched: done.matched,
  shifted: done.shifted,
  foreign: done.foreign,
  differences: done.differences.map(({ awaits, chargeId, here, kind, state, there, what }) => ({
    what,
    kind,
    id: chargeId,
    state: state ?? null,
    here: here === undefined ? null : movementJson(here),
    there: there.map(movementJson),
    ...(awaits !== undefined && { awaits })
  })),
  uncovered: done.uncovered.map(movementJson),
  sums: done.sums.map(({ currency, here, kind, there }) => ({
    currency,
    kind,
    here: String(here),
    there: String(there)
  }))
})

const sideOf = (movement: Movement | undefined): string =>
  movement === undefined ? "–" : `${Money.print(movement.money)} ${movement.reference}`

const hint = ({ awaits, state, what }: Reconciliation.Difference): string => {
  if (awaits !== undefined) return `may stand in the statement of ${awaits}; reconcile again then`
  if (what === "missing here")
    return state === undefined ? "the ledger does not know it" : `the ledger has it as ${state}`
  return what === "missing there" ? "the provider says nothing of it" : ""
}

/** For people. */
export const lines = (
  done: Reconciliation.Reconciliation,
  { bold, dim, green, red, yellow }: Paint
): ReadonlyArray<string> => {
  const { day, differences, foreign, matched, shifted, sums, uncovered } = done
  const sums_ = table(
    [{ name: "sums" }, { name: "" }, { name: "ledger", align: "right" }, { name: "provider", align: "right" }],
    sums.map(({ currency, here, kind, there }) => [
      currency,
      `${kind}s`,
      Money.decimalString({ currency, minor: here }),
      Money.decimalString({ currency, minor: there })
    ]),
    (text, { name }, row) =>
      (name === "ledger" || name === "provider") && sums[row]!.here !== sums[row]!.there ? red(text) : text
  )
  const found = table(
    [
      { name: "difference" },
      { name: "of" },
      { name: "charge" },
      { name: "ledger" },
      { name: "provider" },
      { name: "" }
    ],
    differences.map((difference) => [
      difference.what,
      difference.kind,
      difference.chargeId,
      sideOf(difference.here),
      difference.there.length === 0 ? "–" : difference.there.map(sideOf).join(", "),
      hint(difference)
    ]),
    (text, { name }) => (name === "difference" ? red(text) : text)
  )
  const remarks = [
    ...(shifted > 0 ? [`${shifted} more in the statements of other days`] : []),
    ...(foreign > 0 ? [`${count(foreign, "line")} of other sales`] : [])
  ]
  return [
    `${bold(day.date)}  ${done.protocols.join(", ")}  ${dim(`${Moment.short(day.sinceMillis)} to ${Moment.short(day.untilMillis)} UTC`)}`,
    ...(sums.length > 0 ? ["", ...sums_] : []),
    ...(differences.length > 0 ? ["", ...found] : []),
    ...(uncovered.length > 0
      ? [
          "",
          ...table(
            [{ name: "not in any statement" }, { name: "of" }, { name: "ledger" }],
            uncovered.map((movement) => [movement.chargeId, movement.kind, sideOf(movement)]),
            (text) => yellow(text)
          )
        ]
      : []),
    "",
    [`${count(matched, "movement")} matched`, ...remarks].join("; "),
    Reconciliation.isClean(done)
      ? green("the ledger and the provider agree")
      : red(
          [
            ...(differences.length > 0 ? [count(differences.length, "difference")] : []),
            ...(uncovered.length > 0 ? [`${count(uncovered.length, "movement")} that no statement tells of`] : [])
          ].join(", ")
        )
  ]
}
