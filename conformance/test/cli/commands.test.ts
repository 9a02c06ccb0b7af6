// What the other commands promise. They run in this process, with their output caught.
import * as Replay from "@paylayer/conformance/Replay"
import * as Report from "@paylayer/conformance/Report"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { readdirSync, readFileSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { fail, mixed, report } from "../report/samples.ts"
import { read } from "../report/wellFormed.ts"
import { cli } from "./inProcess.ts"
import { conformance, temporary } from "./running.ts"

const subject = join(conformance, "test/subjects/voucher.subject.ts")
const write = (directory: string, name: string, content: Report.Report) => {
  const file = join(directory, name)
  writeFileSync(file, Schema.encodeSync(Report.Json)(content))
  return file
}

describe("list and explain", () => {
  it.effect("list shows every law, or those of a level", () =>
    Effect.gen(function* () {
      const all = yield* cli("list")
      assert.strictEqual(all.code, 0)
      assert.match(all.out, /LIM-02 {2}MUST +guarded +critical/)
      const core = yield* cli("list", "--level", "core")
      assert.notInclude(core.out, "LIM-02")
      assert.strictEqual((yield* cli("list", "--only", "XYZ")).code, 2)
    })
  )

  it.effect("explain says why a law is there and what it finds", () =>
    Effect.gen(function* () {
      const { code, out } = yield* cli("explain", "rac-02")
      assert.strictEqual(code, 0)
      for (const part of ["RAC-02 MUST", "why", "asked from resilient", "check-then-act-limit: a plug-in that"])
        assert.include(out, part)
      const unknown = yield* cli("explain", "LIM-77")
      assert.deepStrictEqual([unknown.code, unknown.out], [2, ""])
      assert.include(unknown.err, "there is no law LIM-77")
    })
  )
})

describe("diff", () => {
  it.effect(
    "ends with 1 where a report is worse, with 0 where it is not, with 2 where there is nothing to compare",
    () =>
      Effect.gen(function* () {
        using folder = temporary()
        const good = write(folder.directory, "good.json", report())
        const bad = write(folder.directory, "bad.json", report({ "LIM-02": fail }))
        const worse = yield* cli("diff", good, bad)
        assert.strictEqual(worse.code, 1)
        assert.include(worse.out, "- LIM-02  kept, now broken")
        assert.strictEqual((yield* cli("diff", bad, good)).code, 0)
        const other = { ...report(), manifest: { ...report().manifest, id: "birch" } }
        assert.strictEqual((yield* cli("diff", good, write(folder.directory, "other.json", other))).code, 2)
        const newer = join(folder.directory, "newer.json")
        writeFileSync(newer, '{"report":"2.0"}')
        assert.include((yield* cli("diff", good, newer)).err, "a report of form 2.0, and this kit reads 1.0")
        writeFileSync(newer, "<html>")
        assert.include((yield* cli("diff", good, newer)).err, "no JSON report")
        assert.include((yield* cli("diff", good, join(folder.directory, "no.json"))).err, "there is no such file")
      })
  )
})

describe("matrix", () => {
  it.live(
    "shows reports and subjects beside each other, goes on after one that is unusable, and ends with the worst",
    () =>
      Effect.gen(function* () {
        using folder = temporary()
        const file = write(folder.directory, "acorn.json", mixed)
        const nothing = join(conformance, "test/cli/fixtures/nothing.ts")
        const { code, err, out } = yield* cli(
          "matrix",
          file,
          nothing,
          subject,
          "--only",
          "DET-01,LIF-04",
          "--profile",
          "quick"
        )
        assert.strictEqual(code, 1)
        assert.match(out, /acorn +voucher/)
        assert.match(out, /LIF-04 .* ✓ +✓/)
        assert.include(err, "it exports nothing")
        const calm = yield* cli("matrix", write(folder.directory, "good.json", report()), "--format", "md")
        assert.strictEqual(calm.code, 0)
        assert.include(calm.out, "| law | what must hold | acorn |")
      })
  )

  it.live("checks every subject that a file exports", () =>
    Effect.gen(function* () {
      const both = join(conformance, "test/cli/fixtures/two.ts")
      const { code, out } = yield* cli("matrix", both, "--only", "DET-01", "--profile", "quick")
      assert.strictEqual(code, 0)
      assert.match(out, /voucher +ticket/)
      const one = yield* cli("check", `${both}#other`, "--only", "DET-01", "--profile", "quick")
      assert.strictEqual(one.code, 0)
      assert.strictEqual((yield* cli("check", `${both}#nobody`, "--only", "DET-01")).code, 2)
    })
  )
})

describe("mutants", () => {
  it.live("prints which law finds which defect", () =>
    Effect.gen(function* () {
      const { code, out } = yield* cli("mutants", "--only", "check-then-act-limit", "--profile", "quick")
      assert.strictEqual(code, 0, out)
      assert.match(out, /dead +check-then-act-limit +.*RAC-02/)
      assert.include(out, "1 of 1 mutants are dead")
      assert.strictEqual((yield* cli("mutants", "--only", "no-such-mutant")).code, 2)
    })
  )
})

describe("check", () => {
  const wrong: ReadonlyArray<readonly [args: ReadonlyArray<string>, sentence: RegExp]> = [
    [["--only", "NIX"], /there is no law and no area NIX/],
    [["--only", ""], /no law is selected/],
    [["--only", "RAC", "--level", "core"], /no law is selected/],
    [["--replay", "LIM-02~0.9g1~42:1"], /the replay token is of version 0\.9g1, this kit replays/],
    [["--replay", "rubbish"], /a replay token reads LAW~version~seed:path/],
    [["--replay", `LIM-02~${Replay.version}~42:1`, "--seed", "1"], /leave out --seed/],
    [["--report", "pdf"], /there is no report "pdf"/],
    [["--runs", "0"], /runs/],
    [["--level", "perfect"], /perfect/],
    [["--frobnicate"], /frobnicate/]
  ]
  for (const [args, sentence] of wrong) {
    it.effect(`refuses ${args.join(" ")} with 2 and a sentence`, () =>
      Effect.gen(function* () {
        const { code, err, out } = yield* cli("check", subject, ...args)
        assert.strictEqual(code, 2, out + err)
        assert.match(err, sentence)
      })
    )
  }

  it.live("a double that contradicts itself makes its laws inconclusive: 2", () =>
    Effect.gen(function* () {
      const lying = join(conformance, "test/cli/fixtures/provider-lies.ts")
      const { code, out } = yield* cli("check", lying, "--only", "DET-02,LIM-02", "--profile", "quick")
      assert.strictEqual(code, 2, out)
      assert.include(out, "the provider's double failed: no ink")
      assert.include(out, "Inconclusive: 2 of 2 required laws could not be told")
    })
  )
})

describe("check", () => {
  const mutant = join(conformance, "test/cli/fixtures/mutant.ts")
  const quick = ["--profile", "quick", "--seed", "1"]

  it.live("says the same of every law with one thread and with several", () =>
    Effect.gen(function* () {
      using folder = temporary()
      const said = (workers: string) => {
        const out = join(folder.directory, workers)
        const files = ["--report", "json", "--out", out]
        return Effect.map(
          cli("check", mutant, "--only", "LIM,RAC,RPL", "--workers", workers, ...quick, ...files),
          () => {
            const { laws } = Schema.decodeUnknownSync(Report.Json)(
              readFileSync(join(out, readdirSync(out)[0]!), "utf8")
            )
            return laws.map(({ id, verdict }) => ({ id, verdict }))
          }
        )
      }
      const alone = yield* said("1")
      assert.isTrue(alone.some(({ verdict }) => verdict._tag === "fail"))
      assert.deepStrictEqual(yield* said("3"), alone)
    })
  )

  it.live("replays a failure from its token", () =>
    Effect.gen(function* () {
      const { code, out } = yield* cli("check", mutant, "--only", "RAC-02", ...quick)
      assert.strictEqual(code, 1, out)
      const [, command = "", token = ""] = /replay: paylayer-conformance (check \S+ --replay (\S+))/.exec(out) ?? []
      const again = yield* cli(...command.split(" "))
      assert.strictEqual(again.code, 1, again.out)
      assert.include(again.out, token)
    })
  )
})

describe("check --report", () => {
  it.live("shows no credential, not even where the double says one", () =>
    Effect.gen(function* () {
      using folder = temporary()
      const telling = join(conformance, "test/cli/fixtures/provider-tells.ts")
      const to = ["--report", "json,junit,md,html", "--out", folder.directory]
      const { code, out } = yield* cli("check", telling, "--only", "LIF-04,LIM-01", "--profile", "quick", ...to)
      assert.strictEqual(code, 2, out)
      const files = readdirSync(folder.directory).map((name) => readFileSync(join(folder.directory, name), "utf8"))
      assert.strictEqual(files.length, 4)
      for (const text of [out, ...files]) {
        assert.match(text, /no account for \W*(?:&lt;|<)secret 1/)
        assert.notMatch(text, /eyJ2IjoxL/)
      }
    })
  )

  it.live("writes each form under the name of the protocol", () =>
    Effect.gen(function* () {
      using folder = temporary()
      const out = join(folder.directory, "a/b")
      const forms = "json,junit,md,html,badge"
      const { code } = yield* cli(
        "check",
        subject,
        "--only",
        "DET-01",
        "--profile",
        "quick",
        "--report",
        forms,
        "--out",
        out
      )
      assert.strictEqual(code, 0)
      assert.deepStrictEqual(readdirSync(out).toSorted(), [
        "voucher.html",
        "voucher.json",
        "voucher.junit.xml",
        "voucher.md",
        "voucher.svg"
      ])
      const { laws } = Schema.decodeUnknownSync(Report.Json)(readFileSync(join(out, "voucher.json"), "utf8"))
      assert.deepStrictEqual(
        laws.map(({ id }) => id),
        ["DET-01"]
      )
      assert.isUndefined(read(readFileSync(join(out, "voucher.junit.xml"), "utf8")).problem)
      writeFileSync(join(folder.directory, "file"), "")
      const blocked = yield* cli(
        "check",
        subject,
        "--only",
        "DET-01",
        "--report",
        "md",
        "--out",
        join(folder.directory, "file/below")
      )
      assert.strictEqual(blocked.code, 2)
      assert.include(blocked.err, "the reports cannot be written")
    })
  )
})
