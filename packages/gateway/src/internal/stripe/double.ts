/**
 * The endpoints of Stripe that payouts use, over accounts and balances in memory: transfers, their reversals, the balance.
 *
 * Objects, parameters and errors as in https://docs.stripe.com/api/transfers, `/transfer_reversals` and `/errors`, as far as the types
 * of the official library name them.
 */
import * as Result from "effect/Result"

/** A transfer as the API shows it; `reversals` is written when it is shown. */
export interface Transfer {
  readonly id: string
  /** Stripe's whole number. */
  readonly amount: bigint
  /** In seconds. */
  readonly created: number
  readonly currency: string
  readonly description: string | null
  readonly destination: string
  readonly metadata: Readonly<Record<string, string>>
  readonly transfer_group: string | null
  readonly reversals: Array<Reversal>
}

export interface Reversal {
  readonly id: string
  readonly amount: bigint
  readonly created: number
}

export interface State {
  /** By id: whether money can be transferred to it. */
  readonly accounts: Map<string, "open" | "closed">
  /** What the platform can transfer, by currency in lower case. */
  readonly balances: Map<string, bigint>
  readonly transfers: Array<Transfer>
  made: number
}

export interface Failure {
  readonly status: number
  readonly error: {
    readonly type: string
    readonly code?: string
    readonly param?: string
    readonly message: string
  }
}

type Answer = Result.Result<object, Failure>
type Parameters = ReadonlyMap<string, string>

export const failure = (status: number, type: string, message: string, code?: string, param?: string): Failure => ({
  status,
  error: { type, message, ...(code !== undefined && { code }), ...(param !== undefined && { param }) }
})

const invalid = (message: string, code: string, param?: string, status = 400) =>
  Result.fail(failure(status, "invalid_request_error", message, code, param))

const numbered = (state: State, prefix: string): string => `${prefix}_${String(++state.made).padStart(14, "0")}`

const list = (url: string, data: ReadonlyArray<object>, more = false) => ({ object: "list", url, has_more: more, data })

const showReversal = (transfer: Transfer, { amount, created, id }: Reversal) => ({
  id,
  object: "transfer_reversal",
  amount: Number(amount),
  balance_transaction: null,
  created,
  currency: transfer.currency,
  destination_payment_refund: null,
  metadata: {},
  source_refund: null,
  transfer: transfer.id
})

const reversedOf = ({ reversals }: Transfer): bigint => reversals.reduce((sum, { amount }) => sum + amount, 0n)

/** A transfer, with the ten newest of its reversals. */
export const show = (transfer: Transfer) => {
  const url = `/v1/transfers/${transfer.id}/reversals`
  const shown = transfer.reversals.toReversed().map((reversal) => showReversal(transfer, reversal))
  return {
    ...transfer,
    object: "transfer",
    amount: Number(transfer.amount),
    amount_reversed: Number(reversedOf(transfer)),
    balance_transaction: `txn_${transfer.id.slice(3)}`,
    destination_payment: `py_${transfer.id.slice(3)}`,
    livemode: false,
    reversals: list(url, shown.slice(0, 10), shown.length > 10),
    reversed: reversedOf(transfer) === transfer.amount,
    source_transaction: null,
    source_type: "card"
  }
}

const whole = (text: string | undefined): bigint | undefined =>
  text !== undefined && /^[1-9]\d{0,15}$/.test(text) ? BigInt(text) : undefined

const createTransfer = (state: State, parameters: Parameters, now: number): Answer => {
  const [currency, destination] = [parameters.get("currency"), parameters.get("destination")]
  const amount = whole(parameters.get("amount"))
  if (amount === undefined) return invalid("Invalid positive integer", "parameter_invalid_integer", "amount")
  if (currency === undefined || !/^[a-z]{3}$/.test(currency)) {
    return invalid(`Invalid currency: ${currency}`, "parameter_unknown", "currency")
  }
  if (destination === undefined)
    return invalid("Missing required param: destination.", "parameter_missing", "destination")
  if (state.accounts.get(destination) !== "open") {
    return state.accounts.has(destination)
      ? invalid("Your destination account cannot receive transfers.", "insufficient_capabilities_for_transfer")
      : invalid(`No such destination: '${destination}'`, "resource_missing", "destination")
  }
  const balance = state.balances.get(currency) ?? 0n
  if (balance < amount) {
    return invalid("You have insufficient available funds in your Stripe account.", "balance_insufficient")
  }
  const metadata = [...parameters].flatMap(([name, value]) => {
    const key = /^metadata\[(.+)\]$/.exec(name)?.[1]
    return key === undefined ? [] : [[key, value] as const]
  })
  const transfer: Transfer = {
    id: numbered(state, "tr"),
    amount,
    created: Math.floor(now / 1_000),
    currency,
    description: parameters.get("description") ?? null,
    destination,
    metadata: Object.fromEntries(metadata),
    transfer_group: parameters.get("transfer_group") ?? null,
    reversals: []
  }
  state.balances.set(currency, balance - amount)
  state.transfers.push(transfer)
  return Result.succeed(show(transfer))
}

/** Takes back a part of a transfer, or all that is left of it. */
export const createReversal = (state: State, transfer: Transfer, asked: string | undefined, now: number): Answer => {
  const left = transfer.amount - reversedOf(transfer)
  const amount = asked === undefined ? left : whole(asked)
  if (amount === undefined) return invalid("Invalid positive integer", "parameter_invalid_integer", "amount")
  if (left === 0n) return invalid("The transfer is already fully reversed.", "transfer_already_reversed")
  if (amount > left) return invalid("The amount is more than is left of the transfer.", "amount_too_large", "amount")
  const reversal = { id: numbered(state, "trr"), amount, created: Math.floor(now / 1_000) }
  transfer.reversals.push(reversal)
  state.balances.set(transfer.currency, (state.balances.get(transfer.currency) ?? 0n) + amount)
  return Result.succeed(showReversal(transfer, reversal))
}

/** A page of what is newest first, as `limit` and `starting_after` ask for. */
const page = (url: string, all: ReadonlyArray<{ readonly id: string }>, parameters: Parameters): Answer => {
  const size = Number(parameters.get("limit") ?? 10)
  const after = parameters.get("starting_after")
  const start = after === undefined ? 0 : all.findIndex(({ id }) => id === after) + 1
  if (after !== undefined && start === 0)
    return invalid(`No such object: '${after}'`, "resource_missing", "starting_after")
  return Result.succeed(list(url, all.slice(start, start + size), start + size < all.length))
}

/** Does what a request asks for. It is well formed and its key is right. */
export const act = (state: State, method: string, path: string, parameters: Parameters, now: number): Answer => {
  if (path === "/v1/balance" && method === "GET") {
    const available = [...state.balances].map(([currency, minor]) => ({ currency, amount: Number(minor) }))
    return Result.succeed({ object: "balance", available, livemode: false, pending: [] })
  }
  if (path === "/v1/transfers") {
    if (method === "POST") return createTransfer(state, parameters, now)
    const [group, destination] = [parameters.get("transfer_group"), parameters.get("destination")]
    const found = state.transfers
      .filter(
        (transfer) =>
          (group === undefined || transfer.transfer_group === group) &&
          (destination === undefined || transfer.destination === destination)
      )
      .toReversed()
    return page(path, found.map(show), parameters)
  }
  const [, id, reversals] = /^\/v1\/transfers\/(\w+)(\/reversals)?$/.exec(path) ?? []
  const transfer = state.transfers.find((one) => one.id === id)
  if (id !== undefined && transfer === undefined)
    return invalid(`No such transfer: '${id}'`, "resource_missing", "id", 404)
  if (transfer !== undefined && reversals === undefined && method === "GET") return Result.succeed(show(transfer))
  if (transfer !== undefined && reversals !== undefined) {
    return method === "POST"
      ? createReversal(state, transfer, parameters.get("amount"), now)
      : page(
          path,
          transfer.reversals.toReversed().map((one) => showReversal(transfer, one)),
          parameters
        )
  }
  return Result.fail(failure(404, "invalid_request_error", `Unrecognized request URL (${method}: ${path}).`))
}
