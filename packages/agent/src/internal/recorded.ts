/**
 * What the agent's ledger keeps of a purchase, so that it can be presented again.
 */
import type { Entry } from "@paylayer/core/Ledger"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { Offer, type Wallet } from "../Wallet.ts"
import type { Choice } from "./choosing.ts"

const Recorded = Schema.Struct({
  /** The idempotency key it was sent with. */
  key: Schema.String,
  offer: Offer
})

const encode = Schema.encodeSync(Schema.toCodecJson(Recorded))
const decode = Schema.decodeUnknownResult(Schema.toCodecJson(Recorded))

export const record = (key: string, { offer }: Choice): Schema.Json => encode({ key, offer })

/** What was recorded, with the wallet that pays it; nothing where that wallet is not here. */
export const recorded = (
  wallets: ReadonlyArray<Wallet>,
  { authorization, protocol }: Entry
): { readonly key: string; readonly choice: Choice } | undefined => {
  const wallet = wallets.find((one) => one.protocol === protocol)
  const found = Result.getOrUndefined(decode(authorization))
  return wallet === undefined || found === undefined
    ? undefined
    : { key: found.key, choice: { wallet, offer: found.offer } }
}
