/**
 * Writing reports to files: `<out>/<subject>.json`, `.junit.xml`, `.md`, `.html`, `.svg`.
 */
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Path from "effect/Path"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Explained } from "../Explain.ts"
import * as Report from "../Report.ts"
import { badge } from "../report/Badge.ts"
import { html } from "../report/Html.ts"
import { junit } from "../report/Junit.ts"
import { markdown } from "../report/Markdown.ts"
import { type Ending, unusable, wordsFor } from "./Ending.ts"

export const formats = ["json", "junit", "md", "html", "badge"] as const
export type Format = (typeof formats)[number]

const endings = {
  json: "json",
  junit: "junit.xml",
  md: "md",
  html: "html",
  badge: "svg"
} as const satisfies { readonly [F in Format]: string }

const encode = Schema.encodeSync(Schema.toCodecJson(Report.Report))

const printers: { readonly [F in Format]: (report: Report.Report, explained: Explained) => string } = {
  json: (report) => `${JSON.stringify(encode(report), null, 2)}\n`,
  junit,
  md: markdown,
  html,
  badge
}

const fileName = (subject: string): string => subject.toLowerCase().replace(/[^a-z0-9]+/g, "-") || "report"

/** Writes the report in each format; gives the paths. */
export const write = Effect.fnUntraced(function* (
  report: Report.Report,
  wanted: { readonly formats: ReadonlyArray<Format>; readonly out: string; readonly explained: Explained }
): Effect.fn.Return<ReadonlyArray<string>, Ending, FileSystem.FileSystem | Path.Path> {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const writing = Effect.gen(function* () {
    yield* fs.makeDirectory(wanted.out, { recursive: true })
    return yield* Effect.forEach(wanted.formats, (format) => {
      const file = path.join(wanted.out, `${fileName(report.subject)}.${endings[format]}`)
      return Effect.as(fs.writeFileString(file, printers[format](report, wanted.explained)), file)
    })
  })
  return yield* Effect.mapError(writing, (error) =>
    unusable(`the reports cannot be written to ${wanted.out}: ${wordsFor(error)}`)
  )
})

const decode = Schema.decodeUnknownResult(Report.Json)
const Form = Schema.decodeUnknownResult(Schema.fromJsonString(Schema.Struct({ report: Schema.String })))

/** Reads a JSON report. */
export const read = Effect.fnUntraced(function* (
  file: string
): Effect.fn.Return<Report.Report, Ending, FileSystem.FileSystem> {
  const fs = yield* FileSystem.FileSystem
  const text = yield* Effect.mapError(fs.readFileString(file), () => unusable(`${file}: there is no such file`))
  const form = Form(text)
  if (Result.isFailure(form)) return yield* unusable(`${file}: this is no JSON report of a check`)
  if (form.success.report !== "1.0") {
    return yield* unusable(`${file}: this is a report of form ${form.success.report}, and this kit reads 1.0`)
  }
  const report = decode(text)
  if (Result.isSuccess(report)) return report.success
  return yield* unusable(`${file}: this is no whole report: ${wordsFor(report.failure)}`)
})
