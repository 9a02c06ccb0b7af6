// The type tests guard promises such as "a missing protocol layer does not compile", so they must be able to fail.
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises"
import { join } from "node:path"
import { assert, test } from "vitest"
import { root } from "../compiler.ts"
import { typeTests } from "../type-tests.ts"

const failuresOf = async (source: string): Promise<ReadonlyArray<string>> => {
  await mkdir(join(root, "tmp"), { recursive: true })
  const workspace = await mkdtemp(join(root, "tmp/type-tests-"))
  try {
    const directory = join(workspace, "packages/a/type-tests/deep")
    await mkdir(directory, { recursive: true })
    await mkdir(join(workspace, "packages/a/src"))
    await writeFile(join(workspace, "packages/a/src/Pay.ts"), "export const pay = (minor: bigint): bigint => minor\n")
    await writeFile(join(directory, "Pay.tst.ts"), `import { pay } from "../../src/Pay.ts"\n${source}\n`)
    const { failures } = await typeTests(workspace)
    assert.deepEqual((await readdir(workspace)).concat(await readdir(join(workspace, "packages/a"))), [
      "packages",
      "src",
      "type-tests"
    ])
    return failures
  } finally {
    await rm(workspace, { recursive: true, force: true })
  }
}
const file = "packages/a/type-tests/deep/Pay.tst.ts"

test("an expected error with its message passes", async () => {
  assert.deepEqual(
    await failuresOf(`pay(1n)
// @ts-expect-error 'number' is not assignable to parameter of type 'bigint'
// and a word on why
pay(1)`),
    []
  )
})

test("code that compiles where an error was expected fails", async () => {
  assert.deepEqual(await failuresOf(`// @ts-expect-error not assignable\npay(1n)`), [
    `${file}:3 compiles, but should fail with /not assignable/`
  ])
})

test("another error than the expected one fails, and is shown", async () => {
  const [failure, ...rest] = await failuresOf(`// @ts-expect-error 'string' is not assignable\npay(1)`)
  assert.deepEqual(rest, [])
  assert.match(
    failure!,
    /Pay\.tst\.ts:3 fails, but not with \/'string' is not assignable\/\n.*'number' is not assignable/
  )
})

test("an expected error without a reason fails", async () => {
  const [failure] = await failuresOf(`// @ts-expect-error\npay(1)`)
  assert.match(failure!, /Pay\.tst\.ts:2 says no reason/)
})

test("an error that nobody expected fails", async () => {
  const [failure, ...rest] = await failuresOf(`pay("1")`)
  assert.deepEqual(rest, [])
  assert.match(failure!, /Pay\.tst\.ts:2 error TS2345: Argument of type 'string'/)
})

test("no type tests at all is a failure", async () => {
  await mkdir(join(root, "tmp"), { recursive: true })
  const workspace = await mkdtemp(join(root, "tmp/type-tests-"))
  try {
    assert.deepEqual((await typeTests(workspace)).failures, ["there are no type tests"])
  } finally {
    await rm(workspace, { recursive: true, force: true })
  }
})
