/** `list`: charges, oldest first. */
import * as Ledger from "@paylayer/core/Ledger"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Entries from "./Entries.ts"
import * as LedgerFlag from "./LedgerFlag.ts"
import * as Moment from "./Moment.ts"
import { paint } from "./Text.ts"

const text = (name: string, description: string) =>
  Flag.String(name).pipe(Flag.withDescription(description), Flag.optional)

const states = Object.keys(Ledger.transitions) as ReadonlyArray<Ledger.State>

const maybeMoment = (flag: string, given: Option.Option<string>) =>
  Option.isNone(given) ? Effect.undefined : Moment.read(flag, given.value)

export const list = Command.make(
  "list",
  {
    ledger: LedgerFlag.ledger,
    state: Flag.Literals("state", states).pipe(
      Flag.withDescription("Only this state; may be repeated"),
      Flag.between(0, states.length)
    ),
    protocol: text("protocol", "Only this protocol"),
    payer: text("payer", "Only this payer"),
    merchant: text("merchant", "Only this merchant"),
    resource: text("resource", "Only this resource: path and query, or a tool's name"),
    since: text("since", "Opened at or after: 2026-11-21, or 2026-11-21T08:00:00+08:00"),
    until: text("until", "Opened before"),
    abandoned: Flag.Boolean("abandoned").pipe(
      Flag.withDescription("Only open charges whose host is gone"),
      Flag.withDefault(false)
    ),
    most: Flag.Int("limit").pipe(
      Flag.withDescription("How many at most"),
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 100_000 }))),
      Flag.withDefault(50)
    ),
    after: text("after", "Continue behind the charge of this id"),
    json: Entries.json("One JSON object a line"),
    full: Entries.full
  },
  Effect.fnUntraced(function* ({ abandoned, full, json, ledger, most, ...asked }) {
    const openedSince = yield* maybeMoment("--since", asked.since)
    const openedBefore = yield* maybeMoment("--until", asked.until)
    const exact = (["protocol", "payer", "merchant", "resource", "after"] as const).flatMap((name) =>
      Option.match(asked[name], { onNone: () => [], onSome: (value) => [[name, value] as const] })
    )
    const query: Ledger.Query = {
      ...Object.fromEntries(exact),
      ...(asked.state.length > 0 && { states: asked.state }),
      ...(abandoned && { abandoned }),
      ...(openedSince !== undefined && { openedSince }),
      ...(openedBefore !== undefined && { openedBefore })
    }
    yield* Effect.gen(function* () {
      const service = yield* Ledger.Ledger
      const found = yield* service.list({ ...query, limit: most + 1 })
      const shown = found.slice(0, most)
      const painted = yield* paint
      if (json) for (const entry of shown) yield* Console.log(JSON.stringify(Entries.toJson(entry, full)))
      else if (shown.length === 0) yield* Console.error("no charge matches")
      else for (const line of Entries.lines(shown, painted)) yield* Console.log(line)
      if (found.length > most) yield* Console.error(`there are more: --after ${shown.at(-1)!.charge.id}`)
    }).pipe(LedgerFlag.at(ledger))
  })
).pipe(
  Command.withDescription("List charges, oldest first"),
  Command.withExamples([
    {
      command: "paylayer-ledger list --ledger sqlite:ledger.db --state unknown --state settling",
      description: "Two states"
    },
    { command: "paylayer-ledger list --since 2026-11-21 --json | jq .charge.money", description: "A day's prices" }
  ])
)
