/**
 * Wallets: an agent's tokens, whose budgets together are more than the agent may spend here.
 */
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import * as VoucherCode from "@paylayer/conformance/reference/VoucherCode"
import * as Money from "@paylayer/core/Money"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Terms from "./Terms.ts"

export interface Token {
  /** The mandate's id, as the provider's movements name it. */
  readonly id: string
  /** The credential, for a header. */
  readonly headers: Readonly<Record<string, string>>
  /** Nothing fits in it any more, as far as was heard. */
  spent: boolean
}

export interface Wallet {
  readonly protocol: string
  readonly agent: string
  readonly tokens: ReadonlyArray<Token>
}

const tokensPerWallet = 2

/** Later than any test. */
const expiresAt = DateTime.makeUnsafe("2099-01-01T00:00:00Z")

/** A wallet of Alipay's agent tokens, from the sandbox. */
export const alipay = Effect.fnUntraced(function* (number: number) {
  const agent = `agent-a${number}`
  const issue = AlipaySandbox.use((sandbox) =>
    sandbox.issue({
      agent_id: agent,
      max_total_amount: Money.decimalString(Terms.budget),
      validity_end_time: DateTime.formatIso(expiresAt)
    })
  ).pipe(
    Effect.orDie,
    Effect.map(({ id, token }): Token => ({
      id,
      headers: { "x-alipay-agent-token": Redacted.value(token) },
      spent: false
    }))
  )
  const tokens = yield* Effect.replicateEffect(issue, tokensPerWallet)
  return { protocol: "alipay-trust", agent, tokens } satisfies Wallet
})

/** A wallet of vouchers, signed with this key. */
export const voucher = (key: string) => (number: number) =>
  Effect.sync((): Wallet => {
    const payer = `agent-v${number}`
    const tokens = Array.from({ length: tokensPerWallet }, (_, index): Token => {
      const id = `voucher-${number}-${index}`
      const terms = VoucherCode.write({ id, payer, currencies: ["CNY"], budget: [Terms.budget], expiresAt })
      const code = Buffer.from(terms).toString("base64url")
      return { id, headers: { "x-voucher": `${code}.${VoucherCode.mac(code, key)}` }, spent: false }
    })
    return { protocol: "voucher", agent: payer, tokens }
  })
