/**
 * The control endpoints below `/sandbox`: they arrange what the gateway will meet, and show what it did.
 */
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as SchemaIssue from "effect/SchemaIssue"
import { AlipaySandbox, type Token, type TokenNotFound } from "../AlipaySandbox.ts"
import { Fault } from "../Fault.ts"
import { description } from "./description.ts"
import { problem } from "./problem.ts"
import * as RequestBody from "./requestBody.ts"
import * as TokenJson from "./tokenJson.ts"
import * as WalletControl from "./walletControl.ts"

const json = (body: unknown) => HttpServerResponse.jsonUnsafe(body)

// Refusals are responses: they travel in the error channel until here.
const answered = <R>(
  effect: Effect.Effect<HttpServerResponse.HttpServerResponse, HttpServerResponse.HttpServerResponse, R>
) => effect.pipe(Effect.catch(Effect.succeed))

const decodeFault = Schema.decodeUnknownResult(Fault, { onExcessProperty: "error", errors: "all" })
const issues = SchemaIssue.makeFormatterStandardSchemaV1()

const refuseFault = ({ issue }: Schema.SchemaError) => {
  const errors = issues(issue).issues.map(({ message, path }) => ({ path: `/${(path ?? []).join("/")}`, message }))
  return problem(422, "Unprocessable Content", "this is not a fault", errors)
}

/** The routes. */
export const control = HttpRouter.use(
  Effect.fnUntraced(function* (router) {
    const sandbox = yield* AlipaySandbox
    const body = Effect.fnUntraced(function* () {
      const request = yield* HttpServerRequest
      return yield* RequestBody.json(request, StrictJson.parseExact)
    })
    const byId = (act: (id: string) => Effect.Effect<Token, TokenNotFound>) =>
      Effect.flatMap(HttpRouter.params, ({ id = "" }) => act(id)).pipe(
        Effect.map((token) => TokenJson.response(token)),
        Effect.catchTag("TokenNotFound", () => Effect.succeed(problem(404, "Not Found", "no token has this id")))
      )
    const listFaults = Effect.map(sandbox.faults, (armed) => json({ armed }))

    yield* router.add("GET", "/sandbox", json(description))
    yield* router.add(
      "GET",
      "/sandbox/config",
      json({
        ...sandbox.config,
        application_private_key: Redacted.value(sandbox.config.application_private_key),
        encrypt_key: Redacted.value(sandbox.config.encrypt_key)
      })
    )
    yield* router.add("GET", "/sandbox/certificates", Effect.map(sandbox.certificates, json))
    yield* router.add(
      "POST",
      "/sandbox/tokens",
      body().pipe(
        Effect.flatMap(sandbox.issueJson),
        Effect.map((token) => TokenJson.response(token, 201)),
        Effect.catchTag("TermsError", ({ issues, message }) =>
          Effect.succeed(problem(422, "Unprocessable Content", message, issues))
        ),
        answered
      )
    )
    yield* router.add("GET", "/sandbox/tokens/:id", byId(sandbox.token))
    yield* router.add("POST", "/sandbox/tokens/:id/revoke", byId(sandbox.revoke))
    yield* router.add("POST", "/sandbox/tokens/:id/suspend", byId(sandbox.suspend))
    yield* router.add("POST", "/sandbox/tokens/:id/resume", byId(sandbox.resume))
    yield* router.add(
      "GET",
      "/sandbox/movements",
      Effect.map(sandbox.movements, (movements) => json({ movements }))
    )
    yield* router.add(
      "GET",
      "/sandbox/royalties",
      Effect.map(sandbox.royalties, (royalties) => json({ royalties }))
    )
    yield* router.add(
      "GET",
      "/sandbox/notifications",
      Effect.map(sandbox.notices, (notifications) => json({ notifications }))
    )
    yield* WalletControl.add(router, sandbox.wallet)
    yield* router.add("GET", "/sandbox/faults", listFaults)
    yield* router.add("DELETE", "/sandbox/faults", Effect.andThen(sandbox.clearFaults, listFaults))
    yield* router.add("POST", "/sandbox/faults", (request) =>
      RequestBody.json(request, StrictJson.parse).pipe(
        Effect.flatMap((value) => Effect.fromResult(Result.mapError(decodeFault(value), refuseFault))),
        Effect.flatMap(sandbox.fault),
        Effect.andThen(listFaults),
        answered
      )
    )
  })
)
