/**
 * What pages are made of, asked of the ledger and the gateway's services. Nothing is read through: pages of what is newest, sums of
 * days, and at most a handful of what waits.
 */
import * as Day from "@paylayer/core/Day"
import { Ledger, type Query } from "@paylayer/core/Ledger"
import * as SpendingLimit from "@paylayer/core/SpendingLimit"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Configuration } from "../../Dashboard.ts"
import { Payouts } from "../../Payouts.ts"
import { slugOf } from "../../Tool.ts"
import { type CallQuery, Usage } from "../../Usage.ts"
import { type Filled, isNear } from "./budgetsPage.ts"
import type { View } from "./layout.ts"
import { type Dimension, dimensions, type Overview, type Waiting } from "./overviewPage.ts"
import * as Period from "./period.ts"

/** How many buckets of a limit are shown. */
const shownOfLimit = 10

const fill = Effect.fnUntraced(function* (limit: SpendingLimit.SpendingLimit, now: number, tool?: string) {
  const ledger = yield* Ledger
  const asked = SpendingLimit.buckets(limit, DateTime.makeUnsafe(now))
  const buckets = yield* ledger.fullest({ ...asked, limit: 200 })
  const per = typeof limit.per === "string" ? [limit.per] : limit.per
  const fills = buckets.flatMap(({ name, units }) => {
    const subjects = SpendingLimit.whose(limit, name)
    const of = subjects?.[per.indexOf("tool")]
    const isOther = tool !== undefined && of !== undefined && slugOf(of) !== tool
    return subjects === undefined || isOther ? [] : [{ subjects, minor: units }]
  })
  return { limit, ...(tool === undefined ? {} : { tool }), fills: fills.slice(0, shownOfLimit) } satisfies Filled
})

/** Every limit that is configured, with who has come furthest in it. */
export const limits = ({ limits, tools }: Configuration, now: number) =>
  Effect.forEach(
    [
      ...limits.map((limit) => ({ limit, tool: undefined })),
      ...[...tools.values()].flatMap(({ limits, slug }) => limits.map((limit) => ({ limit, tool: slug })))
    ],
    ({ limit, tool }) => fill(limit, now, tool)
  )

/** More than this many are "so many or more". */
const counted = 25

const waitingCharges = Effect.fnUntraced(function* (
  what: "unknown" | "abandoned" | "refunding",
  query: Query,
  href: string
) {
  const { length } = yield* (yield* Ledger).list({ ...query, limit: counted + 1 })
  return { what, count: Math.min(length, counted), more: length > counted, href } satisfies Waiting
})

const waitingPayouts = Effect.fnUntraced(function* () {
  const payouts = yield* Payouts
  const lists = yield* Effect.forEach(["unknown", "sending", "claimed"] as const, (state) =>
    payouts.list({ state, limit: counted + 1 })
  )
  const { length } = lists.flat()
  return {
    what: "payouts",
    count: Math.min(length, counted),
    more: length > counted,
    href: "/dashboard/payouts"
  } satisfies Waiting
})

const waitingBudgets = (configuration: Configuration, now: number) =>
  Effect.map(limits(configuration, now), (all): Waiting => {
    const near = all.flatMap(({ fills, limit }) => fills.filter(({ minor }) => isNear(limit.amount, minor)))
    return { what: "budgets", count: near.length, more: false, href: "/dashboard/budgets" }
  })

/** The first page. */
export const overview = Effect.fnUntraced(function* (view: View, configuration: Configuration) {
  const usage = yield* Usage
  const period = Period.of(view)
  const { since, until } = period
  const by: Dimension = dimensions.find((one) => one === view.query.get("by")) ?? "protocol"
  const [rows, tools, outcomes, refused, ...waiting] = yield* Effect.all(
    [
      usage.byDay({ since, until, by: [by] }),
      usage.byDay({ since, until, by: ["tool"] }),
      usage.byDay({ since, until, by: ["outcome"] }),
      usage.refusals({ since, until }),
      waitingCharges("unknown", { states: ["unknown"] }, "/dashboard/waiting"),
      waitingCharges("abandoned", { abandoned: true }, "/dashboard/waiting"),
      waitingCharges("refunding", { refunding: true }, "/dashboard/waiting"),
      waitingPayouts(),
      waitingBudgets(configuration, view.now)
    ],
    { concurrency: "unbounded" }
  )
  return {
    period,
    by,
    rows,
    tools,
    outcomes,
    refused: refused.reduce((sum, { count }) => sum + count, 0n),
    waiting
  } satisfies Overview
})

/** The calls that a page's address asks for, and which of its days are none. */
export const callsAsked = ({
  query,
  zone
}: View): { readonly query: CallQuery; readonly wrong: ReadonlyArray<"since" | "until"> } => {
  const wrong: Array<"since" | "until"> = []
  const text = (name: string) => {
    const value = query.get(name)?.trim().slice(0, 200)
    return value === undefined || value === "" ? {} : { [name]: value }
  }
  const day = (name: "since" | "until"): Day.Day | undefined => {
    const value = query.get(name) ?? ""
    if (value === "") return undefined
    const parsed = Day.parse(value, zone)
    if (Result.isFailure(parsed)) wrong.push(name)
    return Result.getOrUndefined(parsed)
  }
  const [since, until] = [day("since"), day("until")]
  return {
    query: {
      ...text("tool"),
      ...text("protocol"),
      ...text("outcome"),
      ...text("payer"),
      ...text("after"),
      ...(since === undefined ? {} : { since: since.sinceMillis }),
      // The day itself is among them.
      ...(until === undefined ? {} : { until: until.untilMillis })
    },
    wrong
  }
}
