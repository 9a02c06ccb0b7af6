// What every form of a report promises to those who read it.
import { badge } from "@paylayer/conformance/report/Badge"
import { html } from "@paylayer/conformance/report/Html"
import { junit } from "@paylayer/conformance/report/Junit"
import { markdown } from "@paylayer/conformance/report/Markdown"
import { explain } from "@paylayer/conformance/Explain"
import { assert, describe, it } from "@effect/vitest"
import { hostileReport, mixed, report } from "./samples.ts"
import { read } from "./wellFormed.ts"

const replay = (token: string) => `paylayer-conformance check ./subject.ts --replay ${token}`

describe("JUnit", () => {
  it("is well-formed, and counts what it holds", () => {
    const { elements, problem } = read(junit(mixed, { replay }))
    assert.isUndefined(problem)
    const of = (name: string) => elements.filter((element) => element.name === name)
    assert.strictEqual(of("testcase").length, mixed.laws.length)
    assert.deepInclude(of("testsuites")[0]!.attributes, {
      tests: String(mixed.laws.length),
      failures: "2",
      errors: "1",
      skipped: "1"
    })
    assert.strictEqual(of("failure").length, 2)
    assert.strictEqual(of("error").length, 1)
  })

  it("is well-formed whatever a plug-in says", () => {
    assert.isUndefined(read(junit(hostileReport, { replay })).problem)
  })

  it("does not fail a build for a SHOULD", () => {
    const advised = { ...mixed, laws: mixed.laws.map((law) => ({ ...law, level: "SHOULD" as const })) }
    const { elements } = read(junit(advised))
    assert.isFalse(elements.some(({ name }) => name === "failure" || name === "error"))
  })
})

describe("the page", () => {
  it("tells a failure in full: what is at stake, what happened, where it was interrupted, how to see it again", () => {
    const page = html(mixed, { replay })
    for (const part of [
      "An agent spends past what its owner allowed.",
      "budget CNY 100.00, settled CNY 101.00",
      "settle of charge 2, CNY 55.00",
      "preempted here",
      "run 110 of 1000",
      "7 times",
      "paylayer-conformance check ./subject.ts --replay LIM-02~1.0g1~42:109:3",
      "Not conformant: 2 of",
      "the bank does it"
    ])
      assert.include(page, part)
  })

  it("loads nothing, runs nothing and says so", () => {
    const page = html(mixed)
    assert.include(page, "default-src 'none'; style-src 'unsafe-inline'")
    assert.notMatch(page, /<(script|link|img|iframe|object|embed)|\bsrc=|url\(|@import|https?:/)
    assert.deepStrictEqual(
      [...page.matchAll(/href="([^"]*)"/g)].filter(([, target]) => !target!.startsWith("#")),
      []
    )
  })

  it("links only to what is in it", () => {
    const page = html(mixed)
    const ids = new Set([...page.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
    for (const [, target] of page.matchAll(/href="#([^"]+)"/g)) assert.isTrue(ids.has(target), target)
  })

  it("shows hostile text and never becomes it", () => {
    const page = html(hostileReport, { replay })
    const [, body = ""] = page.split("<body>")
    assert.notMatch(body, /<script|<img|onerror=alert\(2\)>[^&]|\u0000|\u001b|\u202e/)
    assert.include(body, "&lt;script&gt;alert(1)&lt;/script&gt;")
    assert.include(body, "\\u{202e}")
    assert.isUndefined(read(body.slice(0, body.indexOf("</body>")).replaceAll(/<(?:meta|input|br)[^>]*>/g, "")).problem)
  })

  it("has a filter for each verdict that occurs, and no other", () => {
    const clean = html(report())
    assert.notInclude(clean, 'id="show-broken"')
    assert.include(clean, 'id="show-kept"')
    for (const name of ["broken", "open", "exempt", "kept", "absent"]) assert.include(html(mixed), `id="show-${name}"`)
  })
})

describe("Markdown", () => {
  it("keeps hostile text in its fence and in its cell", () => {
    const text = markdown(hostileReport, { replay })
    assert.notMatch(text.replaceAll(/^(`{3,})text\n[\s\S]*?\n\1$/gm, ""), /(?<!\\)<(?:script|img)|\u001b/)
    const rows = text.split("\n").filter((line) => /^\| [A-Z]{3}-/.test(line))
    for (const row of rows) assert.strictEqual(row.match(/(?<!\\)\|/g)!.length, 6, row)
  })
})

describe("the badge", () => {
  it("says the level reached, or that there is none", () => {
    assert.include(badge(report()), "conformant: resilient")
    assert.include(badge(mixed), "not conformant")
    assert.include(
      badge(report({}, { laws: report().laws.slice(0, 3), reached: undefined as never })),
      "partly checked"
    )
    for (const each of [mixed, hostileReport]) assert.isUndefined(read(badge(each)).problem)
  })
})

it("a failure explains itself in a terminal", () => {
  const law = mixed.laws.find(({ id }) => id === "LIM-02")!
  assert.strictEqual(
    explain(law, { replay }),
    `LIM-02 MUST ${law.statement}   critical · ${law.kind}
  at stake: An agent spends past what its owner allowed.
  budget CNY 100.00, settled CNY 101.00
  expected: what is settled stays within the budget
  but: more was settled
  with: [46n, 55n]
  1  fiber 1  settle of charge 1, CNY 46.00
  2  fiber 2  settle of charge 2, CNY 55.00     <- preempted here
  3  fiber 1  settle of charge 1, CNY 46.00: settled  +20 ms
  found on run 110 of 1000, shrunk 7 times
  replay: paylayer-conformance check ./subject.ts --replay LIM-02~1.0g1~42:109:3`
  )
})
