/** `payouts`: what developers are owed, what was paid out, and what became of it. */
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import { Book } from "@paylayer/gateway/Book"
import { DeveloperStatement } from "@paylayer/gateway/DeveloperStatement"
import * as Operation from "@paylayer/gateway/Operation"
import * as Payout from "@paylayer/gateway/Payout"
import type { PayoutError } from "@paylayer/gateway/PayoutError"
import { Payouts } from "@paylayer/gateway/Payouts"
import * as Moment from "@paylayer/ledger-cli/Moment"
import { paint, table, visible } from "@paylayer/ledger-cli/Text"
import * as Argument from "effect/cli/Argument"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Database from "./Database.ts"
import { Misused, Unwell } from "./Ending.ts"
import * as Behind from "./internal/behind.ts"

const json = Flag.Boolean("json").pipe(Flag.withDescription("JSON, one object a line"), Flag.withDefault(false))
const common = { config: Behind.configFile, ledger: Database.flag, json }

const at = (millis: number) => DateTime.formatIso(DateTime.makeUnsafe(millis)).replace("T", " ").slice(0, 19)

const toJson = ({ money, paid, returned, reversed, ...payout }: Payout.Payout) =>
  JSON.stringify({ ...payout, money, paid, returned, reversed }, (_, value: unknown) =>
    typeof value === "bigint" ? String(value) : value
  )

const row = ({ changedAtMillis, destination, developer, id, money, state, cause }: Payout.Payout) => [
  at(changedAtMillis),
  id,
  developer,
  destination.rail,
  Money.print(money),
  state,
  cause ?? ""
]

const columns = [
  { name: "last change" },
  { name: "payout" },
  { name: "developer", most: 24 },
  { name: "rail" },
  { name: "amount", align: "right" },
  { name: "state" },
  { name: "why", most: 60 }
] as const

const print = Effect.fnUntraced(function* (found: ReadonlyArray<Payout.Payout>, asJson: boolean) {
  if (asJson) for (const payout of found) yield* Console.log(toJson(payout))
  else if (found.length === 0) yield* Console.error("no payout")
  else {
    const { green, red, yellow } = yield* paint
    const colours: { readonly [state: string]: (text: string) => string } = {
      paid: green,
      failed: red,
      reversed: red,
      unknown: yellow
    }
    const lines = table(columns, found.map(row), (text, column) =>
      column.name === "state" ? (colours[text.trim()]?.(text) ?? text) : text
    )
    for (const line of lines) yield* Console.log(line)
  }
  if (found.some(({ state }) => state === "unknown" || state === "failed")) return yield* new Unwell()
})

interface Where {
  readonly config: string
  readonly ledger: Option.Option<Redacted.Redacted>
}

/** Runs a command where the gateway's books are. */
const behind =
  ({ config: file, ledger }: Where) =>
  <A, E, R>(command: Effect.Effect<A, E, R>) =>
    Effect.gen(function* () {
      const database = yield* Database.choose(ledger)
      const { developers } = yield* Behind.load(file)
      const payouts = Layer.unwrap(
        Effect.map(Behind.rails, (rails) =>
          Payouts.layer({ developers: Effect.succeed([...developers.values()]), rails })
        )
      )
      return yield* Effect.provide(
        command,
        payouts.pipe(Layer.provideMerge(Operation.books()), Layer.provide(Behind.alipay), Layer.provide(database))
      )
    })

const asked = ({ message }: PayoutError) => new Misused({ sentence: message })

const developer = Argument.String("developer").pipe(Argument.withDescription("A developer's id"))
const id = Argument.String("payout").pipe(Argument.withDescription("A payout's id: po_…"))

const list = Command.make(
  "list",
  {
    ...common,
    developer: Flag.String("developer").pipe(Flag.withDescription("Only this developer's"), Flag.optional),
    state: Flag.Literals("state", Payout.states).pipe(Flag.withDescription("Only in this state"), Flag.optional),
    most: Flag.Int("limit").pipe(
      Flag.withDescription("How many at most"),
      Flag.withSchema(Schema.Int.check(Schema.isBetween({ minimum: 1, maximum: 10_000 }))),
      Flag.withDefault(50)
    )
  },
  ({ developer, json, most, state, ...where }) =>
    Effect.gen(function* () {
      const payouts = yield* Payouts
      const found = yield* payouts.list({
        ...(Option.isSome(developer) && { developer: developer.value }),
        ...(Option.isSome(state) && { state: state.value }),
        limit: most
      })
      yield* print(found, json)
    }).pipe(behind(where))
).pipe(Command.withDescription("List payouts, newest first; 1 where one failed or is unknown"))

const show = Command.make("show", { ...common, id }, ({ id, json, ...where }) =>
  Effect.gen(function* () {
    const found = yield* (yield* Payouts).find(id)
    if (found === undefined) return yield* new Misused({ sentence: `there is no payout ${visible(id)}` })
    if (json) return yield* Console.log(toJson(found))
    yield* print([found], false).pipe(Effect.catchTag("Unwell", () => Effect.void))
    for (const { atMillis, cause, part, state } of found.journal) {
      yield* Console.log(`${at(atMillis)}  ${part}  ${state}${cause === undefined ? "" : `  ${visible(cause)}`}`)
    }
  }).pipe(behind(where))
).pipe(Command.withDescription("Show a payout and its journal"))

const owed = Command.make("owed", { ...common, developer }, ({ developer, json, ...where }) =>
  Effect.gen(function* () {
    const owed = yield* (yield* Book).payable(developer)
    if (json) {
      const amounts = owed.map(({ currency, minor }) => ({ currency, minor: String(minor) }))
      return yield* Console.log(JSON.stringify({ developer, owed: amounts }))
    }
    yield* Console.log(owed.length === 0 ? "nothing" : owed.map(Money.print).join("\n"))
  }).pipe(behind(where))
).pipe(Command.withDescription("What a developer is owed, by currency"))

const run = Command.make("run", common, ({ json, ...where }) =>
  Effect.flatMap(Payouts, ({ run }) => Effect.flatMap(run, (touched) => print(touched, json))).pipe(behind(where))
).pipe(Command.withDescription("Go on with payouts under way, and make those that are due, as a running gateway does"))

const create = Command.make(
  "create",
  { ...common, developer, currency: Argument.String("currency").pipe(Argument.withDescription("CNY, USD, EUR")) },
  ({ currency, developer, json, ...where }) =>
    !Currency.is(currency)
      ? new Misused({ sentence: `"${visible(currency)}" is no currency; write CNY` })
      : Effect.flatMap(Payouts, (payouts) =>
          Effect.flatMap(payouts.create(developer, currency), (payout) => print([payout], json))
        ).pipe(
          Effect.catchTag("PayoutError", (error) => Effect.fail(asked(error))),
          behind(where)
        )
).pipe(Command.withDescription("Pay out all that a developer is owed in a currency, now"))

const reconcile = Command.make(
  "reconcile",
  {
    ...common,
    since: Flag.String("since").pipe(
      Flag.withMetavar("2026-11-01"),
      Flag.withDescription("Paid ones that were made since are looked up too; 30 days ago unless given"),
      Flag.optional
    )
  },
  Effect.fnUntraced(function* ({ json, since, ...where }) {
    const sinceMillis = Option.isSome(since)
      ? yield* Effect.mapError(Moment.read("--since", since.value), ({ sentence = "" }) => new Misused({ sentence }))
      : (yield* Clock.currentTimeMillis) - Duration.toMillis("30 days")
    yield* Effect.flatMap(Payouts, (payouts) =>
      Effect.flatMap(payouts.reconcile({ sinceMillis }), (found) => print(found, json))
    ).pipe(behind(where))
  })
).pipe(Command.withDescription("Look up what is under way, and what was taken back of what was paid; sends nothing"))

const statement = Command.make(
  "statement",
  {
    config: Behind.configFile,
    ledger: Database.flag,
    developer,
    month: Flag.String("month").pipe(Flag.withDescription("The month: 2026-11")),
    currency: Flag.String("currency").pipe(Flag.withDescription("CNY, USD, EUR"), Flag.withDefault("CNY")),
    json: Flag.Boolean("json").pipe(Flag.withDescription("One JSON object instead of CSV"), Flag.withDefault(false))
  },
  ({ currency, developer, json, month, ...where }) =>
    !Currency.is(currency) || !/^\d{4}-(?:0[1-9]|1[0-2])$/.test(month)
      ? new Misused({ sentence: "say --month 2026-11 and --currency CNY" })
      : Effect.flatMap(DeveloperStatement, (statements) =>
          Stream.runForEach(statements.export({ developer, month, currency }, json ? "json" : "csv"), (text) =>
            Effect.sync(() => process.stdout.write(text))
          )
        ).pipe(behind(where))
).pipe(Command.withDescription("A developer's month: opening balance, every line, closing balance"))

export const payouts = Command.make("payouts").pipe(
  Command.withDescription("What developers are owed, what was paid out to them, and what became of it"),
  Command.withShortDescription("Pay developers, and look at payouts"),
  Command.withSubcommands([list, show, owed, statement, run, create, reconcile])
)
