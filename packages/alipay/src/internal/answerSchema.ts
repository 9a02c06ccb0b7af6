/** Fields of gateway answers, and decoding that fails closed. */
import * as StrictJson from "@paylayer/core/StrictJson"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import * as SchemaTransformation from "effect/SchemaTransformation"
import * as BeijingTime from "../BeijingTime.ts"
import type { AnswerJson } from "../GatewayAnswer.ts"
import { Malformed, OpenPlatformError } from "../OpenPlatformError.ts"
import * as Issues from "./issues.ts"

/** Beijing wall clock time. */
export const Time = Schema.String.pipe(
  Schema.decodeTo(
    Schema.DateTimeUtc,
    SchemaTransformation.transformEffect({
      decode: (text) =>
        Result.match(BeijingTime.parse(text), {
          onSuccess: (millis) => Effect.succeed(DateTime.makeUnsafe(millis)),
          onFailure: ({ message }) => Effect.fail(new SchemaIssue.InvalidValue({ message }))
        }),
      encode: (time) => Effect.succeed(BeijingTime.format(time.epochMilliseconds))
    })
  )
)

/** A whole number from 0, as JSON number or string. */
export const Whole = Schema.Union([Schema.instanceOf(StrictJson.JsonNumber), Schema.String]).pipe(
  Schema.decodeTo(
    Schema.Int,
    SchemaTransformation.transformEffect({
      decode: (value) =>
        /^(?:0|[1-9][0-9]{0,8})$/.test(String(value))
          ? Effect.succeed(Number(String(value)))
          : Effect.fail(new SchemaIssue.InvalidValue({ message: "must be a whole number from 0 to 999999999" })),
      encode: (count) => Effect.succeed(new StrictJson.JsonNumber(String(count)))
    })
  )
)

/** The failure of an answer that is signed but does not say what the method must say. */
export const malformed = (method: string, message: string): OpenPlatformError =>
  new OpenPlatformError({ method, reason: new Malformed({ message: `the signed answer is not usable: ${message}` }) })

const isAbsent = (value: StrictJson.ExactJson) => value === "" || value === null

/** Decodes an answer. Members that are empty or null are absent: Alipay writes them so. Members that nobody knows are ignored. */
export const decode =
  <T>(method: string, schema: (answer: AnswerJson) => Schema.ConstraintCodec<T, unknown>) =>
  (answer: AnswerJson): Effect.Effect<T, OpenPlatformError> => {
    const present = Object.values(answer).some(isAbsent)
      ? Object.fromEntries(Object.entries(answer).filter(([, value]) => !isAbsent(value)))
      : answer
    const codec = schema(present)
    // Looking for everything that is wrong takes longer, and most answers are right.
    const decoded = Result.orElse(Schema.decodeUnknownResult(codec)(present), () =>
      Schema.decodeUnknownResult(codec, { errors: "all" })(present)
    )
    return Effect.fromResult(
      Result.mapError(decoded, ({ issue }) => malformed(method, Issues.sentence(Issues.list(issue))))
    )
  }
