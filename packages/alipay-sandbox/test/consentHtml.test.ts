import { assert, it } from "@effect/vitest"
import { tooFaint } from "../../pages/test/contrast.ts"
import { css } from "../src/internal/consent/stylesheet.ts"

it("every text stands out from what is behind it as WCAG 2 asks, by day and by night", () => {
  const onCards = ["ink card", "soft card", "accent card", "bad card"]
  const onPages = ["ink page", "soft page", "accent page"]
  const tinted = ["ink tint", "soft tint", "note-ink note", "good good-tint", "bad bad-tint", "ink bad-tint"]
  const controls = ["ink field", "accent-ink accent"]
  assert.deepStrictEqual(tooFaint(css, [...onCards, ...onPages, ...tinted, ...controls], 4.5), [])
})
