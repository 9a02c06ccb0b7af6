// What `init` writes is a whole protocol, and conforms from its first run.
import { spawnSync } from "node:child_process"
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "vitest"
import { conformance, run, temporary, workspace } from "./running.ts"

/** A folder inside the workspace, as a new package would be. */
const inWorkspace = () => {
  mkdirSync(join(conformance, "tmp"), { recursive: true })
  const directory = mkdtempSync(join(conformance, "tmp/init-"))
  return { directory, [Symbol.dispose]: () => rmSync(directory, { recursive: true, force: true }) }
}

/** The dependencies of a package, as an installation would put them there. */
const install = (directory: string) => {
  const links: { readonly [name: string]: string } = {
    "@paylayer/core": join(workspace, "packages/core"),
    "@paylayer/conformance": conformance,
    "@types/node": join(workspace, "node_modules/@types/node"),
    effect: join(conformance, "node_modules/effect"),
    vitest: join(conformance, "node_modules/vitest")
  }
  for (const [name, target] of Object.entries(links)) {
    const link = join(directory, "node_modules", name)
    mkdirSync(join(link, ".."), { recursive: true })
    symlinkSync(target, link)
  }
}

describe("init", () => {
  it("writes a protocol that compiles and reaches level resilient", { timeout: 60_000 }, async () => {
    using folder = inWorkspace()
    const written = await run(["init", "@acme/acorn-pay"], { cwd: folder.directory })
    assert.strictEqual(written.code, 0, written.err)
    const directory = join(folder.directory, "acorn-pay")
    const files = readdirSync(directory, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile())
    assert.sameMembers(
      files.map(({ name, parentPath }) => join(parentPath, name).slice(directory.length + 1)),
      [
        "README.md",
        "package.json",
        "src/AcornPay.ts",
        "src/Bank.ts",
        "test/AcornPay.test.ts",
        "test/BankDouble.ts",
        "test/subject.ts",
        "tsconfig.json"
      ]
    )
    for (const { name, parentPath } of files) {
      const text = readFileSync(join(parentPath, name), "utf8")
      assert.notMatch(text, /new.?protocol|\{\{/i, name)
    }
    const manifest = JSON.parse(readFileSync(join(directory, "package.json"), "utf8"))
    assert.strictEqual(manifest.name, "@acme/acorn-pay")
    assert.strictEqual(manifest.dependencies["@paylayer/core"], "workspace:^")
    install(directory)
    const checked = run(["check", "./test/subject.ts", "--profile", "quick", "--seed", "1"], { cwd: directory })
    const compiled = spawnSync(join(workspace, "node_modules/.bin/tsc"), ["-p", "."], {
      cwd: directory,
      encoding: "utf8"
    })
    assert.strictEqual(compiled.status, 0, compiled.stdout)
    const { code, err, out } = await checked
    assert.strictEqual(code, 0, out + err)
    assert.include(out, "Conformant: level resilient.")
  })

  it("depends on published versions outside of the workspace", async () => {
    using folder = temporary()
    const written = await run(["init", "acorn"], { cwd: folder.directory })
    assert.strictEqual(written.code, 0, written.err)
    const manifest = JSON.parse(readFileSync(join(folder.directory, "acorn/package.json"), "utf8"))
    assert.match(manifest.dependencies["@paylayer/core"], /^\^\d/)
  })

  it("overwrites nothing, and refuses what is no name", async () => {
    using folder = temporary()
    mkdirSync(join(folder.directory, "acorn"))
    writeFileSync(join(folder.directory, "acorn/precious.txt"), "")
    const refused = await Promise.all(
      ["acorn", "Acorn", "../acorn", "1acorn", "bank", "a--b", "$(touch x)"].map((name) =>
        run(["init", name], { cwd: folder.directory })
      )
    )
    for (const { code, err } of refused) {
      assert.strictEqual(code, 2)
      assert.notStrictEqual(err, "")
    }
    assert.deepStrictEqual(readdirSync(folder.directory), ["acorn"])
    assert.deepStrictEqual(readdirSync(join(folder.directory, "acorn")), ["precious.txt"])
  })
})
