/**
 * The delegations of an agent: asked for at a wallet, held here, presented to merchants.
 *
 * - A request gives an address for the principal to open and a code to compare. The token is fetched with a verifier that never
 *   left this process, so nobody else can fetch it.
 * - A token leaves this process for the merchants that are configured and for no one else. It is in no result and no error.
 * - A paid call has an idempotency key, made here unless it is given. Where no answer came, the error names the key: repeating
 *   the call with it is safe.
 *
 * Everything is kept in memory.
 *
 * @example
 * const delegations = yield* Delegations
 * const { consentUri, id } = yield* delegations.request({ max_total_amount: "50.00" })
 * // … the principal opens consentUri and approves …
 * yield* delegations.present(id, { url: "https://merchant.example/report", body: { market: "tea" } })
 */
import * as AgentTokenHeaders from "@paylayer/alipay/AgentTokenHeaders"
import * as Money from "@paylayer/core/Money"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as HttpClient from "effect/http/HttpClient"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type { DelegationAsk } from "./DelegationAsk.ts"
import { type DelegationError, refuse } from "./DelegationError.ts"
import { detailOf } from "./internal/detail.ts"
import * as PaidCalling from "./internal/paidCalling.ts"
import * as Pkce from "./internal/pkce.ts"
import * as Wallet from "./internal/wallet.ts"
import type { PaidAnswer, PaidCall } from "./PaidCall.ts"

/** Who asks, whom, and who may be paid. */
export interface DelegationsConfig {
  /** The wallet's address, which is its name too: `"http://127.0.0.1:8800"`. */
  readonly wallet: string
  /** Which agent this is: 1 to 64 letters, digits, points, colons, hyphens and underscores. */
  readonly clientId: string
  /** What the principal reads. */
  readonly clientName?: string
  /** The origins that a token may be sent to: `"https://merchant.example"`. */
  readonly merchants: ReadonlyArray<string>
}

/** Where a delegation stands. */
export type DelegationState =
  | "awaiting-consent"
  | "refused"
  | "request-expired"
  | "active"
  | "suspended"
  | "revoked"
  | "expired"
  | "exhausted"
  | "unusable"

/** A delegation as its agent sees it. */
export interface Delegation {
  readonly id: string
  readonly state: DelegationState
  /** For the principal to open, while consent is awaited. */
  readonly consentUri?: string
  /** For the principal to compare with the page. */
  readonly userCode?: string
  /** What was granted, which may be less than what was asked for. Present once it was. */
  readonly granted?: {
    readonly max_total_amount: Money.Money
    readonly max_single_amount?: Money.Money
    readonly times_limit?: number
    readonly validity_end_time: string
    readonly allowed_payment_methods?: ReadonlyArray<string>
    readonly allowed_categories?: ReadonlyArray<string>
    readonly allowed_merchants?: ReadonlyArray<string>
  }
  /** What the wallet said is left of the budget, in major units, and of the payments. */
  readonly remaining_amount?: string
  readonly remaining_count?: number
}

interface Pending {
  readonly opened: Wallet.Opened
  readonly verifier: Redacted.Redacted<string>
  readonly state: string
  nextAsk: number
}

interface Entry {
  readonly id: string
  held: Pending | Wallet.Granted | "refused" | "request-expired"
}

const states: ReadonlyMap<string, DelegationState> = new Map([
  ["ACTIVE", "active"],
  ["SUSPENDED", "suspended"],
  ["REVOKED", "revoked"],
  ["EXPIRED", "expired"],
  ["EXHAUSTED", "exhausted"]
])

const shown = ({ terms }: Wallet.Granted): NonNullable<Delegation["granted"]> => {
  const commerce = terms.ext?.commerce
  const times = terms.ext?.vendor_private?.times_limit
  return {
    max_total_amount: terms.max_total_amount,
    validity_end_time: DateTime.formatIso(terms.validity_end_time),
    ...(commerce?.max_single_amount && { max_single_amount: commerce.max_single_amount }),
    ...(times !== undefined && { times_limit: times }),
    ...(terms.allowed_payment_methods && { allowed_payment_methods: terms.allowed_payment_methods }),
    ...(commerce?.allowed_categories && { allowed_categories: commerce.allowed_categories }),
    ...(commerce?.allowed_merchants && { allowed_merchants: commerce.allowed_merchants })
  }
}

const isPending = (held: Entry["held"]): held is Pending => typeof held === "object" && "opened" in held

const make = Effect.fnUntraced(function* (config: DelegationsConfig) {
  const client = yield* HttpClient.HttpClient
  const random = yield* SecureRandom.SecureRandom
  const wallet = Wallet.make(client, config.wallet.replace(/\/$/, ""), config.clientId)
  const merchants = new Set(config.merchants)
  const entries = new Map<string, Entry>()
  const secret = Effect.provideService(Pkce.secret, SecureRandom.SecureRandom, random)

  /** Fetches the token if the principal has decided, no more often than the wallet wants to be asked. */
  const settle = Effect.fnUntraced(function* (entry: Entry) {
    const { held } = entry
    const now = yield* Clock.currentTimeMillis
    if (!isPending(held) || now < held.nextAsk) return
    held.nextAsk = now + held.opened.interval * 1_000
    const fetched = yield* wallet.fetch(held.opened.deviceCode, held.verifier, held.state)
    if (typeof fetched === "object") entry.held = fetched
    else if (fetched === "access_denied") entry.held = "refused"
    else if (fetched === "expired_token") entry.held = "request-expired"
    else if (fetched === "slow_down") held.nextAsk += 5_000
  })

  const view = Effect.fnUntraced(function* ({ held, id }: Entry): Effect.fn.Return<Delegation, DelegationError> {
    if (typeof held === "string") return { id, state: held }
    if (isPending(held)) {
      const { consentUri, userCode } = held.opened
      return { id, state: "awaiting-consent", consentUri, userCode }
    }
    const standing = yield* wallet.introspect(held.token)
    const state = states.get(standing.status) ?? "unusable"
    return {
      id,
      state: state === "active" && !standing.active ? "unusable" : state,
      granted: shown(held),
      ...(standing.remainingAmount !== undefined && { remaining_amount: standing.remainingAmount }),
      ...(standing.remainingCount !== undefined && { remaining_count: standing.remainingCount })
    }
  })

  const request = Effect.fn("Delegations.request")(function* (ask: DelegationAsk) {
    const verifier = Redacted.make(yield* secret)
    const state = yield* secret
    const opened = yield* wallet.open({
      ...(config.clientName !== undefined && { client_name: config.clientName }),
      authorization_details: JSON.stringify([detailOf(ask)]),
      code_challenge: Pkce.challenge(verifier),
      code_challenge_method: "S256",
      state
    })
    const now = yield* Clock.currentTimeMillis
    const id = `delegation_${entries.size + 1}`
    const pending = { opened, verifier, state, nextAsk: now }
    const entry: Entry = { id, held: pending }
    entries.set(id, entry)
    return { id, consentUri: opened.consentUri, userCode: opened.userCode, expiresIn: opened.expiresIn }
  })

  const list = Effect.suspend(() =>
    Effect.forEach([...entries.values()], (entry) => Effect.andThen(settle(entry), view(entry)), { concurrency: 4 })
  ).pipe(Effect.withSpan("Delegations.list"))

  const present = Effect.fn("Delegations.present")(function* (id: string, call: PaidCall) {
    const entry = entries.get(id)
    if (entry === undefined) return yield* refuse("unknown-delegation", "no delegation has this id")
    const prepared = yield* PaidCalling.prepare(call, merchants)
    yield* settle(entry)
    const { held } = entry
    if (isPending(held)) {
      return yield* refuse("not-granted", `the principal has not approved yet; the page is ${held.opened.consentUri}`)
    }
    if (typeof held === "string") {
      return yield* refuse("not-granted", held === "refused" ? "the principal refused" : "the request expired")
    }
    const key = call.idempotency_key ?? (yield* secret)
    return yield* PaidCalling.send(client, prepared, key, held.token, {
      [AgentTokenHeaders.tokenHeader]: Redacted.value(held.token),
      ...(held.sid !== undefined && { [AgentTokenHeaders.sessionHeader]: held.sid })
    })
  })

  return Delegations.of({ request, list, present })
})

/** The delegations of one agent. */
export class Delegations extends Context.Service<
  Delegations,
  {
    /** Asks. The principal decides at `consentUri`, within `expiresIn` seconds. */
    readonly request: (
      ask: DelegationAsk
    ) => Effect.Effect<
      { readonly id: string; readonly consentUri: string; readonly userCode: string; readonly expiresIn: number },
      DelegationError
    >
    /** Every delegation that was asked for here, as the wallet says it stands now. Fetches tokens that are ready. */
    readonly list: Effect.Effect<ReadonlyArray<Delegation>, DelegationError>
    /** Makes a paid call with the delegation's token. */
    readonly present: (id: string, call: PaidCall) => Effect.Effect<PaidAnswer, DelegationError>
  }
>()("@paylayer/alipay-agent/Delegations") {
  static readonly layer = (config: DelegationsConfig): Layer.Layer<Delegations, never, HttpClient.HttpClient> =>
    Layer.effect(Delegations, make(config)).pipe(Layer.provide(SecureRandom.layerWebCrypto))
}
