/**
 * The routes of the dashboard.
 */
import { Ledger } from "@paylayer/core/Ledger"
import { Paywall } from "@paylayer/core/Paywall"
import * as Refund from "@paylayer/core/Refund"
import { html } from "@paylayer/pages/Html"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Result from "effect/Result"
import { Book } from "../../Book.ts"
import type { Options } from "../../Dashboard.ts"
import { DeveloperStatement } from "../../DeveloperStatement.ts"
import { GatewayStore } from "../../GatewayStore.ts"
import { Payouts } from "../../Payouts.ts"
import { Usage } from "../../Usage.ts"
import { budgetsPage } from "./budgetsPage.ts"
import { chargePage, pathOf, type Shown } from "./chargePage.ts"
import * as Charges from "./chargesPage.ts"
import * as Gathering from "./gathering.ts"
import * as Layout from "./layout.ts"
import * as Live from "./livePage.ts"
import * as Notice from "./noticePage.ts"
import * as Operating from "./operating.ts"
import { overviewPage } from "./overviewPage.ts"
import * as PageResponse from "./pageResponse.ts"
import * as PayoutsPage from "./payoutsPage.ts"
import * as Period from "./period.ts"
import { reconciliationPage } from "./reconciliationPage.ts"
import * as RefundPages from "./refundPages.ts"
import { refusalsPage } from "./refusalsPage.ts"
import * as Sessions from "./sessions.ts"
import * as Statement from "./statementPage.ts"
import { toolsPage } from "./toolsPage.ts"
import * as Visiting from "./visiting.ts"
import { waitingPage } from "./waitingPage.ts"

type Response = HttpServerResponse
type Visit = Visiting.Visit
type Services = Ledger | Paywall | Usage | Book | DeveloperStatement | Payouts

type Answer = (visit: Visit) => Effect.Effect<Response, unknown, Services>
type Posted = (visit: Visit, form: URLSearchParams) => Effect.Effect<Response, unknown, Services>

/** What is not there is 404; what could not be read is 503, and nothing is known of it. */
const settled = (visit: Visit, answer: Effect.Effect<Response, unknown, Services>) =>
  Effect.catchCause(answer, (cause) =>
    Effect.as(
      Effect.logError("a page of the dashboard could not be made", cause),
      PageResponse.page(Notice.failed(visit.view), 503, { "retry-after": "5" })
    )
  )

export const routes = ({ configuration, operatorToken, publicUrl, reconciliations }: Options) =>
  HttpRouter.use(
    Effect.fnUntraced(function* (router) {
      const { zone } = yield* GatewayStore
      const context = yield* Effect.context<Services>()
      const sessions = Sessions.make(operatorToken, publicUrl?.protocol === "https:")
      const site: Visiting.Site = { sessions, zone, publicUrl }
      const operating = Operating.make(site, operatorToken)
      const asked = Visiting.visit(site)

      const provided = <E>(visit: Visit, answer: Effect.Effect<Response, E, Services>) =>
        Effect.map(Effect.provideContext(settled(visit, answer), context), (response) =>
          Visiting.remembering(visit, response)
        )

      /** A page for an operator; who is nobody yet is asked first. */
      const get = (path: `/${string}`, answer: Answer) =>
        router.add(
          "GET",
          path,
          Effect.flatMap(asked, (visit) => {
            const { request, view } = visit
            if (view.session !== undefined) return provided(visit, answer(visit))
            // A link from elsewhere comes without the cookie.
            if (request.headers["sec-fetch-site"] === "cross-site" && !view.query.has("followed")) {
              return Effect.succeed(PageResponse.again(Layout.address(view, { followed: "1" })))
            }
            const next = Layout.address(view, {})
            const query = next === "/dashboard" ? "" : `?next=${encodeURIComponent(next)}`
            return Effect.succeed(PageResponse.seeOther(`/dashboard/sign-in${query}`))
          })
        )

      /** What changes something: a form of this session, from here. `back` is where it can be opened again. */
      const post = (path: `/${string}`, answer: Posted, back: (visit: Visit) => string) =>
        router.add(
          "POST",
          path,
          Effect.flatMap(asked, (visit) =>
            Effect.flatMap(Visiting.formOf(visit.request), (form) => {
              const { request, view } = visit
              const isOwn =
                form !== undefined &&
                view.session !== undefined &&
                Visiting.isOwn(site, request) &&
                Sessions.owns(view.session, form.get("form_token"))
              return isOwn
                ? provided(visit, answer(visit, form))
                : Effect.succeed(PageResponse.page(Notice.stale(view, back(visit)), 403))
            })
          )
        )

      const chargeOf = ({ params }: Visit) => Effect.flatMap(Ledger, (ledger) => ledger.find(params["id"] ?? ""))

      const noCharge = ({ view }: Visit) => PageResponse.page(Notice.noCharge(view), 404)

      const shown = Effect.fnUntraced(function* (visit: Visit, note?: Shown["note"]) {
        const entry = yield* chargeOf(visit)
        if (entry === undefined) return noCharge(visit)
        const { manifests } = yield* Paywall
        const book = yield* Book
        const manifest = manifests.find(({ id }) => id === entry.protocol)
        const transactions = yield* Effect.orElseSucceed(
          book.transactions({ reference: entry.charge.id, limit: 100 }),
          () => undefined
        )
        const refundable = manifest?.capabilities.includes("refund") === true
        return PageResponse.page(
          chargePage(visit.view, { entry, book: transactions, refundable, ...(note === undefined ? {} : { note }) })
        )
      })

      /** The note that a redirect left, read off the charge itself. */
      const noteOf = Effect.fnUntraced(function* (visit: Visit): Effect.fn.Return<Shown["note"], unknown, Services> {
        const { query, words } = visit.view
        if (query.has("looked-up")) return { text: html`${words.lookedUp}`, tone: "good" }
        const entry = yield* chargeOf(visit)
        const done = entry && Refund.of(entry).find(({ id }) => id === query.get("refund"))
        if (done?.state !== "refunded") return undefined
        return { text: words.refundDone(Layout.money(visit.view, done.money)), tone: "good" }
      })

      const refund = Effect.fnUntraced(function* (visit: Visit, form: URLSearchParams) {
        const { view } = visit
        const entry = yield* chargeOf(visit)
        if (entry === undefined) return noCharge(visit)
        const path = pathOf(entry.charge.id)
        const isConfirmed = form.get("step") === "confirm"
        const before = Refund.of(entry).find(({ id }) => id === form.get("refund_id"))
        // What was asked for before may be asked for again, though less is left now.
        const most = isConfirmed && before !== undefined ? before.money : Refund.left(entry)
        const read = RefundPages.read(form, most)
        if (read === undefined) return PageResponse.page(Notice.stale(view, `${path}/refund`), 403)
        if (Result.isFailure(read)) {
          const issues = read.failure
          const page = RefundPages.formPage(view, entry, form.get("refund_id") ?? "", { form, issues })
          return PageResponse.page(page, 400)
        }
        const { amount, reason, refundId } = read.success
        if (!isConfirmed) return PageResponse.page(RefundPages.confirmPage(view, entry, read.success))
        const paywall = yield* Paywall
        yield* Effect.logInfo(`an operator refunds ${refundId} of ${entry.charge.id}`)
        return yield* Effect.match(
          paywall.refund({
            chargeId: entry.charge.id,
            amount,
            refundId,
            ...(reason === undefined ? {} : { reason })
          }),
          {
            onSuccess: () => PageResponse.seeOther(`${path}?refund=${refundId}`),
            onFailure: (error) =>
              PageResponse.page(
                RefundPages.failedPage(view, entry, read.success, error),
                error.moved === "no" ? 409 : 503
              )
          }
        )
      })

      const charges = Effect.fnUntraced(function* (visit: Visit) {
        const { view } = visit
        const id = view.query.get("id")?.trim()
        if (id !== undefined && id !== "") return PageResponse.seeOther(pathOf(id.slice(0, 100)))
        const { query, wrong } = Gathering.callsAsked(view)
        const usage = yield* Usage
        const calls = yield* usage.calls({ ...query, limit: Charges.size + 1 })
        const { tools } = yield* configuration
        const { manifests } = yield* Paywall
        return PageResponse.page(
          Charges.chargesPage(view, {
            calls: calls.slice(0, Charges.size),
            more: calls.length > Charges.size,
            query,
            wrong,
            tools: [...tools.keys()],
            protocols: manifests.map(({ id }) => id)
          }),
          wrong.length > 0 ? 400 : 200
        )
      })

      const exported = (format: "csv" | "json", contentType: string): Answer =>
        Effect.fnUntraced(function* ({ view }: Visit) {
          const { query, wrong } = Gathering.callsAsked(view)
          if (wrong.length > 0)
            return PageResponse.seeOther(Layout.address({ ...view, path: "/dashboard/charges" }, {}))
          return PageResponse.download(`charges.${format}`, contentType, (yield* Usage).export(query, format))
        })

      const refusals = Effect.fnUntraced(function* ({ view }: Visit) {
        const period = Period.of(view)
        const { since, until } = period
        const usage = yield* Usage
        const refused = yield* usage.refusals({ since, until })
        const rows = yield* usage.byDay({ since, until, by: ["outcome", "tool"] })
        return PageResponse.page(refusalsPage(view, { period, refused, rows }))
      })

      const overview = (view: Layout.View) =>
        Effect.flatMap(configuration, (configured) =>
          Effect.map(Gathering.overview(view, configured), (overview) =>
            PageResponse.page(overviewPage(view, overview))
          )
        )

      const notThere = (view: Layout.View) => Effect.succeed(PageResponse.page(Notice.notFound(view), 404))

      const waiting = Effect.fnUntraced(function* ({ view }: Visit) {
        const ledger = yield* Ledger
        const [unknown, abandoned, refunding] = yield* Effect.all([
          ledger.list({ states: ["unknown"], limit: 50 }),
          ledger.list({ abandoned: true, limit: 50 }),
          ledger.list({ refunding: true, limit: 50 })
        ])
        return PageResponse.page(waitingPage(view, { unknown, abandoned, refunding }))
      })

      const payouts = Effect.fnUntraced(function* ({ view }: Visit) {
        const service = yield* Payouts
        const book = yield* Book
        const { developers } = yield* configuration
        const after = view.query.get("after") ?? ""
        const found = yield* service.list({ ...(after === "" ? {} : { after }), limit: PayoutsPage.size + 1 })
        const owed = yield* Effect.forEach([...developers.values()], (developer) =>
          Effect.map(book.payable(developer.id), (payable) => ({ developer, payable }))
        )
        const shown = {
          owed,
          payouts: found.slice(0, PayoutsPage.size),
          more: found.length > PayoutsPage.size,
          month: Period.of(view).days.at(-1)!.slice(0, 7),
          wrong: view.query.has("wrong")
        }
        return PageResponse.page(PayoutsPage.payoutsPage(view, shown))
      })

      const noStatement = PageResponse.seeOther("/dashboard/payouts?wrong")

      const statement = Effect.fnUntraced(function* ({ view }: Visit) {
        const month = Statement.asked(view.query)
        if (month === undefined) return noStatement
        const summary = yield* (yield* DeveloperStatement).summary(month)
        const { developers } = yield* configuration
        const name = developers.get(month.developer)?.name ?? month.developer
        return PageResponse.page(Statement.statementPage(view, name, summary))
      })

      const statementFile = (format: "csv" | "json", contentType: string): Answer =>
        Effect.fnUntraced(function* ({ view }: Visit) {
          const month = Statement.asked(view.query)
          if (month === undefined) return noStatement
          const text = (yield* DeveloperStatement).export(month, format)
          return PageResponse.download(Statement.fileName(month, format), contentType, text)
        })

      const payout = Effect.fnUntraced(function* ({ params, view }: Visit) {
        const found = yield* (yield* Payouts).find(params["id"] ?? "")
        return found === undefined
          ? PageResponse.page(Notice.notFound(view), 404)
          : PageResponse.page(PayoutsPage.payoutPage(view, found))
      })

      yield* Effect.forEach(PageResponse.assets, ([path, response]) => router.add("GET", path, response))
      yield* router.add(
        "GET",
        "/dashboard/sign-in",
        Effect.map(asked, (visit) => Visiting.remembering(visit, operating.ask(visit)))
      )
      yield* router.add("POST", "/dashboard/sign-in", Effect.flatMap(asked, operating.signIn))
      yield* post(
        "/dashboard/sign-out",
        (visit) => Effect.succeed(operating.signOut(visit)),
        () => "/dashboard"
      )
      const newest = Usage.use((usage) => usage.calls({ limit: Live.size }))
      yield* get("/dashboard/live", ({ view }) =>
        Effect.map(newest, (calls) => PageResponse.page(Live.livePage(view, calls)))
      )
      yield* get("/dashboard/live/rows", ({ view }) =>
        Effect.map(newest, (calls) => PageResponse.page(Live.liveTable(view, calls)))
      )
      yield* get("/dashboard/charges", charges)
      yield* get("/dashboard/charges.csv", exported("csv", "text/csv; charset=utf-8"))
      yield* get("/dashboard/charges.json", exported("json", "application/json"))
      yield* get("/dashboard/charges/:id", (visit) => Effect.flatMap(noteOf(visit), (note) => shown(visit, note)))
      yield* post(
        "/dashboard/charges/:id/look-up",
        ({ params }) =>
          Effect.as(
            Paywall.use((paywall) => paywall.resolve(params["id"] ?? "")),
            PageResponse.seeOther(`${pathOf(params["id"] ?? "")}?looked-up`)
          ),
        ({ params }) => pathOf(params["id"] ?? "")
      )
      yield* get("/dashboard/charges/:id/refund", (visit) =>
        Effect.flatMap(Effect.all([chargeOf(visit), Operating.secret]), ([entry, random]) =>
          Effect.succeed(
            entry === undefined
              ? noCharge(visit)
              : PageResponse.page(RefundPages.formPage(visit.view, entry, `op_${random.slice(0, 32)}`))
          )
        )
      )
      yield* post("/dashboard/charges/:id/refund", refund, ({ params }) => `${pathOf(params["id"] ?? "")}/refund`)
      yield* get("/dashboard/waiting", waiting)
      yield* get("/dashboard/refusals", refusals)
      yield* get("/dashboard/budgets", ({ view }) =>
        Effect.flatMap(configuration, (configured) =>
          Effect.map(Gathering.limits(configured, view.now), (limits) => PageResponse.page(budgetsPage(view, limits)))
        )
      )
      yield* get("/dashboard/payouts", payouts)
      yield* get("/dashboard/statements", statement)
      yield* get("/dashboard/statements.csv", statementFile("csv", "text/csv; charset=utf-8"))
      yield* get("/dashboard/statements.json", statementFile("json", "application/json"))
      yield* get("/dashboard/payouts/:id", payout)
      yield* post(
        "/dashboard/payouts/:id/look-up",
        ({ params }) =>
          Effect.as(
            Payouts.use((service) => service.lookup(params["id"] ?? "")),
            PageResponse.seeOther(`/dashboard/payouts/${encodeURIComponent(params["id"] ?? "")}`)
          ),
        ({ params }) => `/dashboard/payouts/${encodeURIComponent(params["id"] ?? "")}`
      )
      yield* get("/dashboard/reconciliation", ({ view }) =>
        Effect.map(reconciliations ?? Effect.succeed([]), (results) =>
          PageResponse.page(reconciliationPage(view, results))
        )
      )
      yield* get("/dashboard/tools", ({ view }) =>
        Effect.map(configuration, ({ developers, tools }) =>
          PageResponse.page(toolsPage(view, [...tools.values()], [...developers.values()]))
        )
      )
      // The router takes it for `/dashboard` too.
      yield* get("/dashboard/*", ({ view }) => (/^\/dashboard\/?$/.test(view.path) ? overview(view) : notThere(view)))
    })
  )
