/**
 * How the double answers: the key, idempotency, and faults.
 *
 * Idempotency is as https://docs.stripe.com/api/idempotent_requests says: the first request's status and body are kept for its key
 * once its endpoint began to work, also errors and also 500, and given again for the same request; another request under the key is an
 * `idempotency_error`; a key is forgotten after 24 hours, and then is a new one.
 */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { Fault, Name } from "../../StripeFault.ts"
import * as Double from "./double.ts"

/** A request as it came. */
export interface Received {
  readonly method: string
  /** With the query. */
  readonly target: string
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>
  readonly body: string
}

export interface Written {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** The connection is to be reset. Whoever holds it, a socket or an in-process client, does so. */
export class Reset extends Schema.TaggedError<Reset>()("StripeSandboxReset", {}) {}

interface Kept {
  readonly request: string
  readonly atMillis: number
  /** Nothing while the first request is worked on. */
  answer?: Written
}

export interface Platform {
  readonly secretKey: string
  readonly state: Double.State
  readonly kept: Map<string, Kept>
  readonly faults: Array<Fault>
  /** Starts what goes on by itself. */
  readonly detach: <A>(effect: Effect.Effect<A>) => Effect.Effect<Fiber.Fiber<A>>
}

const keptFor = 24 * 60 * 60 * 1_000

const write = (answer: Result.Result<object, Double.Failure>): Written => ({
  status: Result.isSuccess(answer) ? 200 : answer.failure.status,
  headers: { "content-type": "application/json", "request-id": "req_sandbox" },
  body: JSON.stringify(Result.isSuccess(answer) ? answer.success : { error: answer.failure.error }, null, 2)
})

const fail = (...failure: Parameters<typeof Double.failure>): Written => write(Result.fail(Double.failure(...failure)))

const broken = fail(500, "api_error", "An unknown error occurred.")

const partsOf = ({ body, method, target }: Received) => {
  const url = new URL(target, "http://stripe")
  return { path: url.pathname, parameters: new Map(method === "POST" ? new URLSearchParams(body) : url.searchParams) }
}

/** Acts at once, whole, and once for a key. */
const commit = (platform: Platform, request: Received, instead?: Written): Effect.Effect<Written> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const { parameters, path } = partsOf(request)
    const act = () => write(Double.act(platform.state, request.method, path, parameters, now))
    const key = request.method === "POST" ? request.headers["idempotency-key"] : undefined
    if (key === undefined) return act()
    const whole = `${request.method} ${request.target}\n${request.body}`
    const before = platform.kept.get(key)
    if (before !== undefined && now - before.atMillis < keptFor) {
      if (before.request !== whole) {
        const message = `Keys for idempotent requests can only be used with the same parameters they were first used with. Try using a key other than '${key}' if you meant to execute a different request.`
        return fail(400, "idempotency_error", message)
      }
      const { answer } = before
      return answer === undefined
        ? fail(409, "invalid_request_error", "There is another request with this key.", "idempotency_key_in_use")
        : { ...answer, headers: { ...answer.headers, "idempotent-replayed": "true" } }
    }
    const acted = act()
    const answer = instead ?? acted
    platform.kept.set(key, { request: whole, atMillis: now, answer })
    return answer
  })

/** Keeps an answer for the request's key without acting. */
const keep = (platform: Platform, request: Received, answer: Written): Effect.Effect<Written> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const key = request.headers["idempotency-key"]
    const before = key === undefined ? undefined : platform.kept.get(key)
    if (key !== undefined && (before === undefined || now - before.atMillis >= keptFor)) {
      const whole = `${request.method} ${request.target}\n${request.body}`
      platform.kept.set(key, { request: whole, atMillis: now, answer })
    }
    return answer
  })

const html: Written = {
  status: 200,
  headers: { "content-type": "text/html" },
  body: "<html><body><h1>Please try again later</h1></body></html>"
}

const fits = ({ match }: Fault, { method, target }: Received): boolean => {
  const path = target.split("?")[0]!
  if (match === undefined) return true
  return match === "create" ? method === "POST" && path === "/v1/transfers" : method === "GET"
}

const take = ({ faults }: Platform, request: Received): Fault | undefined => {
  const index = faults.findIndex((fault) => fits(fault, request))
  const fault = faults[index]
  if (fault === undefined) return undefined
  const times = (fault.times ?? 1) - 1
  faults.splice(index, 1, ...(times > 0 ? [{ ...fault, times }] : []))
  return fault
}

const faulty = (
  platform: Platform,
  request: Received,
  name: Name,
  delayMillis: number
): Effect.Effect<Written, Reset> => {
  const acted = commit(platform, request)
  switch (name) {
    case "hang":
      return Effect.never
    case "hang-after-commit":
      return Effect.andThen(acted, Effect.never)
    case "reset":
      return Effect.fail(new Reset())
    case "reset-after-commit":
      return Effect.andThen(acted, Effect.fail(new Reset()))
    case "http-500":
      return keep(platform, request, broken)
    case "http-500-after-commit":
      return commit(platform, request, broken)
    case "html-after-commit":
      return Effect.as(acted, html)
    case "late":
      return Effect.flatMap(platform.detach(Effect.delay(acted, delayMillis)), Fiber.join)
    case "twice":
      return Effect.andThen(acted, acted)
    case "rate-limited":
      return Effect.succeed(fail(429, "invalid_request_error", "Request rate limit exceeded.", "rate_limit"))
  }
}

/** Answers a request. */
export const answer = (platform: Platform, request: Received): Effect.Effect<Written, Reset> =>
  Effect.suspend(() => {
    const given = /^Bearer (\S+)$/.exec(request.headers["authorization"] ?? "")?.[1]
    if (given !== platform.secretKey) {
      return Effect.succeed(fail(401, "invalid_request_error", "Invalid API Key provided."))
    }
    const fault = take(platform, request)
    return fault === undefined
      ? commit(platform, request)
      : faulty(platform, request, fault.fault, fault.delayMillis ?? 60_000)
  })
