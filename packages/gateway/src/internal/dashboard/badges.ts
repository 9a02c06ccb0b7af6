/**
 * Words for states and outcomes, in colours that say the same.
 */
import type * as Ledger from "@paylayer/core/Ledger"
import { html, type Html } from "@paylayer/pages/Html"
import type { State as PayoutState } from "../../Payout.ts"
import type { Outcome } from "../../Usage.ts"
import type { View } from "./layout.ts"

/** Money is well, something waits, something is wrong, nothing moved. */
export type Tone = "good" | "warn" | "bad" | "still" | ""

const states: { readonly [S in Ledger.State]: Tone } = {
  opened: "",
  authorized: "",
  delivered: "",
  settling: "warn",
  settled: "good",
  declined: "still",
  released: "still",
  unknown: "bad",
  refunded: "warn"
}

const outcomes: { readonly [O in Outcome]: Tone } = {
  open: "",
  paid: "good",
  carried: "good",
  refused: "still",
  failed: "still",
  unknown: "bad",
  refunded: "warn"
}

const payouts: { readonly [S in PayoutState]: Tone } = {
  claimed: "",
  sending: "warn",
  unknown: "bad",
  paid: "good",
  failed: "bad",
  reversed: "warn"
}

const badge = (tone: Tone, text: string): Html => html`<span class="badge ${tone}">${text}</span>`

export const toneOf = (state: Ledger.State): Tone => states[state]

export const ofState = ({ words }: View, state: Ledger.State): Html => badge(states[state], words.states[state])

export const ofOutcome = ({ words }: View, outcome: Outcome): Html => badge(outcomes[outcome], words.outcomes[outcome])

export const ofPayout = ({ words }: View, state: PayoutState): Html => badge(payouts[state], words.payoutStates[state])

/** Whether two sides agree. */
export const ofAgreement = ({ words }: View, agrees: boolean): Html =>
  badge(agrees ? "good" : "bad", agrees ? words.agrees : words.differs)
