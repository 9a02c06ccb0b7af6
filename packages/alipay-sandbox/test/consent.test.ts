/** What an agent may ask, who gets the token, and that a decision is made once and by the one who may make it. */
import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as HttpClient from "effect/http/HttpClient"
import * as HttpClientRequest from "effect/http/HttpClientRequest"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as TestClock from "effect/testing/TestClock"
import * as Crypto from "node:crypto"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"
import * as Asking from "../src/internal/consent/asking.ts"
import { grant } from "../src/internal/consent/granting.ts"
import * as Requests from "../src/internal/consent/requests.ts"
import * as SandboxPrincipal from "../src/SandboxPrincipal.ts"
import { asking, fetchToken, open, send, url, verifier } from "./consenting.ts"
import { pay, platform, reason } from "./merchant.ts"

const onPlatform = <A, E>(effect: Effect.Effect<A, E, any>) =>
  effect.pipe(Effect.provide(platform)) as Effect.Effect<A, E>

const effect = (name: string, test: Effect.Effect<void, unknown, any>) => it.effect(name, () => onPlatform(test))

const issued = Effect.flatMap(AlipaySandbox, ({ tokens }) => tokens)

const granted = Effect.fnUntraced(function* (terms: object = {}, changes: SandboxPrincipal.Changes = {}) {
  const request = yield* open(terms)
  const principal = yield* SandboxPrincipal.make()
  const page = yield* principal.approve(request.verification_uri, changes)
  return { request, principal, page }
})

/** A raw form post, as an attacker would make it. */
const forged = Effect.fnUntraced(function* (
  address: string,
  form: Record<string, string>,
  headers: Record<string, string> = {}
) {
  const client = yield* HttpClient.HttpClient
  const response = yield* client.execute(
    HttpClientRequest.post(address).pipe(
      HttpClientRequest.bodyText(new URLSearchParams(form).toString(), "application/x-www-form-urlencoded"),
      HttpClientRequest.setHeaders(headers)
    )
  )
  return {
    status: response.status,
    headers: response.headers,
    cookies: response.cookies.cookies,
    html: yield* response.text
  }
})

const visit = Effect.fnUntraced(function* (address: string, headers: Record<string, string> = {}) {
  const client = yield* HttpClient.HttpClient
  const response = yield* client.execute(HttpClientRequest.setHeaders(HttpClientRequest.get(address), headers))
  return {
    status: response.status,
    headers: response.headers,
    cookies: response.cookies.cookies,
    html: yield* response.text
  }
})

const cookieName = "paylayer_wallet"
const tokenIn = (html: string) => /name="form_token" value="([^"]+)"/.exec(html)?.[1] ?? ""

/** A signed-in session by hand: its cookie, and a page with its form token. */
const signedIn = Effect.fnUntraced(function* (address: string, account = "2088000000000001") {
  const before = yield* visit(address)
  const anonymous = `${cookieName}=${before.cookies[cookieName]!.value}`
  const form = { form_token: tokenIn(before.html), account }
  const after = yield* forged(`${url}/wallet/sign-in`, form, { cookie: anonymous })
  const cookie = `${cookieName}=${after.cookies[cookieName]!.value}`
  const page = yield* visit(address, { cookie })
  return { anonymous, before: tokenIn(before.html), cookie, formToken: tokenIn(page.html), page }
})

describe("an agent", () => {
  effect(
    "gets a token with exactly the terms that were approved, and its state back",
    Effect.gen(function* () {
      const terms = {
        ext: { commerce: { max_single_amount: "15.00" }, vendor_private: { times_limit: 3 } },
        sid: "s-1"
      }
      const request = yield* open(terms, { state: "xyz" })
      assert.deepInclude((yield* fetchToken(request.device_code)).body, { error: "authorization_pending" })
      const principal = yield* SandboxPrincipal.make("2088000000000002")
      const page = yield* principal.approve(request.verification_uri, { max_total_amount: "20", times_limit: "2" })
      assert.include(page.html, "Approved")
      const { body, status } = yield* fetchToken(request.device_code)
      assert.strictEqual(status, 200)
      const [token] = yield* issued
      assert.strictEqual(body["access_token"], Redacted.value(token!.token))
      assert.strictEqual(body["state"], "xyz")
      assert.deepInclude(body["authorization_details"][0], {
        max_total_amount: 20,
        agent_id: "agent_market",
        delegator_identity: "2088000000000002",
        delegation_mode: "BOUNDED",
        user_confirmation_method: "CONSENT_PAGE",
        sid: "s-1"
      })
      assert.strictEqual(body["authorization_details"][0].ext.commerce.max_single_amount, 15)
      assert.strictEqual(body["authorization_details"][0].ext.vendor_private.times_limit, 2)
    })
  )

  effect(
    "that does not have the verifier, the code or the name gets nothing, whatever was decided",
    Effect.gen(function* () {
      const { request } = yield* granted()
      const wrong = [
        yield* fetchToken(request.device_code, { code_verifier: "w".repeat(43) }),
        yield* fetchToken(request.device_code, { code_verifier: "" }),
        yield* fetchToken(request.device_code, { code_verifier: "v" }),
        yield* fetchToken(request.device_code, { client_id: "another" }),
        yield* fetchToken(request.verification_uri.split("/").at(-1)!),
        yield* fetchToken(request.user_code)
      ]
      for (const { body, status } of wrong) {
        assert.deepStrictEqual([status, body["error"]], [400, "invalid_grant"])
        assert.notInclude(JSON.stringify(body), "alipay_agent_token")
      }
      assert.strictEqual((yield* fetchToken(request.device_code)).status, 200)
    })
  )

  effect(
    "whose answer was lost fetches the same token again, until its time is over",
    Effect.gen(function* () {
      const { request } = yield* granted()
      const [one, two] = [yield* fetchToken(request.device_code), yield* fetchToken(request.device_code)]
      assert.strictEqual(one.body["access_token"], two.body["access_token"])
      assert.lengthOf(yield* issued, 1)
      yield* TestClock.adjust("10 minutes")
      assert.deepInclude((yield* fetchToken(request.device_code)).body, { error: "expired_token" })
    })
  )

  effect(
    "is told that it was refused, that it asks too fast, and that nobody decided in time",
    Effect.gen(function* () {
      const [refused, waiting] = [yield* open(), yield* open()]
      const principal = yield* SandboxPrincipal.make()
      yield* principal.refuse(refused.verification_uri)
      assert.deepInclude((yield* fetchToken(refused.device_code)).body, { error: "access_denied" })
      const errors = []
      for (const pause of ["0 seconds", "1 second", "2 seconds", "10 minutes"] as const) {
        yield* TestClock.adjust(pause)
        errors.push((yield* fetchToken(waiting.device_code)).body["error"])
      }
      assert.deepStrictEqual(errors, ["authorization_pending", "slow_down", "authorization_pending", "expired_token"])
      assert.lengthOf(yield* issued, 0)
    })
  )

  const refusals: Readonly<Record<string, readonly [Readonly<Record<string, string>>, string]>> = {
    "no budget": [asking({ max_total_amount: undefined }), "/max_total_amount"],
    "an empty budget": [asking({ max_total_amount: "0.00" }), "/max_total_amount"],
    "a third decimal": [asking({ max_total_amount: "1.001" }), "decimals"],
    "a member that the page does not show": [asking({ ext: { agent_behavior: { x: 1 } } }), "/ext/agent_behavior"],
    "a private member": [
      asking({ ext: { vendor_private: { agreement_no: "1" } } }),
      "/ext/vendor_private/agreement_no"
    ],
    "another principal": [asking({ delegator_identity: "2088000000000002" }), "/delegator_identity"],
    "a window that is over": [asking({ validity_end_time: "1969-12-31T23:00:00Z" }), "/validity_end_time"],
    "two details": [{ ...asking(), authorization_details: "[{},{}]" }, "list of one"],
    "no JSON": [{ ...asking(), authorization_details: "{" }, "authorization_details"],
    "a plain challenge": [asking({}, { code_challenge_method: "plain" }), "S256"],
    "no challenge": [asking({}, { code_challenge: "" }), "S256"],
    "a name that turns the page around": [asking({}, { client_name: "Bank\u202e" }), "client_name"],
    "a name of two lines": [asking({}, { client_name: "a\nb" }), "client_name"],
    "a very long name": [asking({}, { client_name: "a".repeat(65) }), "client_name"],
    "a purpose that hides something": [asking({ delegation_desc: "x\u200b" }), "delegation_desc"],
    "a strange client": [asking({}, { client_id: "a b" }), "client_id"]
  }
  for (const [name, [form, said]] of Object.entries(refusals)) {
    effect(
      `that asks with ${name} is refused, with the reason`,
      Effect.gen(function* () {
        const { body, status } = yield* send("/oauth/device_authorization", form)
        assert.strictEqual(status, 400)
        assert.match(body["error"], /^invalid_(request|authorization_details)$/)
        assert.include(body["error_description"], said)
      })
    )
  }

  effect(
    "that sends a parameter twice, or another grant, is refused",
    Effect.gen(function* () {
      const twice = `${new URLSearchParams(asking())}&client_id=another`
      assert.strictEqual((yield* send("/oauth/device_authorization", twice)).body["error"], "invalid_request")
      const other = yield* fetchToken("x", { grant_type: "authorization_code" })
      assert.strictEqual(other.body["error"], "unsupported_grant_type")
    })
  )

  effect(
    "that is the thousand and first to ask at a time waits until some requests are over",
    Effect.sync(() => {
      const requests = Requests.make((size) => Crypto.randomBytes(size))
      const ask = (now: number) => requests.open({} as Asking.Asked, now) !== undefined
      assert.isTrue(Array.from({ length: 1_000 }, () => ask(0)).every(Boolean))
      assert.isFalse(ask(Requests.lifetime))
      assert.isTrue(ask(2 * Requests.lifetime))
    })
  )

  effect(
    "learns of its token what the principal did with it, at once; of another's nothing",
    Effect.gen(function* () {
      const { principal, request } = yield* granted({ ext: { vendor_private: { times_limit: 2 } } })
      const token = (yield* fetchToken(request.device_code)).body["access_token"]
      const [delegation] = yield* issued
      const ask = Effect.map(send("/oauth/introspect", { token }), ({ body }) => body)
      assert.deepInclude(yield* ask, { active: true, status: "ACTIVE", remaining_amount: 50, remaining_count: 2 })
      assert.strictEqual(reason(yield* pay(delegation!, "a", "10.00")), "10000")
      assert.deepInclude(yield* ask, { active: true, remaining_amount: 40, remaining_count: 1 })
      for (const [act, status, paid] of [
        ["suspend", "SUSPENDED", "ACQ.AGREEMENT_INVALID"],
        ["resume", "ACTIVE", "10000"],
        ["revoke", "REVOKED", "ACQ.AGREEMENT_INVALID"]
      ] as const) {
        yield* principal.act(url, delegation!.id, act)
        assert.strictEqual(reason(yield* pay(delegation!, act, "1.00")), paid)
        // The second charge was the last that the terms allow.
        const told = act === "resume" ? "EXHAUSTED" : status
        assert.deepInclude(yield* ask, { active: false, status: told })
      }
      assert.deepStrictEqual((yield* send("/oauth/introspect", { token: `${token}x` })).body, { active: false })
    })
  )
})

describe("a decision", () => {
  effect(
    "is made once: sending the form again, at once or later, or by another, changes nothing",
    Effect.gen(function* () {
      const request = yield* open()
      const one = yield* signedIn(request.verification_uri)
      const form = {
        form_token: one.formToken,
        decision: "approve",
        max_total_amount: "20.00",
        validity_end_time: /name="validity_end_time" value="([^"]+)"/.exec(one.page.html.replace(/\s+/g, " "))![1]!,
        allowed_payment_methods: "BALANCE"
      }
      const twice = yield* Effect.all(
        Array.from({ length: 5 }, () => forged(request.verification_uri, form, { cookie: one.cookie })),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(new Set(twice.map(({ status }) => status)), new Set([303]))
      yield* forged(request.verification_uri, { ...form, decision: "refuse" }, { cookie: one.cookie })
      const [token, ...others] = yield* issued
      assert.strictEqual(token!.terms.max_total_amount.minor, 2_000n)
      assert.lengthOf(others, 0)
      assert.strictEqual((yield* fetchToken(request.device_code)).status, 200)
      const other = yield* signedIn(request.verification_uri, "2088000000000002")
      assert.strictEqual(other.page.status, 410)
      assert.notInclude(other.page.html, "20.00")
    })
  )

  effect(
    "comes too late after ten minutes, and the page says so",
    Effect.gen(function* () {
      const request = yield* open()
      const one = yield* signedIn(request.verification_uri)
      yield* TestClock.adjust("10 minutes")
      const form = { form_token: one.formToken, decision: "approve", max_total_amount: "1" }
      assert.strictEqual((yield* forged(request.verification_uri, form, { cookie: one.cookie })).status, 303)
      const page = yield* visit(request.verification_uri, { cookie: one.cookie })
      assert.strictEqual(page.status, 410)
      assert.include(page.html, "Expired")
      assert.lengthOf(yield* issued, 0)
    })
  )

  effect(
    "that was made already is not granted, whoever asks for it",
    Effect.gen(function* () {
      const requests = Requests.make((size) => Crypto.randomBytes(size))
      const asked = Result.getOrThrow(Asking.read(new Map(Object.entries(asking())), 0))
      const { request } = requests.open(asked, 0)!
      request.state = { _tag: "Refused", account: "2088000000000001", at: 0 }
      const at = DateTime.makeUnsafe(0)
      yield* grant(yield* AlipaySandbox, requests, request, asked.terms.iac, "2088000000000001", at)
      assert.deepStrictEqual([request.state._tag, yield* issued], ["Refused", []])
    })
  )

  effect(
    "cannot grant more than was asked for, even if the form were read wrongly",
    Effect.gen(function* () {
      const requests = Requests.make((size) => Crypto.randomBytes(size))
      const asked = Result.getOrThrow(Asking.read(new Map(Object.entries(asking())), 0))
      const { request } = requests.open(asked, 0)!
      const { max_total_amount: total, ...terms } = asked.terms.iac
      const wider = { ...terms, max_total_amount: { ...total, minor: total.minor + 1n } }
      const at = DateTime.makeUnsafe(0)
      const exit = yield* Effect.exit(grant(yield* AlipaySandbox, requests, request, wider, "2088000000000001", at))
      assert.isTrue(Exit.isFailure(exit))
      assert.deepStrictEqual([request.state._tag, yield* issued], ["Pending", []])
    })
  )

  const forgeries = {
    "without a session": () => ({ cookie: "" }),
    "with a session that nobody started": () => ({ cookie: `${cookieName}=${"A".repeat(43)}` }),
    "from another site": (cookie: string) => ({ cookie, "sec-fetch-site": "cross-site" }),
    "from another origin": (cookie: string) => ({ cookie, origin: "http://evil.example" })
  }
  for (const [name, headers] of Object.entries(forgeries)) {
    effect(
      `that is forged ${name} is not made`,
      Effect.gen(function* () {
        const request = yield* open()
        const one = yield* signedIn(request.verification_uri)
        const form = { form_token: one.formToken, decision: "refuse" }
        assert.strictEqual((yield* forged(request.verification_uri, form, headers(one.cookie))).status, 403)
        assert.deepInclude((yield* fetchToken(request.device_code)).body, { error: "authorization_pending" })
      })
    )
  }

  effect(
    "needs the token of its own session: none, another's, or the one before signing in will not do",
    Effect.gen(function* () {
      const request = yield* open()
      const one = yield* signedIn(request.verification_uri)
      const other = yield* signedIn(request.verification_uri, "2088000000000002")
      for (const form_token of ["", other.formToken, one.formToken.slice(1), `${one.formToken}A`]) {
        const { status } = yield* forged(
          request.verification_uri,
          { form_token, decision: "refuse" },
          { cookie: one.cookie }
        )
        assert.strictEqual(status, 403)
      }
      // Signing in ended the session before it.
      const { status } = yield* forged(
        `${url}/wallet/sign-in`,
        { form_token: one.before, account: "2088000000000002" },
        { cookie: one.anonymous }
      )
      assert.strictEqual(status, 403)
      assert.deepInclude((yield* fetchToken(request.device_code)).body, { error: "authorization_pending" })
    })
  )
})

describe("a page", () => {
  effect(
    "runs no script, loads nothing from elsewhere, stands in no frame and is kept nowhere",
    Effect.gen(function* () {
      const request = yield* open()
      const one = yield* signedIn(request.verification_uri)
      const pages = [
        one.page,
        yield* visit(request.verification_uri),
        yield* visit(`${url}/wallet`, { cookie: one.cookie }),
        yield* visit(`${url}/consent/${"A".repeat(43)}`)
      ]
      for (const { headers, html } of pages) {
        assert.strictEqual(
          headers["content-security-policy"],
          "default-src 'none'; style-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
        )
        assert.strictEqual(headers["x-frame-options"], "DENY")
        assert.strictEqual(headers["cache-control"], "no-store")
        assert.strictEqual(headers["x-content-type-options"], "nosniff")
        assert.notMatch(html, /<script|\son\w+=|style="|https?:\/\//i)
        const css = /href="(\/wallet\/style-[^"]+)"/.exec(html)![1]!
        const style = yield* visit(`${url}${css}`)
        assert.include(style.headers["content-type"], "text/css")
        assert.isBelow(html.length + style.html.length, 30_000)
      }
    })
  )

  effect(
    "escapes whatever an agent says",
    Effect.gen(function* () {
      const hostile = `"'><script>alert(1)</script><img src=x onerror=a>&amp;`
      const request = yield* open(
        {
          delegation_desc: hostile,
          sid: hostile,
          allowed_payment_methods: [hostile],
          ext: {
            commerce: { allowed_categories: [hostile], allowed_merchants: [hostile], forbidden_merchants: [hostile] }
          }
        },
        { client_name: hostile }
      )
      const { page } = yield* signedIn(request.verification_uri)
      assert.notMatch(page.html, /<script|<img/)
      assert.include(page.html, "&quot;&#39;&gt;&lt;script&gt;alert(1)&lt;/script&gt;")
      assert.notInclude(page.html, `"'>`)
      // What was escaped comes back as it was: ticked values are still the ones that were asked for.
      const principal = yield* SandboxPrincipal.make()
      assert.include((yield* principal.approve(request.verification_uri)).html, "Approved")
      const [token] = yield* issued
      assert.deepStrictEqual(token!.terms.ext?.commerce?.allowed_categories, [hostile])
    })
  )

  effect(
    "never holds a token, and neither does an address",
    Effect.gen(function* () {
      const { page, principal, request } = yield* granted()
      const list = yield* principal.open(`${url}/wallet`)
      const [token] = yield* issued
      for (const { html } of [page, list]) {
        assert.notInclude(html, Redacted.value(token!.token))
        assert.notInclude(html, request.device_code)
        assert.notInclude(html, verifier)
      }
      assert.notInclude(request.verification_uri, request.device_code)
    })
  )

  effect(
    "leads only to itself: whatever a form says, signing in goes to a request that exists or to the list",
    Effect.gen(function* () {
      const before = yield* visit(`${url}/wallet`)
      const cookie = `${cookieName}=${before.cookies[cookieName]!.value}`
      for (const request of ["https://evil.example", "//evil.example", "../x", "%2f%2fevil.example", "\\evil"]) {
        const { headers, status } = yield* forged(
          `${url}/wallet/sign-in`,
          { form_token: tokenIn(before.html), account: "nobody", request, next: request },
          { cookie }
        )
        assert.deepStrictEqual([status, headers["location"]], [303, "/wallet"])
      }
    })
  )

  effect(
    "is in the language that was chosen, then in the browser's, then in English",
    Effect.gen(function* () {
      const address = `${url}/wallet`
      const languageOf = (page: { readonly html: string }) => /<html lang="([^"]+)"/.exec(page.html)![1]
      assert.strictEqual(languageOf(yield* visit(address)), "en-GB")
      assert.strictEqual(languageOf(yield* visit(address, { "accept-language": "fr, en;q=0.8, zh-CN;q=0.9" })), "zh-CN")
      assert.strictEqual(languageOf(yield* visit(address, { "accept-language": "zh;q=0, en-US;q=0.1" })), "en-GB")
      const chosen = yield* visit(`${address}?lang=zh`, { "accept-language": "en" })
      assert.strictEqual(languageOf(chosen), "zh-CN")
      const cookie = `paylayer_wallet_language=${chosen.cookies["paylayer_wallet_language"]!.value}`
      assert.strictEqual(languageOf(yield* visit(address, { cookie, "accept-language": "en" })), "zh-CN")
    })
  )

  effect(
    "sends cookies that no script reads and no other site sends",
    Effect.gen(function* () {
      const { cookies } = yield* visit(`${url}/wallet?lang=zh`)
      assert.sameMembers(Object.keys(cookies), [cookieName, "paylayer_wallet_language"])
      for (const { options } of Object.values(cookies)) {
        assert.deepInclude(options, { httpOnly: true, sameSite: "strict", path: "/" })
      }
    })
  )
})

describe("the list of delegations", () => {
  effect(
    "is the principal's own, and so are its buttons",
    Effect.gen(function* () {
      const { principal } = yield* granted()
      const [token] = yield* issued
      assert.include((yield* principal.open(`${url}/wallet`)).html, "Market agent")
      const other = yield* signedIn(`${url}/wallet`, "2088000000000002")
      assert.notInclude(other.page.html, "Market agent")
      for (const act of ["suspend", "resume", "revoke"]) {
        const address = `${url}/wallet/delegations/${token!.id}/${act}`
        const { status } = yield* forged(address, { form_token: other.formToken }, { cookie: other.cookie })
        assert.strictEqual(status, 404)
        assert.strictEqual((yield* forged(address, {}, {})).status, 403)
      }
      assert.strictEqual((yield* issued)[0]!.status, "NORMAL")
    })
  )
})
