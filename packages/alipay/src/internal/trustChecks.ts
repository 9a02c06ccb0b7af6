/** What a mandate, and a delegation behind it, must be before a charge goes on. Each check is nothing, or the reason against it. */
import type { Charge } from "@paylayer/core/Charge"
import * as Mandate from "@paylayer/core/Mandate"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { sessionHeader } from "../AgentTokenHeaders.ts"
import type { Delegation } from "../Delegation.ts"

type Refusal = PaymentError.Reason | undefined

/** Fails with the first reason that there is. */
export const refuse = (...reasons: ReadonlyArray<Refusal>): Effect.Effect<void, PaymentError.PaymentError> => {
  const reason = reasons.find((one) => one !== undefined)
  return reason === undefined ? Effect.void : PaymentError.fail(reason)
}

/** Window, merchant, category, currency, limits: at this moment. */
export const within = (mandate: Mandate.Mandate, charge: Charge): Effect.Effect<void, PaymentError.PaymentError> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => refuse(Mandate.refusal(mandate, charge, now)))

/** A credential that names whom it is for is good for nobody else. */
export const addressed = (audience: ReadonlyArray<string>, { merchant }: Charge): Refusal =>
  audience.length === 0 || audience.includes(merchant)
    ? undefined
    : new PaymentError.MerchantNotAllowed({ detail: `the token is not for merchant ${merchant}` })

export const inSession = (bound: string | undefined, sent: string | undefined): Refusal =>
  bound === undefined || bound === sent
    ? undefined
    : new PaymentError.SessionMismatch({
        detail:
          sent === undefined
            ? `the token is bound to a session, and no ${sessionHeader} was sent`
            : "the token is bound to another session"
      })

export const payable = ({ preference }: Mandate.Mandate): Refusal =>
  preference !== undefined && preference.length === 0
    ? new PaymentError.PreferenceNotAllowed({ detail: "none of the token's payment methods can be used here" })
    : undefined

/** A delegation that is somebody else's than the token says is not the token's. Alipay may leave the names out. */
export const sameParties = ({ agent, principal }: Mandate.Mandate, told: Delegation): Refusal => {
  const differs = (named: string | undefined, answered: string | undefined) =>
    named !== undefined && answered !== undefined && named !== answered
  return differs(agent, told.agent_id) || differs(principal, told.delegator_identity)
    ? new PaymentError.BindingMismatch({ detail: "Alipay says the delegation is another agent's or principal's" })
    : undefined
}

/** Only NORMAL pays. FINISHED is a matter of budget or uses: see `exhausted`. */
export const usable = ({ status }: Delegation): Refusal => {
  const detail = `Alipay says the delegation is ${status}`
  switch (status) {
    case "NORMAL":
    case "FINISHED":
      return undefined
    case "EXPIRED":
      return new PaymentError.CredentialExpired({ detail })
    case "SIGNING":
      return new PaymentError.CredentialNotYetValid({ detail })
    case "INVALID":
      return new PaymentError.CredentialRevoked({
        detail: `${detail} at the moment: if the principal has suspended it, the principal can resume it`
      })
    default:
      return new PaymentError.CredentialRevoked({ detail })
  }
}

/** What is left, by Alipay's count, in which charges of other merchants are included. */
export const exhausted = ({ status, remaining_amount, remaining_times }: Delegation, { money }: Charge): Refusal => {
  if (remaining_times === 0) return new PaymentError.UsesExceeded({ detail: "Alipay says that no use is left" })
  if (remaining_amount.currency !== money.currency) {
    return new PaymentError.CurrencyNotAllowed({
      detail: `the delegation is in ${remaining_amount.currency}, not ${money.currency}`
    })
  }
  if (money.minor > remaining_amount.minor || status === "FINISHED") {
    return new PaymentError.BudgetExceeded({
      detail: `${Money.print(money)} does not fit in the ${Money.print(remaining_amount)} that Alipay says is left`
    })
  }
  return undefined
}
