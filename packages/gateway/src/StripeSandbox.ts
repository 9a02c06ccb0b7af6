/**
 * The part of Stripe that payouts use, in memory: transfers to connected accounts, their reversals, a balance, and faults on request.
 * The official library works against it unchanged: in process through `httpClient`, or over loopback at a `StripeSandboxServer`.
 *
 * @example
 * const sandbox = yield* StripeSandbox
 * yield* sandbox.open("acct_developer")
 * yield* sandbox.fund("USD", 1_000_00n)
 * yield* sandbox.transfers            // what really moved
 */
import type { Currency } from "@paylayer/core/Currency"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Stripe } from "stripe"
import * as Amounts from "./internal/stripe/amounts.ts"
import * as Answering from "./internal/stripe/answering.ts"
import * as Double from "./internal/stripe/double.ts"
import { httpClient } from "./internal/stripe/inProcess.ts"
import type { Fault } from "./StripeFault.ts"

/** A transfer that was made. */
export interface Transfer {
  readonly id: string
  readonly currency: string
  /** As Stripe writes it. */
  readonly amount: bigint
  /** How much of it was taken back since. */
  readonly reversed: bigint
  readonly destination: string
  readonly transferGroup: string | null
  readonly metadata: Readonly<Record<string, string>>
}

/** An event as it is posted to a webhook: the body, and its `Stripe-Signature`. */
export interface Event {
  readonly payload: string
  readonly signature: string
}

interface Service {
  /** What the platform is configured with. Good for nothing else. */
  readonly secretKey: Redacted.Redacted<string>
  readonly webhookSecret: Redacted.Redacted<string>
  /** A connected account that takes transfers. */
  readonly open: (account: string) => Effect.Effect<void>
  /** It takes none any more. */
  readonly close: (account: string) => Effect.Effect<void>
  /** Puts so much, as Stripe writes it, into the platform's balance. */
  readonly fund: (currency: Currency, minor: bigint) => Effect.Effect<void>
  readonly balance: (currency: Currency) => Effect.Effect<bigint>
  /** Oldest first. */
  readonly transfers: Effect.Effect<ReadonlyArray<Transfer>>
  /** Takes a part of a transfer back, or all that is left of it, and says what is posted about it. Dies where it cannot. */
  readonly reverse: (transfer: string, minor?: bigint) => Effect.Effect<Event>
  /** What waits for requests that it fits. */
  readonly fault: (fault: Fault) => Effect.Effect<void>
  /** Forgets the faults that nothing has met. */
  readonly heal: Effect.Effect<void>
  readonly answer: (request: Answering.Received) => Effect.Effect<Answering.Written, Answering.Reset>
  /** For the library's configuration: requests that never meet a socket. */
  readonly httpClient: Stripe.HttpClient
}

const make = Effect.gen(function* () {
  const random = () => SecureRandom.uuidV4Unsafe().replaceAll("-", "")
  const [secretKey, webhookSecret] = yield* Effect.sync(() => [`sk_test_${random()}`, `whsec_${random()}`] as const)
  const scope = yield* Effect.scope
  const state: Double.State = { accounts: new Map(), balances: new Map(), transfers: [], made: 0 }
  const platform: Answering.Platform = {
    secretKey,
    state,
    kept: new Map(),
    faults: [],
    detach: (effect) => Effect.forkIn(effect, scope)
  }
  const answer = (request: Answering.Received) => Answering.answer(platform, request)
  const { Stripe: Library } = yield* Effect.promise(() => import("stripe"))
  const signing = new Library(secretKey)
  const event = (transfer: Double.Transfer, atMillis: number): Event => {
    const created = Math.floor(atMillis / 1_000)
    const payload = JSON.stringify({
      id: `evt_${String(++state.made).padStart(14, "0")}`,
      object: "event",
      created,
      data: { object: Double.show(transfer) },
      livemode: false,
      pending_webhooks: 1,
      type: "transfer.reversed"
    })
    const signature = signing.webhooks.generateTestHeaderString({ payload, secret: webhookSecret, timestamp: created })
    return { payload, signature }
  }
  return StripeSandbox.of({
    secretKey: Redacted.make(secretKey),
    webhookSecret: Redacted.make(webhookSecret),
    open: (account) => Effect.sync(() => void state.accounts.set(account, "open")),
    close: (account) => Effect.sync(() => void state.accounts.set(account, "closed")),
    fund: (currency, minor) =>
      Effect.sync(() => {
        const code = currency.toLowerCase()
        state.balances.set(code, (state.balances.get(code) ?? 0n) + minor)
      }),
    balance: (currency) => Effect.sync(() => state.balances.get(currency.toLowerCase()) ?? 0n),
    transfers: Effect.sync(() =>
      state.transfers.map(({ amount, currency, destination, id, metadata, reversals, transfer_group }) => ({
        id,
        currency,
        amount,
        reversed: reversals.reduce((sum, reversal) => sum + reversal.amount, 0n),
        destination,
        transferGroup: transfer_group,
        metadata
      }))
    ),
    reverse: (id, minor) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) => {
        const transfer = state.transfers.find((one) => one.id === id)
        if (transfer === undefined) return Effect.die(new Error(`no transfer is called ${id}`))
        const made = Double.createReversal(state, transfer, minor?.toString(), now)
        return Result.isFailure(made)
          ? Effect.die(new Error(made.failure.error.message))
          : Effect.sync(() => event(transfer, now))
      }),
    fault: (fault) => Effect.sync(() => void platform.faults.push(fault)),
    heal: Effect.sync(() => void platform.faults.splice(0)),
    answer,
    httpClient: httpClient(answer, yield* Effect.context())
  })
})

export class StripeSandbox extends Context.Service<StripeSandbox, Service>()("@paylayer/gateway/StripeSandbox") {
  static readonly layer: Layer.Layer<StripeSandbox> = Layer.effect(StripeSandbox, make)
}

/** An amount as Stripe writes it, in minor units of ISO 4217; nothing for what is none. */
export const minorOf = (currency: Currency, amount: bigint): bigint | undefined =>
  Amounts.decode(currency, Number(amount))
