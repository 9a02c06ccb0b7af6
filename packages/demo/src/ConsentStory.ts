/**
 * The consent story: an agent asks for a delegation, its principal grants less on the consent page, and takes it back.
 *
 * Agent and principal speak plain HTTP; the principal posts the page's forms, as a browser without scripts does.
 */
import { type Delegation, Delegations } from "@paylayer/alipay-agent/Delegations"
import type { PaidAnswer } from "@paylayer/alipay-agent/PaidCall"
import { SandboxServer } from "@paylayer/alipay-sandbox/SandboxServer"
import * as SandboxPrincipal from "@paylayer/alipay-sandbox/SandboxPrincipal"
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import * as Agent from "./Agent.ts"
import * as ExampleGateway from "./ExampleGateway.ts"
import type { Step } from "./Story.ts"

const asked = { max_total_amount: "10.00", max_single_amount: "5.00", purpose: "Market research for Li Lei" }

/** An agent that asked and was granted, changed like this on the page, and its calls to the API. */
const granted = Effect.fnUntraced(function* (api: string, changes: SandboxPrincipal.Changes) {
  const delegations = yield* Delegations
  const principal = yield* SandboxPrincipal.make()
  const { consentUri, id } = yield* delegations.request(asked)
  yield* principal.approve(consentUri, changes)
  const call = delegations.present(id, {
    url: `${api}${ExampleGateway.path}`,
    body: { market: "consumer-electronics", region: "asia-pacific" }
  })
  const paid = Effect.map(call, answerOf)
  return { principal, paid, delegation: Effect.map(delegations.list, (all) => all.find((one) => one.id === id)) }
})

const answerOf = (paid: PaidAnswer): Agent.Answer =>
  Agent.answer(paid.status, JSON.parse(paid.body) as unknown, paid.receipt)

const terms = (delegation: Delegation | undefined): string => {
  const { max_single_amount, max_total_amount } = delegation?.granted ?? {}
  const said = (money: Money.Money | undefined) => (money === undefined ? "nothing" : Money.print(money))
  return `${said(max_total_amount)} in all, ${said(max_single_amount)} a call`
}

const told = Effect.fnUntraced(function* (api: string) {
  const { url } = yield* SandboxServer
  const one = yield* granted(api, { max_total_amount: "3.00", max_single_amount: "2.00" })
  const [mine] = (yield* AlipaySandbox.use((sandbox) => sandbox.tokens)).slice(-1)
  const first = yield* one.paid
  const note = `asked for CNY 10.00, granted ${terms(yield* one.delegation)}`
  const over = yield* (yield* granted(api, { max_single_amount: "1.00" })).paid
  yield* one.principal.act(url, mine?.id ?? "", "revoke")
  const after = yield* one.paid
  const steps: ReadonlyArray<Step> = [
    {
      title: "asks, is granted less, and pays",
      status: 200,
      code: "ok",
      answer: first,
      note,
      holds: note.endsWith("granted CNY 3.00 in all, CNY 2.00 a call")
    },
    { title: "is over a limit that was lowered", status: 402, code: "limit_exceeded", answer: over },
    {
      title: "is revoked on its principal's page",
      status: 402,
      code: "credential_revoked",
      answer: after,
      holds: (yield* one.delegation)?.state === "revoked"
    }
  ]
  return steps
})

/** The steps, in the order they are told. */
export const steps = (api: string) =>
  Effect.flatMap(SandboxServer, ({ url }) =>
    Effect.provide(
      told(api),
      Delegations.layer({ wallet: url, clientId: "agent_demo", clientName: "Demo agent", merchants: [api] })
    )
  )
