/**
 * Payouts over Stripe Connect: a transfer from the platform's balance to a connected account, through the official library.
 *
 * The payout's number is the idempotency key and the transfer's group, so that the same transfer is asked for however often it is
 * sent, and found when it is looked up. Stripe forgets keys after 24 hours; what went unanswered is therefore looked up first, and sent
 * again only where there is no transfer.
 *
 * | Stripe says | reason | |
 * |---|---|---|
 * | the transfer that was asked for | | paid |
 * | 400, 402, 404 | `refused` | the account takes none, the balance is not enough, the currency is not taken |
 * | 401, 403, 429 | `later` | the key is wrong or may not, too many requests |
 * | anything else: 409, 5xx, nothing, another transfer, no JSON | `unknown` | |
 *
 * A transfer is the developer's once it is made; Stripe pays it on to a bank by the account's own schedule.
 * Sources: https://docs.stripe.com/api/transfers, `/idempotent_requests`, `/errors`.
 */
import * as Money from "@paylayer/core/Money"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Stripe } from "stripe"
import * as Amounts from "./internal/stripe/amounts.ts"
import type { Found, Instruction, PayoutRail } from "./PayoutRail.ts"
import { RailError } from "./PayoutRail.ts"
import { StripeConfig } from "./StripeConfig.ts"

export interface Options {
  /** How the library makes requests. Default: its own, over sockets. */
  readonly httpClient?: Stripe.HttpClient
  /** For how long after it was sent a request may still act. Default: 10 minutes. */
  readonly inFlight?: Duration.Input
}

/** How many reversals of a transfer are read at most. */
const reversalsAtMost = 1_000

const no = (reason: "refused" | "later", message: string, code?: string) =>
  new RailError({ reason, moved: "no", message, ...(code !== undefined && { code }) })

const unknown = (message: string, code?: string) =>
  new RailError({ reason: "unknown", moved: "unknown", message, ...(code !== undefined && { code }) })

type Errors = (typeof Stripe)["errors"]
type Explain = (error: unknown) => RailError

/** The connection was lost, and nobody knows with what. */
class ConnectionLost extends Error {}

/**
 * Asks once. By itself the library asks again where a connection was closed, and then tells only what the second answer was: a refusal of
 * it would hide that the first request may have moved money.
 */
const once = (client: Stripe.HttpClient): Stripe.HttpClient => ({
  getClientName: () => client.getClientName(),
  makeRequest: (...request) =>
    client.makeRequest(...request).catch((cause: unknown) => {
      throw new ConnectionLost("the connection to Stripe was lost", { cause })
    })
})

/** What the library threw, of a request that asks for a transfer. */
const refusal =
  (errors: Errors): Explain =>
  (error) => {
    if (!(error instanceof errors.StripeError)) return unknown("the answer could not be read")
    const { code, message } = error
    // Something else was sent under this number: what became of it, a lookup says.
    if (error instanceof errors.StripeIdempotencyError) return unknown(message, "idempotency_error")
    if (error instanceof errors.StripeInvalidRequestError || error instanceof errors.StripeCardError) {
      return no("refused", message, code)
    }
    return error instanceof errors.StripeAuthenticationError ||
      error instanceof errors.StripePermissionError ||
      error instanceof errors.StripeRateLimitError
      ? no("later", message, code)
      : unknown(message, code)
  }

/** Of a request that only reads: nothing is known, whatever it is. */
const unread =
  (errors: Errors): Explain =>
  (error) =>
    error instanceof errors.StripeError ? unknown(error.message, error.code) : unknown("the answer could not be read")

/** Whether a transfer is the one that was asked for. */
const isOf = ({ destination, money, number }: Instruction, transfer: Stripe.Transfer): boolean => {
  const to = typeof transfer.destination === "string" ? transfer.destination : transfer.destination?.id
  return (
    destination.rail === "stripe" &&
    to === destination.account &&
    transfer.transfer_group === number &&
    transfer.currency === money.currency.toLowerCase() &&
    Amounts.decode(money.currency, transfer.amount) === money.minor
  )
}

export const make = Effect.fnUntraced(function* (
  options: Options = {}
): Effect.fn.Return<PayoutRail, never, StripeConfig> {
  const { api, secretKey, timeout } = yield* StripeConfig
  // It takes a quarter of a second to load.
  const { Stripe: Library } = yield* Effect.promise(() => import("stripe"))
  const [refused, unreadable] = [refusal(Library.errors), unread(Library.errors)]
  const client = yield* Effect.sync(
    () =>
      new Library(Redacted.value(secretKey), {
        protocol: api.protocol === "http:" ? "http" : "https",
        host: api.hostname,
        port: api.port === "" ? (api.protocol === "http:" ? 80 : 443) : Number(api.port),
        timeout: Duration.toMillis(timeout),
        // What went unanswered is looked up, not sent again at once.
        maxNetworkRetries: 0,
        telemetry: false,
        httpClient: once(options.httpClient ?? Library.createNodeHttpClient())
      })
  )

  const call = <A>(ask: () => Promise<A>, explain: Explain): Effect.Effect<A, RailError> =>
    Effect.tryPromise({ try: ask, catch: explain }).pipe(
      Effect.timeoutOrElse({
        duration: timeout,
        orElse: () => Effect.fail(unknown(`Stripe did not answer in ${Duration.format(timeout)}`))
      })
    )

  const send: PayoutRail["send"] = (instruction) => {
    const { destination, developer, money, number, payout } = instruction
    const amount = Amounts.encode(money)
    if (Result.isFailure(amount)) return Effect.fail(no("refused", amount.failure))
    if (destination.rail !== "stripe") return Effect.fail(no("refused", "this is no account of Stripe"))
    const asked = {
      amount: amount.success,
      currency: money.currency.toLowerCase(),
      destination: destination.account,
      transfer_group: number,
      metadata: { payout, developer }
    }
    return Effect.flatMap(
      call(() => client.transfers.create(asked, { idempotencyKey: number }), refused),
      (transfer) =>
        isOf(instruction, transfer)
          ? Effect.succeed({ reference: transfer.id })
          : Effect.fail(unknown("Stripe answered with what is not the transfer that was asked for"))
    )
  }

  /** What was taken back, each reversal once. */
  const reversals = Effect.fnUntraced(function* ({ money }: Instruction, transfer: Stripe.Transfer) {
    if (transfer.amount_reversed === 0) return []
    const all = transfer.reversals.has_more
      ? yield* call(
          () =>
            client.transfers.listReversals(transfer.id, { limit: 100 }).autoPagingToArray({ limit: reversalsAtMost }),
          unreadable
        )
      : transfer.reversals.data
    const found: Array<{ readonly id: string; readonly minor: bigint }> = []
    for (const { amount, id } of all) {
      const minor = Amounts.decode(money.currency, amount)
      if (minor === undefined) return yield* unknown(`a reversal is of ${amount}, which is no amount`)
      found.push({ id, minor })
    }
    return found
  })

  const lookup: PayoutRail["lookup"] = Effect.fnUntraced(function* (
    instruction: Instruction
  ): Effect.fn.Return<Found, RailError> {
    const { data } = yield* call(
      () => client.transfers.list({ transfer_group: instruction.number, limit: 2 }),
      unreadable
    )
    if (!Array.isArray(data)) return yield* unknown("Stripe answered with what is not a list")
    const [transfer, another] = data
    if (transfer === undefined) return { _tag: "NotPaid" }
    if (another !== undefined || !isOf(instruction, transfer)) {
      return yield* unknown(`Stripe has another transfer, or more than one, under ${instruction.number}`)
    }
    return { _tag: "Paid", reference: transfer.id, reversals: yield* reversals(instruction, transfer) }
  })

  return {
    id: "stripe",
    pays: () => true,
    inFlight: Duration.fromInputUnsafe(options.inFlight ?? "10 minutes"),
    plan: (_developer, atMost) => {
      const money = Amounts.atMost(atMost)
      return Effect.succeed(Money.equals(money, Money.zero(money.currency)) ? [] : [{ money }])
    },
    send,
    lookup
  }
})
