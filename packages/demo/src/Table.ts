/**
 * The demo's steps as a table for a terminal of 120 columns.
 */
import * as Money from "@paylayer/core/Money"
import * as Story from "./Story.ts"

const line = (mark: string, title: string, status: string, code: string, note: string) =>
  `${mark} ${title.padEnd(42)} ${status.padEnd(4)} ${code.padEnd(25)} ${note.length > 90 ? `${note.slice(0, 89)}…` : note}`.trimEnd()

export const heading = [
  line(" ", "the agent …", "HTTP", "code", "what happened"),
  line(" ", "─".repeat(42), "────", "─".repeat(25), "─".repeat(44))
].join("\n")

/** One step: whether it went as it must, what was answered, and why. */
export const row = (step: Story.Step): string => {
  const { answer } = step
  const charged =
    answer.receipt === undefined
      ? answer.detail
      : `charged ${Money.print(answer.receipt.money)}, ${answer.receipt.reference}`
  return line(Story.holds(step) ? "✓" : "✗", step.title, String(answer.status), answer.code, step.note ?? charged)
}
