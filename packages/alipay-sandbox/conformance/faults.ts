/**
 * From the kit's faults to the sandbox's. One of the kit's kinds is several things that happen at Alipay, and settling is two
 * calls; which of them is met follows from the order, so that all of them are tried and a case replays.
 */
import * as Kit from "@paylayer/conformance/Fault"
import { ProviderError } from "@paylayer/conformance/Provider"
import * as Result from "effect/Result"
import type * as Sandbox from "../src/Fault.ts"
import type { MethodName } from "../src/MethodName.ts"

const names: { readonly [K in Kit.Kind]: readonly [Sandbox.Name, ...ReadonlyArray<Sandbox.Name>] } = {
  hang: ["hang"],
  reset: ["reset"],
  cut: ["cut"],
  garbage: ["html"],
  "server-error": ["http-500", "unknown"],
  "hang-after-commit": ["hang-after-commit"],
  "reset-after-commit": ["reset-after-commit"],
  "cut-after-commit": ["cut-after-commit"],
  "garbage-after-commit": ["html-after-commit", "duplicate-keys"],
  "server-error-after-commit": ["http-500-after-commit", "unknown-after-commit"],
  "bad-signature": ["bad-signature", "wrong-key"],
  unsigned: ["unsigned", "error-response-after-commit"],
  slow: ["slow"],
  "rate-limited": ["rate-limited"],
  "forged-success": ["forged", "forged-unsigned"],
  declined: ["declined"]
}

type Methods = (fault: Kit.Fault) => ReadonlyArray<MethodName>

/** Of agent tokens. Only `pay` moves money; before it nothing is lost with the order that `prepay` opens. */
export const ofTrust: Methods = ({ call, kind }) => {
  switch (call) {
    case "verify":
      return ["alipay.user.agreement.delegation.query"]
    case "settle":
      return Kit.committed(kind)
        ? ["alipay.trade.agent.delegation.pay"]
        : ["alipay.trade.agent.delegation.pay", "alipay.trade.order.prepay"]
    case "lookup":
      return ["alipay.trade.query"]
    case "refund":
      return ["alipay.trade.refund"]
    case "release":
      return []
  }
}

/** Of metered payments. */
export const ofA402: Methods = ({ call }) => {
  switch (call) {
    case "verify":
      return ["alipay.aipay.agent.payment.verify"]
    case "settle":
      return ["alipay.aipay.agent.fulfillment.confirm"]
    default:
      return []
  }
}

/** The sandbox's fault for one of the kit's. `draw` chooses among those that it may be. */
export const translated = (
  fault: Kit.Fault,
  draw: number,
  methodsOf: Methods
): Result.Result<Sandbox.Fault, ProviderError> => {
  const methods = methodsOf(fault)
  const method = methods[draw % Math.max(1, methods.length)]
  if (method === undefined) return Result.fail(new ProviderError({ message: `there is no call to ${fault.call}` }))
  const choice = names[fault.kind]
  return Result.succeed({
    method,
    fault: choice[Math.floor(draw / methods.length) % choice.length] ?? choice[0],
    ...(fault.times !== undefined && { times: fault.times }),
    ...(fault.kind === "slow" && fault.delayMillis !== undefined && { delay_ms: fault.delayMillis })
  })
}
