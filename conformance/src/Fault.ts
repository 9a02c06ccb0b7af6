/**
 * Faults: what can go wrong between a plug-in and its provider, one call at a time.
 *
 * What matters of a fault is whether the call took effect: `committed` says so for each kind.
 */

/** Losing the answer: each exists before the commit, where nothing happened, and after it, where all of it did. */
export const losses = ["hang", "reset", "cut", "garbage", "server-error"] as const

/** Spoiling the answer of a call that took effect. */
export const spoils = ["bad-signature", "unsigned"] as const

/**
 * The rest: `slow` takes effect late, even if the caller has gone; `rate-limited` is a typed "later" (HTTP 429);
 * `forged-success` is a success that never happened and is not authentic; `declined` is an authentic "no".
 */
export const others = ["slow", "rate-limited", "forged-success", "declined"] as const

export type Loss = (typeof losses)[number]
export type Kind = Loss | `${Loss}-after-commit` | (typeof spoils)[number] | (typeof others)[number]

/** Every kind. */
export const kinds: ReadonlyArray<Kind> = [
  ...losses,
  ...losses.map((loss) => `${loss}-after-commit` as const),
  ...spoils,
  ...others
]

/** The call that meets the fault, named for the step of the contract that makes it. */
export type Call = "verify" | "settle" | "lookup" | "release" | "refund"

/** One fault, waiting for calls that it fits. */
export interface Fault {
  readonly call: Call
  readonly kind: Kind
  /** How many calls it meets. Once, unless it is given. */
  readonly times?: number
  /** For `slow`: how late. 1000 unless it is given. */
  readonly delayMillis?: number
  /** For `rate-limited`: the `Retry-After` the provider gives. */
  readonly retryAfterSeconds?: number
}

/** Whether a call that meets the fault takes effect, now or later. */
export const committed = (kind: Kind): boolean =>
  kind === "slow" || kind.endsWith("-after-commit") || (spoils as ReadonlyArray<string>).includes(kind)

/** For people: `"settle meets hang-after-commit"`. */
export const print = ({ call, kind, times = 1 }: Fault): string =>
  `${call} meets ${kind}${times === 1 ? "" : `, ${times} times`}`
