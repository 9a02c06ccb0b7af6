import { assert, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import { html } from "../src/internal/consent/html.ts"
import { css } from "../src/internal/consent/stylesheet.ts"

it("text stays text, wherever it stands", () => {
  FastCheck.assert(
    FastCheck.property(FastCheck.string({ unit: FastCheck.constantFrom(..."<>&\"'/=a `\\") }), (text) => {
      const page = html`<p title="${text}">${text}</p>`.toString()
      assert.match(page, /^<p title="[^"<>]*">[^<>]*<\/p>$/)
      const read = page
        .slice(page.indexOf(">") + 1, -4)
        .replace(
          /&(amp|lt|gt|quot|#39);/g,
          (_, name: string) => ({ amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" })[name]!
        )
      assert.strictEqual(read, text)
    })
  )
})

it("HTML is put in as it is, lists one after the other, and what is absent not at all", () => {
  const items = ["a", "<"].map((name) => html`<li>${name}</li>`)
  assert.strictEqual(html`${items}${undefined}${false}${0}`.toString(), "<li>a</li><li>&lt;</li>0")
})

it("an attribute without quotes is refused, since escaping would not save it", () => {
  assert.throws(() => html`<a href=${"x"}>`, /quotes/)
})

const luminance = (color: string) => {
  const hex = color.length === 4 ? Array.from(color.slice(1), (digit) => digit + digit) : color.slice(1).match(/../g)!
  const [red, green, blue] = hex.map((pair) => {
    const part = parseInt(pair, 16) / 255
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

it("every text stands out from what is behind it as WCAG 2 asks, by day and by night", () => {
  const schemes = [...css.matchAll(/:root \{([^}]*)\}/g)].map(
    ([, block]) => new Map([...block!.matchAll(/--([\w-]+): (#[0-9a-f]+)/g)].map(([, name, color]) => [name!, color!]))
  )
  assert.lengthOf(schemes, 2)
  const pairs = [
    "ink page",
    "ink card",
    "ink tint",
    "ink field",
    "soft card",
    "soft page",
    "accent page",
    "accent card"
  ]
  pairs.push(
    "accent-ink accent",
    "note-ink note",
    "good good-tint",
    "bad bad-tint",
    "bad card",
    "ink bad-tint",
    "soft tint"
  )
  for (const colors of schemes) {
    for (const pair of pairs) {
      const [one, other] = pair.split(" ").map((name) => luminance(colors.get(name)!))
      const contrast = (Math.max(one!, other!) + 0.05) / (Math.min(one!, other!) + 0.05)
      assert.isAtLeast(contrast, 4.5, pair)
    }
  }
})
