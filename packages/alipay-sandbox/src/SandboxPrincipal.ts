/**
 * A principal without a browser: opens the sandbox's pages over plain HTTP, fills in their forms and sends them.
 *
 * For tests and demos that need a consent. It is signed in as one of the sandbox's test accounts and keeps its cookies.
 *
 * @example
 * const principal = yield* SandboxPrincipal.make()
 * yield* principal.approve(consentUri, { max_total_amount: "20.00" })
 * yield* principal.act(delegationId, "revoke")
 */
import * as Effect from "effect/Effect"
import type * as Cookies from "effect/http/Cookies"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as HttpClient from "effect/http/HttpClient"
import type { HttpClientError } from "effect/http/HttpClientError"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"

/** What the principal changes in a form: one value, or the ticked ones of a list. */
export type Changes = { readonly [field: string]: string | ReadonlyArray<string> }

/** A page, as it came. */
export interface Page {
  readonly status: number
  readonly html: string
}

/** A page without the form that was looked for. */
export class NoForm extends Schema.TaggedError<NoForm>()("NoForm", {
  message: Schema.String,
  status: Schema.Int
}) {}

type Failure = HttpClientError | NoForm

export interface Principal {
  /** Signs in if need be, and gives the page. */
  readonly open: (uri: string) => Effect.Effect<Page, Failure>
  /** Approves what is asked for, changed like this. The page that follows says what became of it. */
  readonly approve: (consentUri: string, changes?: Changes) => Effect.Effect<Page, Failure>
  readonly refuse: (consentUri: string) => Effect.Effect<Page, Failure>
  /** Uses a button on the page of delegations. */
  readonly act: (
    wallet: string,
    delegationId: string,
    act: "suspend" | "resume" | "revoke"
  ) => Effect.Effect<Page, Failure>
}

const entities: { readonly [name: string]: string } = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" }

const unescaped = (text: string): string =>
  text.replace(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => entities[name]!)

const attribute = (tag: string, name: string): string | undefined => {
  const value = new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1]
  return value === undefined ? undefined : unescaped(value)
}

/** The fields of the form with this action, as a browser would send them untouched. */
const formOf = ({ html, status }: Page, action: string): Effect.Effect<URLSearchParams, NoForm> => {
  const [form] = html
    .split("<form")
    .slice(1)
    .filter((part) => attribute(part.slice(0, part.indexOf(">")), "action") === action)
  if (form === undefined) return Effect.fail(new NoForm({ message: `the page has no form for ${action}`, status }))
  const fields = new URLSearchParams()
  for (const [tag] of form.slice(0, form.indexOf("</form>")).matchAll(/<input[^>]*>/g)) {
    const name = attribute(tag, "name")
    const left = attribute(tag, "type") === "checkbox" && !/\schecked\b/.test(tag)
    if (name !== undefined && !left) fields.append(name, attribute(tag, "value") ?? "")
  }
  return Effect.succeed(fields)
}

const changed = (fields: URLSearchParams, changes: Changes): URLSearchParams => {
  for (const [name, value] of Object.entries(changes)) {
    fields.delete(name)
    for (const one of typeof value === "string" ? [value] : value) fields.append(name, one)
  }
  return fields
}

/** Signs in as an account when it is first asked to. */
export const make = Effect.fnUntraced(function* (account = "2088000000000001") {
  const jar = yield* Ref.make<ReadonlyArray<Cookies.Cookie>>([])
  const client = HttpClient.withCookiesRef(yield* HttpClient.HttpClient, jar)

  const read = Effect.fnUntraced(function* (request: HttpClientRequest.HttpClientRequest) {
    // Where a form leads is followed below, with the cookies it set; `fetch` would follow without them.
    const response = yield* client
      .execute(request)
      .pipe(Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }))
    return { status: response.status, location: response.headers["location"], html: yield* response.text }
  })

  const get = (uri: string) => read(HttpClientRequest.get(uri))

  /** Sends a form of a page, and follows to where it leads. */
  const send = Effect.fnUntraced(function* (page: Page, uri: string, action: string, changes: Changes) {
    const fields = changed(yield* formOf(page, action), changes)
    const target = new URL(action, uri)
    const answer = yield* read(
      HttpClientRequest.bodyText(HttpClientRequest.post(target), fields.toString(), "application/x-www-form-urlencoded")
    )
    return answer.status === 303 ? yield* get(new URL(answer.location ?? "", target).href) : answer
  })

  const open = Effect.fnUntraced(function* (uri: string) {
    const page = yield* get(uri)
    return page.html.includes('action="/wallet/sign-in"')
      ? yield* send(page, uri, "/wallet/sign-in", { account })
      : page
  })

  const decide = Effect.fnUntraced(function* (uri: string, changes: Changes) {
    return yield* send(yield* open(uri), uri, new URL(uri).pathname, changes)
  })

  const principal: Principal = {
    open,
    approve: (uri, changes = {}) => decide(uri, { ...changes, decision: "approve" }),
    refuse: (uri) => decide(uri, { decision: "refuse" }),
    act: Effect.fnUntraced(function* (wallet, id, act) {
      const uri = new URL("/wallet", wallet).href
      return yield* send(yield* open(uri), uri, `/wallet/delegations/${id}/${act}`, {})
    })
  }
  return principal
})
