// A page whose example does not compile must be found, at the line of the page.
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises"
import { dirname, join } from "node:path"
import { assert, test } from "vitest"
import { root } from "../compiler.ts"
import { docsExamples } from "../docs-examples.ts"

const compile = async (pages: Readonly<Record<string, string>>) => {
  await mkdir(join(root, "tmp"), { recursive: true })
  const workspace = await mkdtemp(join(root, "tmp/docs-examples-"))
  try {
    for (const [page, text] of Object.entries(pages)) {
      await mkdir(dirname(join(workspace, page)), { recursive: true })
      await writeFile(join(workspace, page), text)
    }
    return await docsExamples(workspace)
  } finally {
    await rm(workspace, { recursive: true, force: true })
  }
}

const fence = "```"

test("examples that compile are counted", async () => {
  const page = `# Money
${fence}ts
import * as Money from "@paylayer/core/Money"
const price = Money.of("CNY", 1500n)
${fence}
and then
${fence}ts continues
const total = Money.add(price, price)
${fence}
${fence}sh
not typescript
${fence}`
  assert.deepEqual(await compile({ "README.md": page, "docs/guides/a.md": page }), { examples: 2, errors: "" })
})

test("an example that does not compile is reported at its line of the page", async () => {
  const page = `one\n\n- a list\n  ${fence}ts\n  const a: bigint = 1n\n  const b: bigint = 1\n  ${fence}\n`
  const { errors } = await compile({ "packages/core/README.md": page })
  assert.match(
    errors,
    /^packages\/core\/README\.md:6:7: error TS2322: Type 'number' is not assignable to type 'bigint'\.\n$/
  )
})

test("an effect that an example lets float is reported", async () => {
  const page = `${fence}ts\nimport * as Effect from "effect/Effect"\nEffect.log("lost")\n${fence}\n`
  assert.match((await compile({ "docs/a.md": page })).errors, /^docs\/a\.md:3:1: error .*floatingEffect/)
})

test("a block does not see the one above unless it says so", async () => {
  const block = (mode: string, code: string) => `${fence}ts${mode}\n${code}\n${fence}\n`
  const { errors } = await compile({ "README.md": block("", "const a = 1") + block("", "export const b = a") })
  assert.match(errors, /^README\.md:5:18: error TS2304: Cannot find name 'a'/)
})

test("no-check leaves a block out", async () => {
  assert.deepEqual(await compile({ "README.md": `${fence}ts no-check\ninterface … {}\n${fence}\n` }), {
    examples: 0,
    errors: ""
  })
})
