/**
 * The principal's side: the pages of the wallet. They work without any script, and nothing on them loads one.
 *
 * Every form carries its session's token, every change is a POST that ends in a redirect to a path of the wallet's own making.
 */
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import { HttpServerRequest } from "effect/http/HttpServerRequest"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Result from "effect/Result"
import { AlipaySandbox } from "../../AlipaySandbox.ts"
import * as RequestBody from "../requestBody.ts"
import * as Accounts from "./accounts.ts"
import { consentPage } from "./consentPage.ts"
import { grant } from "./granting.ts"
import * as Language from "@paylayer/pages/Language"
import * as Layout from "./layout.ts"
import { listPage } from "./listPage.ts"
import * as Narrowing from "./narrowing.ts"
import * as Notice from "./noticePages.ts"
import * as PageResponse from "./pageResponse.ts"
import * as Requests from "./requests.ts"
import * as Sessions from "./sessions.ts"
import * as Stylesheet from "./stylesheet.ts"

const languageCookie = "paylayer_wallet_language"

/** A page of the wallet: its own list, or the one of a request. */
type Path = "/wallet" | `/consent/${string}`

/** What a route knows of its request. */
interface Visit {
  readonly request: HttpServerRequest
  readonly now: number
  readonly session: Sessions.Session | undefined
  readonly query: URLSearchParams
  /** `handle` of a request or `id` of a delegation, as the address has them. */
  readonly params: { readonly [name: string]: string | undefined }
  readonly language: Language.Language
}

const visit = (sessions: Sessions.Sessions) =>
  Effect.gen(function* () {
    const [request, params, now] = [yield* HttpServerRequest, yield* HttpRouter.params, yield* Clock.currentTimeMillis]
    const { cookies, headers, url } = request
    const query = new URLSearchParams(url.split("?")[1] ?? "")
    const language = Language.choose(
      query.get("lang") ?? undefined,
      cookies[languageCookie],
      headers["accept-language"]
    )
    return { request, params, now, query, language, session: sessions.find(cookies, now) } satisfies Visit
  })

const viewOf = ({ language, session }: Visit, path: Path): Layout.View => Layout.view(language, session, path)

/** Whether a form comes from a page of this wallet, as far as the browser says. Its token is asked as well. */
const isOwn = ({ headers }: HttpServerRequest): boolean =>
  (headers["origin"] === undefined || headers["origin"] === `http://${headers["host"]}`) &&
  (headers["sec-fetch-site"] === undefined || headers["sec-fetch-site"] === "same-origin")

type Answer = (one: Visit, form: URLSearchParams) => Effect.Effect<HttpServerResponse>

/** The routes, over these requests. */
export const wallet = (requests: Requests.Requests, sessions: Sessions.Sessions) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const sandbox = yield* AlipaySandbox

      /** A page for a principal; who is nobody yet is asked first. `waiting` is the request behind the question. */
      const forPrincipal = (
        one: Visit,
        path: Path,
        waiting: Requests.ConsentRequest | undefined,
        answer: (account: string) => Effect.Effect<HttpServerResponse>
      ): Effect.Effect<HttpServerResponse> => {
        const { now, query, request, session } = one
        const account = session?.account
        if (account !== undefined) return answer(account)
        if (session === undefined && request.headers["sec-fetch-site"] === "cross-site" && !query.has("followed")) {
          return Effect.succeed(PageResponse.again(path))
        }
        const anonymous = session ?? sessions.start(undefined, now)
        const page = Notice.signInPage(viewOf({ ...one, session: anonymous }, path), waiting)
        return Effect.succeed(PageResponse.withCookies(PageResponse.page(page), [Sessions.cookie(anonymous)]))
      }

      /** The page of a request, as it stands for this account. */
      const standing = Effect.fnUntraced(function* (one: Visit, found: Requests.ConsentRequest, account: string) {
        const view = viewOf(one, `/consent/${found.handle}`)
        const { state } = found
        if (state._tag === "Approved" && state.account === account) {
          const token = yield* Effect.orDie(sandbox.token(state.tokenId))
          return PageResponse.page(Notice.approvedPage(view, found, token, one.now))
        }
        if (state._tag === "Refused" && state.account === account) {
          return PageResponse.page(Notice.refusedPage(view, found))
        }
        if (state._tag !== "Pending") return PageResponse.page(Notice.answeredPage(view), 410)
        return Requests.isOpen(found, one.now)
          ? PageResponse.page(consentPage(view, found, one.now))
          : PageResponse.page(Notice.expiredPage(view), 410)
      })

      const unknown = (one: Visit) => PageResponse.page(Notice.unknownPage(viewOf(one, "/wallet")), 404)

      const forRequest = (
        one: Visit,
        answer: (found: Requests.ConsentRequest, account: string) => Effect.Effect<HttpServerResponse>
      ) => {
        const found = requests.find(one.params["handle"] ?? "")
        return found === undefined
          ? Effect.succeed(unknown(one))
          : forPrincipal(one, `/consent/${found.handle}`, found, (account) => answer(found, account))
      }

      const decide = Effect.fnUntraced(function* (
        one: Visit,
        found: Requests.ConsentRequest,
        account: string,
        form: URLSearchParams
      ) {
        const path = `/consent/${found.handle}` as const
        const decision = form.get("decision")
        if (!Requests.isOpen(found, one.now) || (decision !== "approve" && decision !== "refuse")) {
          return PageResponse.seeOther(path)
        }
        if (decision === "refuse") {
          found.state = { _tag: "Refused", account, at: one.now }
          return PageResponse.seeOther(path)
        }
        const terms = Narrowing.narrow(found.asked.terms.iac, form, one.now)
        if (Result.isFailure(terms)) {
          const returned = { form, issues: terms.failure }
          return PageResponse.page(consentPage(viewOf(one, path), found, one.now, returned), 422)
        }
        yield* grant(sandbox, requests, found, terms.success, account, DateTime.makeUnsafe(one.now))
        return PageResponse.seeOther(path)
      })

      const signIn: Answer = (one, form) =>
        Effect.sync(() => {
          const account = Accounts.find(form.get("account") ?? undefined)
          const waiting = requests.find(form.get("request") ?? "")
          const path = waiting === undefined ? "/wallet" : (`/consent/${waiting.handle}` as const)
          if (account === undefined) return PageResponse.seeOther(path)
          const session = sessions.start(account.id, one.now, one.session)
          return PageResponse.withCookies(PageResponse.seeOther(path), [Sessions.cookie(session)])
        })

      const signOut: Answer = (one) =>
        Effect.sync(() => {
          if (one.session !== undefined) sessions.stop(one.session)
          return PageResponse.withCookies(PageResponse.seeOther("/wallet"), [Sessions.noCookie])
        })

      const list = (one: Visit, account: string) =>
        Effect.map(sandbox.tokens, (tokens) => {
          const own = tokens.filter(({ terms }) => terms.delegator_identity === account).toReversed()
          const listed = own.map((token) => ({ token, name: requests.nameOf(token.id) ?? token.terms.agent_id }))
          return PageResponse.page(listPage(viewOf(one, "/wallet"), listed, one.now))
        })

      const act =
        (put: (id: string) => Effect.Effect<unknown>): Answer =>
        (one) =>
          Effect.gen(function* () {
            const { id = "" } = one.params
            const tokens = yield* sandbox.tokens
            const own = tokens.some(
              (token) => token.id === id && token.terms.delegator_identity === one.session?.account
            )
            if (!own) return unknown(one)
            yield* put(id)
            return PageResponse.seeOther("/wallet")
          })

      const get = (path: `/${string}`, answer: (one: Visit) => Effect.Effect<HttpServerResponse>) =>
        router.add(
          "GET",
          path,
          Effect.flatMap(visit(sessions), (one) =>
            Effect.map(answer(one), (response) =>
              one.query.has("lang")
                ? PageResponse.withCookies(response, [[languageCookie, one.language, Sessions.cookieOptions]])
                : response
            )
          )
        )

      /** Where a form that was refused can be opened again. */
      const back = ({ params }: Visit): Path => {
        const found = requests.find(params["handle"] ?? "")
        return found === undefined ? "/wallet" : `/consent/${found.handle}`
      }

      const submitted = (one: Visit, body: string, answer: Answer) => {
        const form = new URLSearchParams(body)
        return isOwn(one.request) && Sessions.owns(one.session, form.get("form_token"))
          ? answer(one, form)
          : Effect.succeed(PageResponse.page(Notice.stalePage(viewOf(one, back(one)), back(one)), 403))
      }

      const post = (path: `/${string}`, answer: Answer) =>
        router.add(
          "POST",
          path,
          Effect.flatMap(visit(sessions), (one) =>
            RequestBody.text(one.request).pipe(
              Effect.matchEffect({
                onFailure: Effect.succeed,
                onSuccess: (body) => submitted(one, body, answer)
              })
            )
          )
        )

      yield* router.add("GET", Stylesheet.path, PageResponse.stylesheet)
      yield* get("/consent/:handle", (one) => forRequest(one, (found, account) => standing(one, found, account)))
      yield* post("/consent/:handle", (one, form) =>
        forRequest(one, (found, account) => decide(one, found, account, form))
      )
      yield* get("/wallet", (one) => forPrincipal(one, "/wallet", undefined, (account) => list(one, account)))
      yield* post("/wallet/sign-in", signIn)
      yield* post("/wallet/sign-out", signOut)
      yield* post(
        "/wallet/delegations/:id/suspend",
        act((id) => Effect.ignore(sandbox.suspend(id)))
      )
      yield* post(
        "/wallet/delegations/:id/resume",
        act((id) => Effect.ignore(sandbox.resume(id)))
      )
      yield* post(
        "/wallet/delegations/:id/revoke",
        act((id) => Effect.ignore(sandbox.revoke(id)))
      )
    })
  )
