/** JSON in a header of A402: Base64 in either alphabet, strict JSON, and a schema whose faults are named. */
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as EitherBase64 from "./eitherBase64.ts"
import * as Issues from "./issues.ts"

/** More than any bill or proof has, and less than would cost something to look at. */
const longest = 8_192

/** Reads a header's value; members that the schema does not know are left out. A failure says what is wrong and where, and no value. */
export const reader = <A>(schema: Schema.ConstraintCodec<A, unknown>): ((text: string) => Result.Result<A, string>) => {
  const decode = Schema.decodeUnknownResult(schema, { errors: "all" })
  return (text) => {
    if (text.length > longest) return Result.fail(`it is longer than ${longest} characters`)
    const bytes = EitherBase64.decode(text)
    if (bytes === undefined) return Result.fail("it is neither Base64 nor Base64URL")
    return StrictJson.parse(bytes).pipe(
      Result.mapError(({ message, path }) => `it is not JSON that has one reading: ${message}, at ${path || "/"}`),
      Result.flatMap((json) => Result.mapError(decode(json), ({ issue }) => Issues.sentence(Issues.list(issue))))
    )
  }
}
