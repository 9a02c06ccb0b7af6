/** `show`: one charge, its journal as a timeline, its receipt. */
import * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import * as Refund from "@paylayer/core/Refund"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Entries from "./Entries.ts"
import { misused } from "./Ending.ts"
import * as LedgerFlag from "./LedgerFlag.ts"
import * as Moment from "./Moment.ts"
import { type Paint, paint, table, visible } from "./Text.ts"

const between = (millis: number): string => {
  if (millis < 1_000) return `+${millis} ms`
  if (millis < 120_000) return `+${(millis / 1_000).toFixed(1)} s`
  return millis < 7_200_000 ? `+${Math.round(millis / 60_000)} min` : `+${(millis / 3_600_000).toFixed(1)} h`
}

const timeline = ({ journal }: Ledger.Entry, painted: Paint): ReadonlyArray<string> =>
  table(
    [{ name: "at (UTC)" }, { name: "", align: "right" }, { name: "state" }, { name: "cause" }, { name: "host" }],
    journal.map(({ atMillis, cause = "", owner, refund, state }, index) => [
      Moment.iso(atMillis).slice(0, 23).replace("T", " "),
      index === 0 ? "" : between(atMillis - journal[index - 1]!.atMillis),
      refund === undefined ? state : `refund ${refund.id} ${refund.to}`,
      cause,
      owner
    ]),
    (text, { name }, row) => (name === "state" ? Entries.styleOf(journal[row]!.state, painted)(text) : text)
  )

const refunds = (entry: Ledger.Entry): ReadonlyArray<string> =>
  table(
    [
      { name: "refund" },
      { name: "state" },
      { name: "money", align: "right" },
      { name: "at (UTC)" },
      { name: "reference" },
      { name: "reason, cause" }
    ],
    Refund.of(entry).map(({ atMillis, cause, id, money, reason, receipt, state }) => [
      id,
      state,
      Money.print(money),
      Moment.iso(atMillis).slice(0, 19).replace("T", " "),
      receipt?.reference ?? "",
      [reason, cause].filter((text) => text !== undefined).join("; ")
    ]),
    (text) => text
  )

type Fact = readonly [name: string, value: string | undefined]

const facts = ({ charge, owner, payer, protocol, receipt, state }: Ledger.Entry): ReadonlyArray<Fact> => [
  ["state", state],
  ["money", Money.print(charge.money)],
  ["merchant", charge.merchant],
  ["resource", `${charge.method} ${charge.resource}`],
  ["description", charge.description],
  ["category", charge.category],
  ["protocol", protocol],
  ["payer", payer],
  ["host", owner],
  ["opened", Moment.iso(charge.openedAt.epochMilliseconds)],
  ["expires", Moment.iso(charge.expiresAt.epochMilliseconds)],
  ["settled", receipt && Moment.iso(receipt.settledAt.epochMilliseconds)],
  ["received", receipt && Money.print(receipt.money)],
  ["reference", receipt?.reference],
  ["paid by", receipt?.method]
]

export const show = Command.make(
  "show",
  {
    id: Argument.String("charge-id").pipe(Argument.withDescription("ch_ and 32 hexadecimal digits")),
    ledger: LedgerFlag.ledger,
    json: Entries.json("One JSON object"),
    full: Entries.full
  },
  Effect.fnUntraced(function* ({ full, id, json, ledger }) {
    yield* Effect.gen(function* () {
      const service = yield* Ledger.Ledger
      const entry = yield* service.find(id)
      if (entry === undefined) {
        return yield* misused(
          `there is no charge ${visible(id)} in this ledger; paylayer-ledger list shows which there are`
        )
      }
      if (json) return yield* Console.log(JSON.stringify(Entries.toJson(entry, full), undefined, 2))
      const painted = yield* paint
      yield* Console.log(painted.bold(entry.charge.id))
      for (const [name, value] of facts(entry)) {
        if (value === undefined) continue
        const style = name === "state" ? Entries.styleOf(entry.state, painted) : (text: string) => text
        yield* Console.log(`  ${painted.dim(name.padEnd(11))}  ${style(visible(value))}`)
      }
      yield* Console.log("")
      for (const line of timeline(entry, painted)) yield* Console.log(`  ${line}`)
      if (Refund.of(entry).length > 0) {
        yield* Console.log("")
        for (const line of refunds(entry)) yield* Console.log(`  ${line}`)
      }
      const kept = { authorization: entry.authorization, answer: entry.answer }
      for (const [name, value] of Object.entries(kept)) {
        if (value === undefined) continue
        yield* Console.log(
          full
            ? `\n${painted.bold(name)}\n${visible(JSON.stringify(value))}`
            : painted.dim(`\n${name}: withheld; --full shows it`)
        )
      }
    }).pipe(LedgerFlag.at(ledger))
  })
).pipe(Command.withDescription("Show a charge, its journal and its receipt"))
