/**
 * The crash test: hosts of a paid API die at random moments under load, and afterwards nothing is lost, moved twice, delivered
 * twice or left unknown.
 *
 * The providers and the agents live in this process, which survives; the hosts are processes of their own, over one ledger.
 */
import * as Ledger from "@paylayer/core/Ledger"
import * as Clock from "effect/Clock"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Agents from "./Agents.ts"
import * as Books from "./Books.ts"
import { Depot } from "./Depot.ts"
import { DepotServer } from "./DepotRpc.ts"
import type { Evidence } from "./Evidence.ts"
import * as Figures from "./Figures.ts"
import * as Hosts from "./Hosts.ts"
import * as HostSettings from "./HostSettings.ts"
import * as Killer from "./Killer.ts"
import * as LedgerUnderTest from "./LedgerUnderTest.ts"
import * as Providers from "./Providers.ts"

export interface Options extends Omit<Killer.Plan, "stall"> {
  readonly store: HostSettings.Store
  /** Where moments and victims are drawn from. */
  readonly seed: number
  readonly hosts: number
  readonly agents: number
  readonly onKill?: (killed: number) => void
}

export interface Outcome {
  readonly figures: Figures.Figures
  /** For people, with journals. Empty when all is well. */
  readonly violations: ReadonlyArray<string>
}

const leaseMillis = 1_000
/** Around the time when the lease has run out and others take over. */
const stall = [600, 1_600] as const
const unsettled: Ledger.Query = { states: [...Ledger.states.filter(Ledger.isOpen), "unknown"], limit: 1 }

/** Every charge, a page at a time. */
const everything = Effect.gen(function* () {
  const ledger = yield* Ledger.Ledger
  const entries: Array<Ledger.Entry> = []
  let page: ReadonlyArray<Ledger.Entry>
  do {
    const after = entries.at(-1)?.charge.id
    page = yield* ledger.list({ limit: 500, ...(after === undefined ? {} : { after }) })
    entries.push(...page)
  } while (page.length > 0)
  return entries
})

/** Waits until every charge has come to its end. */
const settledDown = Ledger.Ledger.use((ledger) => ledger.list(unsettled)).pipe(
  Effect.delay("100 millis"),
  Effect.repeat({ until: (open) => open.length === 0 })
)

export const run = Effect.fnUntraced(function* (options: Options) {
  const startedAt = yield* Clock.currentTimeMillis
  const { kills, pause, seed, store } = options
  const voucherKey = SecureRandom.uuidV4Unsafe()
  const { url } = yield* DepotServer
  const settings = { store, depot: url, voucherKey, leaseMillis, recoverEveryMillis: 300, workMillis: 30 }
  const env = { ...HostSettings.toEnvironment(settings), ...(yield* Providers.alipayEnvironment) }
  const hosts = yield* Hosts.make(options.hosts, env)
  const agents = yield* Agents.make(hosts, voucherKey)
  yield* Effect.forkScoped(Providers.slowing)

  const late: Array<string> = []
  /** What is not done in time is a violation, and what would come after it is not tried. */
  const within = <A, E, R>(what: string, seconds: number, effect: Effect.Effect<A, E, R>) =>
    Effect.suspend(() => (late.length > 0 ? Effect.succeedNone : Effect.timeoutOption(effect, seconds * 1_000))).pipe(
      Effect.tap((done) =>
        Effect.sync(() => {
          if (Option.isNone(done) && late.length === 0) late.push(`${what} within ${seconds} seconds`)
        })
      )
    )

  let over = false
  const load = yield* Effect.forkScoped(
    Effect.all(
      Array.from({ length: options.agents }, () => agents.trade(() => over)),
      { concurrency: "unbounded" }
    )
  )
  const killed = yield* Killer.run(hosts, { kills, pause, stall }, agents.heard, options.onKill ?? (() => {})).pipe(
    Random.withSeed(seed)
  )
  over = true
  yield* within("not every order had a last word", 60, Fiber.await(load))

  const { audit, entries } = yield* Effect.gen(function* () {
    const ledger = yield* Ledger.Ledger
    yield* within("not every charge came to its end", 60, settledDown)
    yield* within("not every answer could be had again", 60 + killed, agents.repeatAll)
    yield* within("not every budget could be spent", 60 + killed, agents.drain)
    yield* within("not every charge of the last orders came to its end", 60, settledDown)
    return { entries: yield* everything, audit: yield* ledger.audit }
  }).pipe(Effect.provide(LedgerUnderTest.layer(store, leaseMillis)))
  yield* hosts.stop

  const evidence: Evidence = {
    entries,
    audit,
    late,
    movements: yield* Providers.movements,
    holds: yield* Depot.use((depot) => depot.holds),
    orders: agents.orders,
    wallets: agents.wallets,
    failures: hosts.failures
  }
  const outcome: Outcome = {
    figures: Figures.make(evidence, {
      kills: killed,
      starts: hosts.starts(),
      longestOutageMillis: hosts.longestOutage(),
      millis: (yield* Clock.currentTimeMillis) - startedAt
    }),
    violations: Books.violations(evidence).map((violation) => Books.explain(violation, evidence))
  }
  return outcome
}, Effect.scoped)
