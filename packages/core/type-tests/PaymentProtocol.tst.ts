// Each step's output is the next step's input: what was not verified cannot be settled.
import type { Charge } from "@paylayer/core/Charge"
import type { Credential } from "@paylayer/core/Detection"
import type { Mandate } from "@paylayer/core/Mandate"
import type { Authorization, PaymentProtocol } from "@paylayer/core/PaymentProtocol"
import type * as Redacted from "effect/Redacted"
import { expectTypeOf } from "vitest"

interface Token extends Credential {
  readonly session: string
}
interface Grant extends Authorization {
  readonly hold: string
}
declare const protocol: PaymentProtocol<Token, Mandate, Grant>
declare const credential: Token
declare const mandate: Mandate
declare const grant: Grant
declare const charge: Charge

export const verified = protocol.verify(mandate, charge)
export const settled = protocol.settle(grant, charge)

// @ts-expect-error 'Mandate' is not assignable to parameter of type 'Grant'
export const settlesMandate = protocol.settle(mandate, charge)
// @ts-expect-error Type 'Token' is missing the following properties from type 'Grant'
export const settlesCredential = protocol.settle(credential, charge)
// @ts-expect-error Property 'hold' is missing
export const settlesLess = protocol.settle({ mandate }, charge)
// @ts-expect-error 'Token' is not assignable to parameter of type 'Mandate'
export const verifiesCredential = protocol.verify(credential, charge)
// @ts-expect-error 'Mandate' is not assignable to parameter of type 'Token'
export const validatesMandate = protocol.validate(mandate, charge)
// @ts-expect-error 'Mandate' is not assignable to parameter of type 'Grant'
export const looksUpMandate = protocol.lookup(mandate, charge)

// A credential is a secret.
expectTypeOf<Credential["secret"]>().toEqualTypeOf<Redacted.Redacted<string>>()
// @ts-expect-error Type 'string' is not assignable to type 'Redacted<string>'
export const bare: Credential = { secret: "alipay_agent_token_1" }

// One protocol's types are not another's.
// @ts-expect-error is not assignable to type 'PaymentProtocol<Credential, Mandate, Grant>'
export const wider: PaymentProtocol<Credential, Mandate, Grant> = protocol
