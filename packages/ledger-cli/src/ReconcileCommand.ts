/** `reconcile`: the ledger against Alipay's bill of a day. */
import { AlipayConfig, type AlipayConfigError } from "@paylayer/alipay/AlipayConfig"
import * as AlipayStatement from "@paylayer/alipay/AlipayStatement"
import { OpenPlatform } from "@paylayer/alipay/OpenPlatform"
import * as Reconciliation from "@paylayer/core/Reconciliation"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Bar from "./Bar.ts"
import { failed, found, misused } from "./Ending.ts"
import * as Entries from "./Entries.ts"
import * as Findings from "./Findings.ts"
import * as LedgerFlag from "./LedgerFlag.ts"
import { paint, visible } from "./Text.ts"

const alipay = Layer.provideMerge(OpenPlatform.layer, Layer.merge(AlipayConfig.layer, FetchHttpClient.layer))

const zoneName = DateTime.zoneToString(AlipayStatement.zone)

const notConfigured = ({ message }: AlipayConfigError) => misused(message)

export const reconcile = Command.make(
  "reconcile",
  {
    day: Flag.String("day").pipe(Flag.withDescription("The day of the bill: 2026-11-21")),
    zone: Flag.String("zone").pipe(
      Flag.withDescription("The zone that the day is meant in; Alipay bills by Beijing's days"),
      Flag.withDefault(zoneName)
    ),
    merchant: Flag.String("merchant").pipe(
      Flag.withDescription("Expect only charges of this merchant in the bill"),
      Flag.optional
    ),
    edge: Flag.String("edge").pipe(
      Flag.withDescription("How far the two clocks may be apart at a day's end: 15 minutes"),
      Flag.withDefault("1 hour")
    ),
    billHosts: Flag.String("bill-host").pipe(
      Flag.withDescription("A host that bills may be downloaded from, instead of Alipay's; may be repeated"),
      Flag.between(0, 8)
    ),
    ledger: LedgerFlag.ledger,
    json: Entries.json("One JSON object")
  },
  Effect.fnUntraced(function* ({ billHosts, day, edge, json, ledger, merchant, zone }) {
    if (zone !== zoneName)
      return yield* misused(`Alipay's bills are by the days of ${zoneName}, not of ${visible(zone)}`)
    const apart = Option.getOrUndefined(Duration.fromInput(edge as Duration.Input))
    if (apart === undefined || !Duration.isFinite(apart) || Duration.toMillis(apart) > 86_400_000) {
      return yield* misused(`--edge: "${visible(edge)}" is no time up to a day; write "15 minutes"`)
    }
    yield* Effect.gen(function* () {
      const bar = yield* Bar.make
      const statement = yield* AlipayStatement.make(billHosts.length > 0 ? { hosts: billHosts } : {})
      const done = yield* Reconciliation.reconcile(statement, {
        date: day,
        edge: apart,
        onProgress: bar.onProgress,
        ...(Option.isSome(merchant) && { merchant: merchant.value })
      }).pipe(
        Effect.ensuring(bar.end),
        Effect.catchTags({
          DayError: ({ message }) => Effect.fail(misused(`--day: ${message}`)),
          StatementError: ({ message, reason }) =>
            Effect.fail(failed(`there is nothing to compare with (${reason}): ${visible(message)}`))
        })
      )
      if (json) yield* Console.log(JSON.stringify(Findings.toJson(done), undefined, 2))
      else for (const line of Findings.lines(done, yield* paint)) yield* Console.log(line)
      if (!Reconciliation.isClean(done)) return yield* found
    }).pipe(LedgerFlag.at(ledger), Effect.provide(alipay), Effect.catchTag("AlipayConfigError", notConfigured))
  })
).pipe(
  Command.withDescription("Compare the ledger with Alipay's bill of a day; 1 where they differ"),
  Command.withExamples([
    {
      command: "paylayer-ledger reconcile --ledger sqlite:ledger.db --day 2026-11-21",
      description: "After about 10:00 in Beijing on the next day, with the ALIPAY_… variables that the host has"
    }
  ])
)
