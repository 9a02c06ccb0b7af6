/**
 * What becomes of a call that meets a fault.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Result from "effect/Result"
import * as Fault from "../Fault.ts"
import * as Connection from "./connection.ts"
import * as Envelope from "./envelope.ts"
import * as Failure from "./failure.ts"
import type { Keys } from "./keys.ts"
import type { Numbers } from "./numbers.ts"

type Response = Effect.Effect<HttpServerResponse.HttpServerResponse, Connection.ConnectionReset>

/** The call, and the means to answer it. */
export interface Call {
  readonly fault: Fault.Fault
  /** The member that the answer stands under. */
  readonly name: string
  readonly keys: Keys
  readonly numbers: Numbers
  readonly outTradeNo: string | undefined
  /** Takes effect. */
  readonly commit: Effect.Effect<Failure.Answer>
  /** Signs an outcome. */
  readonly answer: (outcome: Failure.Answer) => Effect.Effect<HttpServerResponse.HttpServerResponse>
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

const lose = ({ answer, keys, name, numbers }: Call, loss: Fault.Loss, outcome: Failure.Answer): Response => {
  switch (loss) {
    case "hang":
      return Effect.never
    case "reset":
      return Connection.reset
    case "cut":
      return Effect.map(Envelope.signed(name, Envelope.outcome(outcome), keys.alipay), Connection.cut)
    case "http-500":
      return Effect.succeed(HttpServerResponse.text("Internal Server Error", { status: 500 }))
    case "html":
      return Effect.succeed(HttpServerResponse.html("<html><body><h1>Please try again later</h1></body></html>"))
    case "unknown":
      return answer(unavailable)
    case "error-response": {
      const failure = Failure.invalid("isv.invalid-app-id", "no such application")
      return Effect.succeed(
        Envelope.response(numbers)(Envelope.unsigned("error_response", Envelope.content({ ...failure })))
      )
    }
  }
}

const spoil = ({ keys, name, numbers, outTradeNo }: Call, kind: Fault.Spoil, outcome: Failure.Answer): Response => {
  const text = Envelope.outcome(outcome)
  const body: Effect.Effect<string> = (() => {
    switch (kind) {
      case "bad-signature":
        return Effect.map(Envelope.signed(name, `${text} `, keys.alipay), (whole) => whole.replace(`${text} `, text))
      case "unsigned":
        return Effect.succeed(Envelope.unsigned(name, text))
      case "wrong-key":
        return Envelope.signed(name, text, keys.application)
      case "duplicate-keys": {
        const forged = `${text},"${name}":${Envelope.outcome(forgery(numbers, outTradeNo))}`
        return Effect.map(Envelope.signed(name, text, keys.alipay), (whole) => whole.replace(text, () => forged))
      }
    }
  })()
  return Effect.map(body, Envelope.response(numbers))
}

const other = (call: Call, kind: (typeof Fault.others)[number]): Response => {
  const { delay_ms } = call.fault
  switch (kind) {
    case "slow":
      return call
        .detach(Effect.delay(call.commit, delay_ms ?? 1_000))
        .pipe(Effect.flatMap(Fiber.join), Effect.flatMap(call.answer))
    case "paying": {
      const later = delay_ms === undefined ? Effect.void : call.detach(Effect.delay(call.commit, delay_ms))
      const text = Envelope.content({ ...Failure.paying, out_trade_no: call.outTradeNo })
      return Effect.andThen(
        later,
        Effect.map(Envelope.signed(call.name, text, call.keys.alipay), Envelope.response(call.numbers))
      )
    }
    case "rate-limited":
      return call.answer(Result.fail(Failure.limited("isv.app-call-limited", "too many calls")))
    case "declined":
      return call.answer(Failure.refuse("ACQ.BUYER_BALANCE_NOT_ENOUGH", "the payer's balance is not enough"))
    case "forged-unsigned":
      return Effect.succeed(
        Envelope.response(call.numbers)(
          Envelope.unsigned(call.name, Envelope.outcome(forgery(call.numbers, call.outTradeNo)))
        )
      )
    case "forged": {
      const text = Envelope.outcome(forgery(call.numbers, call.outTradeNo))
      return Effect.map(Envelope.signed(call.name, text, call.keys.application), Envelope.response(call.numbers))
    }
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
