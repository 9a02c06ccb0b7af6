import { assert, it } from "@effect/vitest"
import * as Money from "@paylayer/core/Money"
import * as Language from "../src/Language.ts"

it("a page is in the language that was asked for, then chosen before, then accepted, then in English", () => {
  assert.strictEqual(Language.choose("zh", "en", "en"), "zh")
  assert.strictEqual(Language.choose("fr", "zh", "en"), "zh")
  assert.strictEqual(Language.choose(undefined, undefined, "fr, en;q=0.8, zh-CN;q=0.9"), "zh")
  assert.strictEqual(Language.choose(undefined, undefined, "zh;q=0, en-US;q=0.1"), "en")
  assert.strictEqual(Language.choose(undefined, "__proto__", undefined), "en")
})

it("an amount is written to the last digit, however large, and names its currency", () => {
  assert.strictEqual(Language.money("en", Money.of("CNY", Money.maximum)), "¥9,999,999,999,999,999.99")
  assert.strictEqual(Language.money("zh", Money.of("JPY", 1_500n)), "¥1,500 JPY")
  assert.strictEqual(Language.money("en", Money.of("KWD", 1_500n)), "KWD\u00a01.500 KWD")
})
