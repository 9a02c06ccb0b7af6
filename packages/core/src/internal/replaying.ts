/**
 * Replaying: a key that is taken gets the earlier charge's answer, if it is this request's. What is unknown is looked up first.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Ledger from "../Ledger.ts"
import type * as PaymentError from "../PaymentError.ts"
import type { AnyProtocol } from "../PaymentProtocol.ts"
import type { Receipt } from "../Receipt.ts"
import type { Sale } from "../Sale.ts"
import { occupied } from "./claiming.ts"
import { joined } from "./joined.ts"
import { authorizationOf } from "./recovering.ts"
import { cutOff } from "./settling.ts"
import type { Till } from "./till.ts"

export interface Replayed<A> {
  readonly entry: Ledger.Entry
  readonly receipt: Receipt | undefined
  /** The kept answer; nothing where none was kept, or it cannot be read any more. */
  readonly value: { readonly is: A } | undefined
}

export const make = ({ ledger, settling, detached }: Till) => {
  /** Confirms in the background what the agent has paid for; whoever moves the charge on in the ledger does it. */
  const confirmAgain = (protocol: AnyProtocol, entry: Ledger.Entry) =>
    Effect.gen(function* () {
      const authorization = yield* authorizationOf(protocol, entry)
      yield* ledger.advance(entry.charge.id, { to: "settling", cause: "repeated_request" })
      yield* detached(settling.confirm({ protocol, authorization, charge: entry.charge }))
    }).pipe(Effect.ignore)

  const receiptOf = Effect.fnUntraced(function* (protocol: AnyProtocol, entry: Ledger.Entry) {
    const { charge, state } = entry
    if (state !== "unknown") return entry.receipt
    const authorization = yield* authorizationOf(protocol, entry)
    const resumed = yield* detached(settling.resume({ protocol, authorization, charge }))
    return yield* joined(resumed, () => cutOff(charge))
  })

  return Effect.fnUntraced(function* <A>(
    protocol: AnyProtocol,
    sale: Sale<A>,
    entry: Ledger.Entry,
    request: string
  ): Effect.fn.Return<Replayed<A>, PaymentError.PaymentError> {
    const prepaid = protocol.manifest.flow === "prepaid-then-confirm"
    // An agent that paid before need not wait for the confirmation of what was delivered to it.
    const delivered = prepaid && entry.answer !== undefined && sale.keep !== undefined
    const busy = occupied(protocol, entry, request)
    if (busy !== undefined && (busy.reason._tag !== "ChargeInFlight" || !delivered)) return yield* busy
    let receipt = entry.receipt
    if (!prepaid) receipt = yield* receiptOf(protocol, entry)
    else if (entry.state === "unknown") yield* confirmAgain(protocol, entry)
    const { keep } = sale
    const { answer } = entry
    if (keep === undefined || answer === undefined || entry.state === "refunded") {
      return { entry, receipt, value: undefined }
    }
    const decoded = Result.try(() => ({ is: keep.decode(answer) }))
    return { entry, receipt, value: Result.getOrUndefined(decoded) }
  })
}
