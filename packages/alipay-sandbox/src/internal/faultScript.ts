/**
 * The faults that are armed, in the order in which they were.
 */
import { type Fault, type NoticeFault, notices } from "../Fault.ts"
import type { MethodName } from "../MethodName.ts"

interface Armed {
  readonly fault: Fault
  left: number
}

export interface FaultScript {
  readonly armed: Array<Armed>
}

export const make = (): FaultScript => ({ armed: [] })

export const arm = (script: FaultScript, fault: Fault): void => {
  script.armed.push({ fault, left: fault.times ?? 1 })
}

/** What still waits, with the number of requests it still meets. */
export const list = (script: FaultScript): ReadonlyArray<Fault> =>
  script.armed.map(({ fault, left }) => ({ ...fault, times: left }))

export const clear = (script: FaultScript): void => {
  script.armed.length = 0
}

const isOfNotice = ({ fault }: Fault): boolean => notices.some((name) => name === fault)

const first = (script: FaultScript, fits: (fault: Fault) => boolean): Fault | undefined => {
  const index = script.armed.findIndex(({ fault }) => fits(fault))
  const found = script.armed[index]
  if (found === undefined) return undefined
  found.left -= 1
  if (found.left === 0) script.armed.splice(index, 1)
  return found.fault
}

/** The first that fits a request, used up once. */
export const take = (script: FaultScript, method: MethodName, outTradeNo: string | undefined): Fault | undefined =>
  first(
    script,
    (fault) =>
      !isOfNotice(fault) &&
      (fault.method === undefined || fault.method === method) &&
      (fault.out_trade_no === undefined || fault.out_trade_no === outTradeNo)
  )

/** The first that fits a notification, used up once. */
export const takeNotice = (
  script: FaultScript,
  outTradeNo: string
): (Fault & { readonly fault: NoticeFault }) | undefined =>
  first(script, (fault) => isOfNotice(fault) && (fault.out_trade_no ?? outTradeNo) === outTradeNo) as
    | (Fault & { readonly fault: NoticeFault })
    | undefined
