/**
 * The way of a purchase: ask → choose → claim → present → send → settle.
 */
import type { Charge } from "@paylayer/core/Charge"
import * as Digest from "@paylayer/core/Digest"
import * as Ledger from "@paylayer/core/Ledger"
import * as SpendingLimit from "@paylayer/core/SpendingLimit"
import * as Clock from "effect/Clock"
import * as SecureRandom from "effect/crypto/SecureRandom"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Answer, Bought, Call } from "../Call.ts"
import type { Options } from "../Payer.ts"
import { PurchaseError, refuse } from "../PurchaseError.ts"
import type { Wallet } from "../Wallet.ts"
import { type Choice, choose } from "./choosing.ts"
import * as Recorded from "./recorded.ts"
import { again, type Verdict, verdict } from "./verdict.ts"

type Restore = <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** How long a purchase is expected to take; nothing is decided by it. */
const lifetime = 15 * 60_000

/** A purchase that is recorded, and may be presented. */
interface Paying {
  readonly purchase: string
  readonly key: string
  readonly choice: Choice
}

const inFlight = refuse("in-flight", "the same purchase is being made right now")
const unrecorded = refuse("ledger-unavailable", "the agent's ledger did not record the purchase; nothing was paid")
const walletMissing = refuse("no-wallet", "the wallet that made the earlier purchase is not here")

const unresolved = (purchase: string, why: string) =>
  new PurchaseError({
    reason: "unresolved",
    message: `${why}; the same call again asks for the answer and pays nothing more`,
    moved: "unknown",
    purchase
  })

export const make = Effect.fnUntraced(function* (wallets: ReadonlyArray<Wallet>, options: Options) {
  const ledger = yield* Ledger.Ledger
  const random = yield* SecureRandom.SecureRandom
  const { attempts = 3, limits = [], name = "agent", perCall, timeout = "60 seconds" } = options
  /** The purchases that fibers of this process are at. */
  const underWay = new Set<string>()

  const keyOf = ({ merchant }: Pick<Call<never, never, never>, "merchant">, key: string) =>
    Digest.sha256List(["purchase", name, merchant, key])
  /** What makes two calls the same one. */
  const requestOf = ({ bodyDigest, merchant, method, resource }: Omit<Call<never, never, never>, "send">) =>
    Digest.sha256List([merchant, method, resource, bodyDigest])

  const chargeOf = Effect.fnUntraced(function* <A, E, R>(call: Call<A, E, R>, { offer }: Choice) {
    const now = yield* Clock.currentTimeMillis
    const charge: Charge = {
      id: `ch_${(yield* random.uuidV7()).replaceAll("-", "")}`,
      money: offer.money,
      merchant: call.merchant,
      method: call.method,
      resource: call.resource,
      binding: requestOf(call),
      openedAt: DateTime.makeUnsafe(now),
      expiresAt: DateTime.makeUnsafe(now + lifetime)
    }
    return charge
  })

  /** Claims the key, reserves the money, and writes down what is about to be paid. */
  const claim = Effect.fnUntraced(function* <A, E, R>(call: Call<A, E, R>, key: string, choice: Choice) {
    const charge = yield* chargeOf(call, choice)
    const { id } = charge
    /** It may be recorded all the same, where only the reply was lost. */
    const giveUp = () => Effect.andThen(Effect.ignore(ledger.advance(id, { to: "released" })), Effect.fail(unrecorded))
    const opening: Ledger.Opening = {
      charge,
      protocol: choice.wallet.protocol,
      payer: name,
      key: keyOf(call, key),
      request: charge.binding,
      reservations: SpendingLimit.reservations(limits, { id: name, payer: name }, charge)
    }
    const opened = yield* Effect.catchTags(ledger.open(opening), {
      ReservationRefused: () => Effect.fail(refuse("budget-exhausted", "it does not fit in what is left of a budget")),
      LedgerError: giveUp
    })
    if (opened._tag === "Existing") return opened
    const authorization = Recorded.record(key, choice)
    yield* ledger
      .advance(id, { to: "authorized", authorization }, { to: "delivered" }, { to: "settling" })
      .pipe(Effect.catch(giveUp))
    return { _tag: "Claimed" as const, paying: { purchase: id, key, choice } }
  })

  /** The headers that pay. A prepaid wallet pays now, if it has not. */
  const present = Effect.fnUntraced(function* ({ choice, key, purchase }: Paying) {
    const credential = yield* Effect.mapError(choice.wallet.present(choice.offer), ({ message, moved }) =>
      moved === "no" ? refuse("wallet-refused", message) : unresolved(purchase, message)
    )
    const headers: Record<string, string> = { "idempotency-key": key }
    for (const name in credential) headers[name] = Redacted.value(credential[name]!)
    return headers
  })

  /** Sends until an answer comes that is the last word, for as often as may be. */
  const insist = <A, E, R>(
    call: Call<A, E, R>,
    { choice, purchase }: Paying,
    headers: Readonly<Record<string, string>>
  ): Effect.Effect<Answer<A>, PurchaseError, R> => {
    const { offer, wallet } = choice
    const send = (left: number) =>
      left < attempts ? call.send(headers) : call.send(headers, { protocol: wallet.protocol, offer })
    const attempt = (left: number): Effect.Effect<Answer<A>, PurchaseError, R> =>
      Effect.flatMap(Effect.option(Effect.timeoutOption(send(left), timeout)), (sent) => {
        const answer = Option.getOrUndefined(Option.flatten(sent))
        const seconds = answer === undefined ? 1 : again(answer)
        if (seconds !== undefined && left > 1) {
          return Effect.delay(
            Effect.suspend(() => attempt(left - 1)),
            seconds * 1000
          )
        }
        return answer === undefined
          ? Effect.fail(unresolved(purchase, "the merchant gave no answer"))
          : Effect.succeed(answer)
      })
    return attempt(attempts)
  }

  const ask = <A, E, R>(call: Call<A, E, R>, paying: Paying) =>
    Effect.flatMap(present(paying), (headers) => insist(call, paying, headers))

  /** What is known of a purchase when it ends. One that was interrupted, died or got no answer is unknown. */
  const verdictOf = <A>({ choice }: Paying, exit: Exit.Exit<Answer<A>, PurchaseError>): Verdict => {
    if (Exit.isSuccess(exit)) return verdict(choice, exit.value)
    const error = Result.getOrUndefined(Exit.findError(exit))
    return error?.moved === "no"
      ? { to: "declined", cause: error.reason }
      : { to: "unknown", cause: Exit.hasInterrupts(exit) ? "interrupted" : "unanswered" }
  }

  /** Pays, and writes down what came of it, whatever happens. */
  const pay = <A, E, R>(call: Call<A, E, R>, paying: Paying, restore: Restore) =>
    Effect.suspend(() => {
      const { purchase } = paying
      underWay.add(purchase)
      return Effect.flatMap(Effect.exit(restore(ask(call, paying))), (exit) => {
        const { cause, receipt, to } = verdictOf(paying, exit)
        return ledger.advance(purchase, { to, cause, ...(receipt === undefined ? {} : { receipt }) }).pipe(
          // It stays `settling`, and is taken up when the same call comes again.
          Effect.catch(() => Effect.logError(`purchase ${purchase} is not closed: ledger_unavailable`)),
          Effect.andThen(exit),
          Effect.map(({ value }): Bought<A> => ({ value, purchase, ...(receipt === undefined ? {} : { receipt }) })),
          Effect.ensuring(Effect.sync(() => underWay.delete(purchase)))
        )
      })
    })

  /** Takes up a purchase that nobody is at; nothing where it never got as far as paying. */
  const takeUp = Effect.fnUntraced(function* (entry: Ledger.Entry) {
    const { charge, owner, state } = entry
    if (underWay.has(charge.id)) return undefined
    const found = Recorded.recorded(wallets, entry)
    if (state === "unknown") {
      if (found === undefined) return yield* walletMissing
      const taking = ledger.advance(charge.id, { to: "settling", cause: "repeated" })
      yield* Effect.mapError(taking, () => inFlight)
      return { purchase: charge.id, ...found }
    }
    if (owner !== ledger.owner) {
      const adopted = yield* Effect.orElseSucceed(ledger.adopt(charge.id), () => undefined)
      if (adopted === undefined) return undefined
    }
    if (state === "settling" && found !== undefined) return { purchase: charge.id, ...found }
    yield* Effect.ignore(ledger.advance(charge.id, { to: "released", cause: "never_paid" }))
    return undefined
  })

  /** An earlier purchase of the same call whose outcome is not known. */
  const leftBehind = Effect.fnUntraced(function* <A, E, R>(call: Call<A, E, R>) {
    const { merchant, resource } = call
    const states = [...Ledger.states.filter(Ledger.isOpen), "unknown" as const]
    const entries = yield* Effect.mapError(ledger.list({ payer: name, merchant, resource, states }), () => unrecorded)
    const request = requestOf(call)
    const key = call.key === undefined ? undefined : keyOf(call, call.key)
    for (const entry of entries) {
      if (entry.request !== request || (key !== undefined && entry.key !== key)) continue
      const paying = yield* takeUp(entry)
      if (paying !== undefined) return paying
    }
    return undefined
  })

  /** The key is a purchase already: its answer is asked for again, with what paid for it. */
  const repeat = Effect.fnUntraced(function* <A, E, R>(call: Call<A, E, R>, entry: Ledger.Entry) {
    const { charge, receipt, request, state } = entry
    if (request !== requestOf(call)) {
      return yield* refuse("key-conflict", "the idempotency key belongs to another call")
    }
    if (Ledger.isOpen(state)) return yield* inFlight
    const found = Recorded.recorded(wallets, entry)
    if (found === undefined) return yield* walletMissing
    const { value } = yield* ask(call, { purchase: charge.id, ...found })
    const bought: Bought<A> = { value, purchase: charge.id, ...(receipt === undefined ? {} : { receipt }) }
    return bought
  })

  const buy = <A, E, R>(call: Call<A, E, R>): Effect.Effect<Bought<A>, E | PurchaseError, R> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function* () {
        const left = yield* leftBehind(call)
        if (left !== undefined) return yield* pay(call, left, restore)
        const key = call.key ?? (yield* random.uuidV4())
        const first = yield* restore(call.send({ "idempotency-key": key }))
        if (first.unpaid === undefined) return { value: first.value }
        const choice = yield* Effect.fromResult(choose(wallets, perCall, first.unpaid))
        const claimed = yield* claim(call, key, choice)
        return claimed._tag === "Claimed"
          ? yield* pay(call, claimed.paying, restore)
          : yield* restore(repeat(call, claimed.entry))
      })
    )

  return {
    buy,
    unresolved: ledger.list({ payer: name, states: ["unknown"] }),
    resolve: (purchase: string, moved: "yes" | "no") =>
      ledger
        .advance(purchase, { to: moved === "yes" ? "settled" : "declined", cause: "resolved_by_hand" })
        .pipe(Effect.catchTag("ReservationRefused", Effect.die))
  }
})
