import { assert, it } from "@effect/vitest"
import * as FastCheck from "fast-check"
import { html } from "../src/Html.ts"

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
