/**
 * What the doctor found: one sentence, and what to do about it.
 */
export interface Finding {
  /** What was looked at, in a word or two. */
  readonly check: string
  readonly verdict: "ok" | "warning" | "failed" | "skipped"
  readonly said: string
  /** What to do. Absent where there is nothing to do. */
  readonly advice?: string
}

export const ok = (check: string, said: string): Finding => ({ check, verdict: "ok", said })
export const skipped = (check: string, said: string, advice: string): Finding => ({
  check,
  verdict: "skipped",
  said,
  advice
})
export const warning = (check: string, said: string, advice: string): Finding => ({
  check,
  verdict: "warning",
  said,
  advice
})
export const failed = (check: string, said: string, advice: string): Finding => ({
  check,
  verdict: "failed",
  said,
  advice
})
