// Exit codes as processes have them, and one sentence for every way in which a subject can be unusable.
import { assert, describe, it } from "vitest"
import { check, run } from "./running.ts"

const quick = ["--profile", "quick", "--seed", "1", "--patience", "1"]

/** Subjects, and what is said about each. */
const unusable: { readonly [fixture: string]: RegExp } = {
  absent: /there is no such file/,
  nothing: /it exports nothing; it must say `export const subject/,
  "something-else": /it exports protocol, and no subject/,
  "not-made": /was not made by Subject\.make/,
  throws: /it threw while it was loaded: the key file is not there/,
  "never-loads": /not loaded after 1 seconds/,
  "missing-import": /imports something that is not there: .*there-is-no-such-file/,
  enum: /TypeScript that cannot be taken away/,
  "provider-throws": /cannot be built: the sandbox is out of paper/,
  "provider-hangs": /the layers of the subject do not end/,
  "provider-empty": /cannot be built/,
  "waits-outside": /building its layers, or DET-01, did not end within 3 seconds/
}

/** Subjects that end the process, or nearly. */
const fatal: { readonly [fixture: string]: RegExp } = {
  leaves: /ended the process with code 0 before it was judged/,
  busy: /kept the process busy for 1 seconds in DET-01/,
  stray: /threw outside of every call: a promise that nobody waits for/
}

/** Subjects that do so in every thread but the first. */
const fatalBeside: { readonly [fixture: string]: RegExp } = {
  "dies-in-thread": /ended the process with code 0 before it was judged/,
  "busy-in-thread": /kept the process busy for 2 seconds in [A-Z]{3}-\d\d/,
  "stray-in-thread": /threw outside of every call: a promise that nobody waits for/
}

describe("a subject that cannot be used ends with 2, with its file and the cause in a sentence", () => {
  it("whatever is wrong with it", { timeout: 60_000 }, async () => {
    const files = Object.keys(unusable).map((name) => `./test/cli/fixtures/${name}.ts`)
    const { code, err, out } = await run(["matrix", ...files, "--only", "DET-01", ...quick])
    assert.strictEqual(code, 2, out + err)
    const lines = err.split("\n")
    for (const [fixture, sentence] of Object.entries(unusable)) {
      const said = lines.filter((line) => line.startsWith(`./test/cli/fixtures/${fixture}.ts: `))
      assert.strictEqual(said.length, 1, `${fixture}: ${err}`)
      assert.match(said[0]!, sentence)
    }
    assert.notMatch(err, /^\s+at /m)
    assert.strictEqual(out, "")
  })

  for (const [fixture, sentence] of Object.entries(fatal)) {
    it(`even if it would end the process: ${fixture}`, { timeout: 60_000 }, async () => {
      const { code, err, out } = await check(fixture, "--only", "DET-01", "--patience", "1")
      assert.strictEqual(code, 2, out + err)
      assert.match(err, sentence)
      assert.isTrue(err.startsWith(`./test/cli/fixtures/${fixture}.ts: `), err)
      assert.notMatch(err, /^\s+at /m)
      assert.notMatch(out, /Conformant/)
    })
  }

  for (const [fixture, sentence] of Object.entries(fatalBeside)) {
    it(`even if a thread beside would end: ${fixture}`, { timeout: 60_000 }, async () => {
      const { code, err, out } = await check(
        fixture,
        "--workers",
        "2",
        "--patience",
        fixture.startsWith("busy") ? "2" : "20"
      )
      assert.strictEqual(code, 2, out + err)
      assert.match(err, sentence)
      assert.isTrue(err.startsWith(`./test/cli/fixtures/${fixture}.ts: `), err)
      assert.notMatch(err, /^\s+at /m)
      assert.notMatch(out, /Conformant/)
    })
  }

  it("a Node that loads no TypeScript says so", { timeout: 60_000 }, async () => {
    // The kit itself is TypeScript here, so this Node is only made to look like one of those.
    const node = ["--import", "data:text/javascript,Object.defineProperty(process.features,'typescript',{value:false})"]
    const { code, err } = await run(["check", "./test/cli/fixtures/two.ts"], { node })
    assert.strictEqual(code, 2, err)
    assert.match(err, /this Node \(v[\d.]+\) does not load TypeScript; use Node 22\.18 or newer/)
  })

  it("a kit that cannot be loaded ends with 3, not with 1", { timeout: 60_000 }, async () => {
    const hook =
      "import{registerHooks}from'node:module';registerHooks({resolve(s,c,n){if(s.endsWith('main.ts'))throw new Error('gone');return n(s,c)}})"
    const { code, err } = await run(["list"], { node: ["--import", `data:text/javascript,${hook}`] })
    assert.strictEqual(code, 3, err)
    assert.match(err, /the kit itself cannot be loaded: Error: gone/)
  })
})

describe("check", () => {
  it("ends with 0 where everything is kept", { timeout: 60_000 }, async () => {
    const subject = "./test/subjects/voucher.subject.ts"
    const { code, out } = await run(["check", subject, "--only", "DET-01,LIF-04", "--profile", "quick", "--seed", "7"])
    assert.strictEqual(code, 0, out)
    assert.match(out, /✓ DET detection +\d/)
    assert.match(out, /✓ LIF lifecycle +\d/)
    assert.include(out, "Conformant in what was checked")
    assert.include(out, "seed 7")
  })

  it("ends with 1 where a law is broken, and explains it", { timeout: 60_000 }, async () => {
    const { code, out } = await check("mutant", "--only", "RAC-02")
    assert.strictEqual(code, 1, out)
    assert.match(out, /✗ RAC concurrency/)
    assert.match(out, /at stake: Two requests at the same time/)
    assert.match(out, /<- preempted here/)
  })
})
