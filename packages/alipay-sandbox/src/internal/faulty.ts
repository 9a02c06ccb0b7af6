/**
 * What becomes of a call that meets a fault.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Result from "effect/Result"
import * as Fault from "../Fault.ts"
import * as Connection from "./connection.ts"
import { type Dialect, response } from "./dialect.ts"
import * as Failure from "./failure.ts"
import type { Numbers } from "./numbers.ts"

type Response = Effect.Effect<HttpServerResponse.HttpServerResponse, Connection.ConnectionReset>

/** The call, and the means to answer it. */
export interface Call {
  readonly fault: Fault.Fault
  /** How the call is answered. */
  readonly dialect: Dialect
  readonly numbers: Numbers
  readonly outTradeNo: string | undefined
  /** Takes effect. */
  readonly commit: Effect.Effect<Failure.Answer>
  /** Starts what goes on by itself. */
  readonly detach: <A>(effect: Effect.Effect<A>) => Effect.Effect<Fiber.Fiber<A>>
}

const suffix = "-after-commit"

const includes = <A extends string>(list: ReadonlyArray<A>, name: string): name is A =>
  (list as ReadonlyArray<string>).includes(name)

export const faulty = (call: Call): Response => {
  const { fault: name } = call.fault
  if (includes(Fault.losses, name)) return lose(call, name, unavailable)
  if (includes(Fault.spoils, name)) return Effect.flatMap(call.commit, (outcome) => spoil(call, name, outcome))
  if (includes(Fault.others, name)) return other(call, name)
  const loss = name.slice(0, -suffix.length) as Fault.Loss
  return Effect.flatMap(call.commit, (outcome) => lose(call, loss, outcome))
}

const unavailable = Result.fail(Failure.unavailable("isp.unknow-error", "the system is busy"))

const answer = ({ dialect }: Call, outcome: Failure.Answer) => Effect.map(dialect.write(outcome, "signed"), response)

const lose = (call: Call, loss: Fault.Loss, outcome: Failure.Answer): Response => {
  switch (loss) {
    case "hang":
      return Effect.never
    case "reset":
      return Connection.reset
    case "cut":
      return Effect.map(call.dialect.write(outcome, "signed"), Connection.cut)
    case "http-500":
      return Effect.succeed(HttpServerResponse.text("Internal Server Error", { status: 500 }))
    case "html":
      return Effect.succeed(HttpServerResponse.html("<html><body><h1>Please try again later</h1></body></html>"))
    case "unknown":
      return answer(call, unavailable)
    case "error-response": {
      const failure = Failure.invalid("isv.invalid-app-id", "no such application")
      return Effect.succeed(response(call.dialect.atTheDoor(failure)))
    }
  }
}

const spoil = (call: Call, kind: Fault.Spoil, outcome: Failure.Answer): Response =>
  Effect.map(call.dialect.write(outcome, kind, forgery(call.numbers, call.outTradeNo)), response)

const other = (call: Call, kind: (typeof Fault.others)[number]): Response => {
  const { delay_ms } = call.fault
  switch (kind) {
    case "slow":
      return call.detach(Effect.delay(call.commit, delay_ms ?? 1_000)).pipe(
        Effect.flatMap(Fiber.join),
        Effect.flatMap((outcome) => answer(call, outcome))
      )
    case "paying": {
      const later = delay_ms === undefined ? Effect.void : call.detach(Effect.delay(call.commit, delay_ms))
      return Effect.andThen(later, Effect.map(call.dialect.paying(call.outTradeNo), response))
    }
    case "rate-limited":
      return answer(call, Result.fail(Failure.limited("isv.app-call-limited", "too many calls")))
    case "declined":
      return answer(call, Failure.refuse("ACQ.BUYER_BALANCE_NOT_ENOUGH", "the payer's balance is not enough"))
    case "forged-unsigned":
      return Effect.map(call.dialect.write(forgery(call.numbers, call.outTradeNo), "unsigned"), response)
    case "forged":
      return Effect.map(call.dialect.write(forgery(call.numbers, call.outTradeNo), "wrong-key"), response)
  }
}

// A success as a forger would write it: what any method might want to read.
const forgery = (numbers: Numbers, outTradeNo: string | undefined): Failure.Answer =>
  Result.succeed({
    out_trade_no: outTradeNo,
    trade_no: numbers.tradeNo(0),
    trade_status: "TRADE_SUCCESS",
    status: "NORMAL",
    prepay_id: numbers.prepayId(),
    fund_change: "Y"
  })
