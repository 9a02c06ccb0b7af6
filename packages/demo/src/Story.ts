/**
 * The story of the demo: what an agent tries, and what must come of it.
 */
import { AlipaySandbox } from "@paylayer/alipay-sandbox/AlipaySandbox"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Agent from "./Agent.ts"

/** One step: what was tried, what must be answered, and what was. */
export interface Step {
  readonly title: string
  readonly status: number
  readonly code: string
  /** What to show of it; the answer's receipt or detail where it is left out. */
  readonly note?: string
  /** Whether it went as it must, beyond status and code. */
  readonly holds?: boolean
  readonly answer: Agent.Answer
}

type Ask = ReturnType<typeof Agent.ask>

const tokenHeader = "x-alipay-agent-token"

const step = (
  title: string,
  status: number,
  code: string,
  answer: Agent.Answer,
  more: Pick<Step, "note" | "holds"> = {}
): Step => ({
  title,
  status,
  code,
  answer,
  ...more
})

/** Pays with a fresh token of these terms. */
const withTerms = (ask: Ask, terms: Parameters<typeof Agent.token>[0]) =>
  Effect.flatMap(Agent.token(terms), ({ text }) => ask({ [tokenHeader]: text }))

const iso = (offset: { readonly hours: number }) =>
  Effect.map(DateTime.now, (now) => DateTime.formatIso(DateTime.add(now, offset)))

const movements = AlipaySandbox.use((sandbox) => Effect.map(sandbox.movements, (all) => all.length))

/** Runs `effect` and counts what the provider moved meanwhile. */
const counted = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const before = yield* movements
    const value = yield* effect
    return { value, moved: (yield* movements) - before }
  })

const paid = (ask: Ask) => [
  Effect.map(withTerms(ask, {}), (answer) => step("pays by x-alipay-agent-token", 200, "ok", answer)),
  Effect.map(
    Effect.flatMap(Agent.token(), ({ text }) => ask({ authorization: `Bearer ${text}` })),
    (answer) => step("pays by Authorization: Bearer", 200, "ok", answer)
  ),
  Effect.map(withTerms(ask, { currency: "USD", max_total_amount: "5.00" }), (answer) =>
    step("pays in USD", 200, "ok", answer)
  ),
  Effect.map(withTerms(ask, { currency: "EUR", max_total_amount: "5.00" }), (answer) =>
    step("pays in EUR", 200, "ok", answer)
  ),
  Effect.map(withTerms(ask, { opaque: true }), (answer) => step("pays with an opaque token", 200, "ok", answer)),
  Effect.map(
    Effect.flatMap(Agent.token({ sid: "session_xyz789" }), ({ text }) =>
      ask({ [tokenHeader]: text, "x-alipay-session-id": "session_xyz789" })
    ),
    (answer) => step("pays within its session", 200, "ok", answer)
  )
]

const ways = (body: unknown): string => {
  const accepts =
    (body as { readonly accepts?: ReadonlyArray<{ readonly currency: string; readonly amount: string }> }).accepts ?? []
  const ways = new Set(accepts.map(({ amount, currency }) => `${currency} ${amount}`))
  return `offers ${[...ways].join(", ")}`
}

const refused = (ask: Ask) => [
  Effect.map(ask({}), (answer) =>
    step("does not pay", 402, "payment_required", answer, {
      note: ways(answer.body),
      holds: ways(answer.body) === "offers CNY 1.10, USD 0.15, EUR 0.14"
    })
  ),
  Effect.map(withTerms(ask, { ext: { commerce: { max_single_amount: "1.09" } } }), (answer) =>
    step("is over its per-charge limit", 402, "limit_exceeded", answer)
  ),
  Effect.gen(function* () {
    const { text } = yield* Agent.token({ max_total_amount: "2.00" })
    yield* ask({ [tokenHeader]: text })
    return step("is over its budget with a second call", 402, "budget_exceeded", yield* ask({ [tokenHeader]: text }))
  }),
  Effect.map(
    Effect.flatMap(iso({ hours: -1 }), (validity_end_time) => withTerms(ask, { validity_end_time })),
    (answer) => step("has an expired token", 402, "credential_expired", answer)
  ),
  Effect.map(
    Effect.flatMap(iso({ hours: 1 }), (validity_start_time) => withTerms(ask, { validity_start_time })),
    (answer) => step("has a token that is not valid yet", 402, "credential_not_yet_valid", answer)
  ),
  Effect.map(withTerms(ask, { currency: "JPY", max_total_amount: "5000" }), (answer) =>
    step("has the wrong currency (JPY)", 402, "currency_not_allowed", answer)
  ),
  Effect.map(withTerms(ask, { ext: { commerce: { allowed_categories: ["5812"] } } }), (answer) =>
    step("has a mandate for restaurants only", 402, "category_not_allowed", answer)
  ),
  Effect.map(
    Effect.flatMap(Agent.token(), ({ text }) => ask({ [tokenHeader]: tamper(text) })),
    (answer) => step("tampered with its token", 402, "signature_invalid", answer)
  ),
  Effect.gen(function* () {
    const { id, text } = yield* Agent.token()
    yield* AlipaySandbox.use((sandbox) => sandbox.revoke(id))
    return step("has a revoked token", 402, "credential_revoked", yield* ask({ [tokenHeader]: text }))
  }),
  Effect.gen(function* () {
    const [one, other] = [yield* Agent.token(), yield* Agent.token()]
    return step(
      "sends two different tokens",
      400,
      "credential_ambiguous",
      yield* ask({ [tokenHeader]: one.text, authorization: `Bearer ${other.text}` })
    )
  }),
  Effect.map(
    Effect.flatMap(Agent.token({ sid: "session_xyz789" }), ({ text }) =>
      ask({ [tokenHeader]: text, "x-alipay-session-id": "another" })
    ),
    (answer) => step("is in another session", 402, "session_mismatch", answer)
  )
]

/** Raises a limit inside the token without being able to sign it. */
const tamper = (token: string): string => {
  const [head, payload = "", signature] = token.split(".")
  const raised = Buffer.from(payload, "base64url").toString().replace("10000.00", "90000.00")
  return [head, Buffer.from(raised).toString("base64url"), signature].join(".")
}

const faults = (ask: Ask) => [
  Effect.gen(function* () {
    const { text } = yield* Agent.token()
    const headers = { [tokenHeader]: text, "idempotency-key": "order-17" }
    const { value, moved } = yield* counted(Effect.all([ask(headers), ask(headers)]))
    const same = value[0].receipt?.chargeId === value[1].receipt?.chargeId
    return step("sends one Idempotency-Key twice", 200, "ok", value[1], {
      note: `the same receipt, ${moved} movement`,
      holds: moved === 1 && same
    })
  }),
  broken(ask, "gets a report that cannot be made", 404, "ok", undefined, { market: "tea", region: "atlantis" }),
  broken(ask, "meets a provider with a bad signature", 503, "provider_untrusted", {
    method: "alipay.user.agreement.delegation.query",
    fault: "bad-signature"
  }),
  broken(ask, "meets a provider that hangs", 503, "provider_unavailable", {
    method: "alipay.user.agreement.delegation.query",
    fault: "hang"
  }),
  broken(ask, "meets a provider that hangs at the charge", 503, "provider_unavailable", {
    method: "alipay.trade.agent.delegation.pay",
    fault: "hang"
  }),
  Effect.gen(function* () {
    yield* AlipaySandbox.use((sandbox) =>
      sandbox.fault({ method: "alipay.trade.agent.delegation.pay", fault: "cut-after-commit" })
    )
    const { value, moved } = yield* counted(withTerms(ask, {}))
    return step("loses the answer after the charge", 200, "ok", value, {
      note: `looked up, not charged again: ${moved} movement`,
      holds: moved === 1
    })
  })
]

/** A call that must move nothing. */
const broken = (
  ask: Ask,
  title: string,
  status: number,
  code: string,
  fault: Parameters<AlipaySandbox["Service"]["fault"]>[0] | undefined,
  question?: unknown
) =>
  Effect.gen(function* () {
    if (fault !== undefined) yield* AlipaySandbox.use((sandbox) => sandbox.fault(fault))
    const { text } = yield* Agent.token()
    const { value, moved } = yield* counted(ask({ [tokenHeader]: text }, question))
    return step(title, status, code, value, {
      note: `${moved === 0 ? "nothing moved" : `${moved} MOVED`}: ${value.detail}`,
      holds: moved === 0
    })
  })

const proofHeader = "payment-proof"

/** A bill that the agent pays by itself, before it asks again. */
const billed = (ask: Ask) => {
  let bought: { readonly trade: string; readonly text: string; readonly answer: Agent.Answer } | undefined
  const again = (question?: unknown) =>
    counted(Effect.suspend(() => ask({ [proofHeader]: bought?.text ?? "" }, question)))
  return [
    Effect.map(ask({}), (answer) =>
      step("is asked to pay a bill (A402)", 402, "payment_required", answer, {
        note: "Payment-Needed: a bill that the seller has signed",
        holds: answer.bill !== undefined
      })
    ),
    Effect.gen(function* () {
      const { bill } = yield* ask({})
      const { text, trade } = yield* Agent.pay(bill)
      const answer = yield* ask({ [proofHeader]: text })
      bought = { trade, text, answer }
      return step("pays the bill and sends the proof", 200, "ok", answer, {
        holds: answer.receipt?.reference === trade
      })
    }),
    Effect.map(again(), ({ moved, value }) =>
      step("sends the same proof again", 200, "ok", value, {
        note: `the same receipt, ${moved} movements`,
        holds: moved === 0 && value.receipt?.chargeId === bought?.answer.receipt?.chargeId
      })
    ),
    Effect.map(again({ market: "tea", region: "europe" }), ({ moved, value }) =>
      step("sends it for another question", 409, "idempotency_conflict", value, {
        note: `no bill, ${moved} movements: ${value.detail}`,
        holds: moved === 0 && value.bill === undefined
      })
    )
  ]
}

const rush = (ask: Ask) =>
  Effect.gen(function* () {
    const { text } = yield* Agent.token({ max_total_amount: "7.70" })
    const { value, moved } = yield* counted(
      Effect.all(
        Array.from({ length: 20 }, () => ask({ [tokenHeader]: text })),
        { concurrency: "unbounded" }
      )
    )
    const served = value.filter(({ status }) => status === 200)
    const others = value.filter(({ code }) => code === "budget_exceeded")
    return step("sends 20 calls at once on a budget for 7", 200, "ok", served[0] ?? value[0]!, {
      note: `${served.length} served, ${others.length} refused, ${moved} movements`,
      holds: served.length === 7 && others.length === 13 && moved === 7
    })
  })

/** The steps, in the order they are told. */
export const steps = (api: string) => {
  const ask = Agent.ask(api)
  return [...paid(ask), ...refused(ask), ...faults(ask), ...billed(ask), rush(ask)]
}

/** Whether a step went as it must. */
export const holds = ({ status, code, answer, holds = true }: Step): boolean =>
  answer.status === status && answer.code === code && holds
