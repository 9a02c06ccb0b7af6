/** Environment variables, each with a `_FILE` variant, whose problems are collected instead of thrown. */
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"

/** One thing that is wrong with one variable, and what to do about it. */
export const Issue = Schema.Struct({ variable: Schema.String, message: Schema.String, hint: Schema.String })
export type Issue = typeof Issue.Type

export type Problem = Omit<Issue, "variable">
type Check<A> = (text: string) => Result.Result<A, Problem>

export interface Reader {
  readonly issues: ReadonlyArray<Issue>
  readonly report: (issue: Issue) => void
  readonly required: <A>(name: string, check: Check<A>) => Effect.Effect<A | undefined>
  readonly optional: <A>(name: string, check: Check<A>) => Effect.Effect<A | undefined>
}

export const reader: Effect.Effect<Reader, never, FileSystem.FileSystem> = Effect.gen(function* () {
  const files = yield* FileSystem.FileSystem
  const issues: Array<Issue> = []
  const report = (issue: Issue) => void issues.push(issue)

  /** The text of a variable; blank is absent. */
  const variable = (name: string) =>
    Effect.gen(function* () {
      const value = yield* Config.option(Config.Redacted(name))
      const text = Option.map(value, (secret) => Redacted.value(secret).trim())
      return Option.getOrElse(text, () => "")
    }).pipe(
      Effect.catch(() => {
        report({
          variable: name,
          message: "the configuration source could not be read",
          hint: "Check the config provider."
        })
        return Effect.succeed("")
      })
    )

  const file = (name: string, path: string) =>
    files.readFileString(path).pipe(
      Effect.catch(() => {
        const hint = "Check the path, and that this process may read it."
        report({ variable: name, message: "the file cannot be read", hint })
        return Effect.undefined
      })
    )

  /** The text and the variable it came from; `undefined` where there is none or it was reported. */
  const lookup = Effect.fnUntraced(function* (name: string) {
    const direct = yield* variable(name)
    const path = yield* variable(`${name}_FILE`)
    if (direct !== "" && path !== "") {
      report({ variable: name, message: `both ${name} and ${name}_FILE are set`, hint: "Set one of them." })
      return undefined
    }
    if (path === "") return { from: name, text: direct }
    const text = yield* file(`${name}_FILE`, path)
    if (text === undefined) return undefined
    if (text.trim() !== "") return { from: `${name}_FILE`, text: text.trim() }
    report({ variable: `${name}_FILE`, message: "the file is empty", hint: "Put the value into it." })
    return undefined
  })

  const read = <A>(name: string, check: Check<A>, required: boolean) =>
    Effect.map(lookup(name), (found) => {
      if (found === undefined) return undefined
      if (found.text === "") {
        if (required) report({ variable: name, message: "it is not set", hint: `Set ${name} or ${name}_FILE.` })
        return undefined
      }
      const checked = check(found.text)
      if (Result.isSuccess(checked)) return checked.success
      report({ variable: found.from, ...checked.failure })
      return undefined
    })

  return {
    issues,
    report,
    required: (name, check) => read(name, check, true),
    optional: (name, check) => read(name, check, false)
  }
})
