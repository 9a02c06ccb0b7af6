/** The issuer of agent tokens and its keys, from the environment. */
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Jose from "jose"
import * as Keys from "./agentTokenKeys.ts"
import type * as Variable from "./configVariable.ts"

const Jwks = Schema.Struct({ keys: Schema.Array(Schema.Record(Schema.String, Schema.Unknown)) })
const decode = Schema.decodeUnknownResult(Jwks)

const hint = 'It is a JWK Set: {"keys":[{"kty":"EC","crv":"P-256","kid":"…","x":"…","y":"…"}]}.'

const jwks = (text: string): Result.Result<Jose.JSONWebKeySet, Variable.Problem> =>
  StrictJson.parse(text).pipe(
    Result.mapError(({ message }) => ({ message: `this is not JSON: ${message}`, hint })),
    Result.flatMap((json) => Result.mapError(decode(json), () => ({ message: "this is not a JWK Set", hint }))),
    Result.map(({ keys }) => ({ keys: keys.map((key) => ({ ...key }) as Jose.JWK) }))
  )

const issuer = (text: string): Result.Result<string, Variable.Problem> =>
  text.length <= 256
    ? Result.succeed(text)
    : Result.fail({ message: "an issuer has 256 characters at most", hint: "It is the iss claim of the tokens." })

/** None, or one whose keys have been imported once to see that they work. */
export const read = Effect.fnUntraced(function* (variables: Variable.Reader) {
  const before = variables.issues.length
  const name = yield* variables.optional("ALIPAY_AGENT_TOKEN_ISSUER", issuer)
  const keys = yield* variables.optional("ALIPAY_AGENT_TOKEN_JWKS", jwks)
  if (variables.issues.length > before || (name === undefined && keys === undefined)) return []
  const together = "Set both ALIPAY_AGENT_TOKEN_ISSUER and ALIPAY_AGENT_TOKEN_JWKS, or neither."
  if (name === undefined || keys === undefined) {
    const variable = name === undefined ? "ALIPAY_AGENT_TOKEN_ISSUER" : "ALIPAY_AGENT_TOKEN_JWKS"
    variables.report({ variable, message: "it is not set", hint: together })
    return []
  }
  const issuers: ReadonlyArray<Keys.Issuer> = [{ issuer: name, jwks: keys }]
  yield* Keys.importAll(issuers).pipe(
    Effect.catch(({ message }) =>
      Effect.sync(() => variables.report({ variable: "ALIPAY_AGENT_TOKEN_JWKS", message, hint }))
    )
  )
  return issuers
})
