/**
 * A notification of the sandbox: what it told a merchant that gave a `notify_url` with its order, and what the merchant answered.
 */

/** One post of the form. */
export interface NoticeDelivery {
  /** ISO 8601 in UTC. */
  readonly at: string
  /** What was answered: `success`, or other text, `HTTP 503`, `no answer`. */
  readonly answer: string
  /** Whether it was a forgery, signed with a key that is not Alipay's. */
  readonly forged: boolean
}

/**
 * - `waiting`: it is delivered, or waits to be delivered again
 * - `taken`: it was answered `success`
 * - `given-up`: eight deliveries within 25 hours were not
 * - `refused`: nothing was ever sent, since the address is not on this machine
 * - `dropped`: nothing was sent, since too many others wait
 */
export type NoticeState = "waiting" | "taken" | "given-up" | "refused" | "dropped"

export interface Notice {
  readonly notify_id: string
  readonly notify_url: string
  readonly out_trade_no: string
  readonly trade_no: string
  /** Of the trade when it was told. */
  readonly trade_status: string
  readonly state: NoticeState
  readonly deliveries: ReadonlyArray<NoticeDelivery>
}
