// Who may come in: sessions, attempts, and where a sign-in leads.
import { assert, it } from "@effect/vitest"
import * as HttpServerResponse from "effect/http/HttpServerResponse"
import * as Redacted from "effect/Redacted"
import { tooFaint } from "../../../pages/test/contrast.ts"
import * as Attempts from "../../src/internal/dashboard/attempts.ts"
import * as Sessions from "../../src/internal/dashboard/sessions.ts"
import { css } from "../../src/internal/dashboard/stylesheet.ts"
import { safely } from "../../src/internal/dashboard/visiting.ts"

const now = 1_795_900_000_000
const token = Redacted.make("a token of thirty characters !")

const cookiesOf = (sessions: Sessions.Sessions, session: Sessions.Session): Record<string, string> =>
  Object.fromEntries(
    Object.values(sessions.keep(HttpServerResponse.empty(), session).cookies.cookies).map(({ name, value }) => [
      name,
      value
    ])
  )

it("a session is known wherever its token is, until it ends, and nowhere else", () => {
  const sessions = Sessions.make(token, false)
  const session = sessions.start("s".repeat(43), now)
  const cookies = cookiesOf(sessions, session)
  const elsewhere = Sessions.make(token, false)
  assert.deepStrictEqual(elsewhere.find(cookies, now), session)
  assert.deepStrictEqual(elsewhere.find(cookies, session.until - 1), session)
  assert.isUndefined(elsewhere.find(cookies, session.until))
  assert.isUndefined(Sessions.make(Redacted.make("another token of thirty chars."), false).find(cookies, now))
  sessions.stop(session, now)
  assert.isUndefined(sessions.find(cookies, now))
})

it("a session that was tampered with is none: not later, not another, not shorter", () => {
  const sessions = Sessions.make(token, false)
  const [[name, value]] = Object.entries(cookiesOf(sessions, sessions.start("s".repeat(43), now))) as [[string, string]]
  const [id, until, signed] = value.split(".") as [string, string, string]
  const forged = [
    `${id}.${Number(until) + 1}.${signed}`,
    `${"t".repeat(43)}.${until}.${signed}`,
    `${id}.${until}.${"A".repeat(43)}`,
    `${id}.${until}.`,
    `${id}.${until}`,
    `${value}.`,
    ""
  ]
  assert.isDefined(sessions.find({ [name]: value }, now))
  for (const one of forged) assert.isUndefined(sessions.find({ [name]: one }, now), one)
})

it("over HTTPS the cookie is bound to its host and never sent in the clear", () => {
  const sessions = Sessions.make(token, true)
  const response = sessions.keep(HttpServerResponse.empty(), sessions.start("s".repeat(43), now))
  const [cookie] = Object.values(response.cookies.cookies)
  assert.strictEqual(cookie?.name, "__Host-paylayer-operator")
  assert.deepInclude(cookie?.options, { path: "/", httpOnly: true, sameSite: "strict", secure: true })
  assert.isUndefined(cookie?.options?.domain)
})

it("after five failures an address waits, longer each time but never for long, and others do not", () => {
  const attempts = Attempts.make()
  const waits = Array.from({ length: 14 }, () => {
    attempts.failed("1.2.3.4", now)
    return attempts.wait("1.2.3.4", now) / 1_000
  })
  assert.deepStrictEqual(waits, [0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60, 60])
  assert.strictEqual(attempts.wait("1.2.3.5", now), 0)
  assert.strictEqual(attempts.wait("1.2.3.4", now + 60_000), 0)
  attempts.failed("1.2.3.4", now + 20 * 60_000)
  assert.strictEqual(attempts.wait("1.2.3.4", now + 20 * 60_000), 0, "forgotten after a quarter of an hour")
})

it("a flood of failures from elsewhere does not make an address forgotten", () => {
  const attempts = Attempts.make()
  for (let each = 0; each < 5; each++) attempts.failed("newest", now)
  for (let each = 0; each < 9_999; each++) attempts.failed(`flood-${each}`, now)
  assert.isAbove(attempts.wait("newest", now), 0)
})

it("a sign-in leads to pages of the dashboard alone", () => {
  assert.strictEqual(safely("/dashboard/charges?tool=a%20b"), "/dashboard/charges?tool=a%20b")
  for (const next of [
    null,
    "",
    "https://evil.example/dashboard",
    "//evil.example/dashboard",
    "/\\evil.example",
    "/dashboard/../admin",
    "/dashboardish",
    "javascript:alert(1)",
    "/dashboard/sign-out"
  ]) {
    assert.strictEqual(safely(next), "/dashboard", String(next))
  }
})

it("every text and every bar stands out from what is behind it as WCAG 2 asks, by day and by night", () => {
  const on = (surface: string, inks: ReadonlyArray<string>) => inks.map((ink) => `${ink} ${surface}`)
  const texts = [
    ...on("card", ["ink", "soft", "accent", "bad"]),
    ...on("page", ["ink", "soft", "accent"]),
    ...on("tint", ["ink", "accent"]),
    "good good-tint",
    "warn warn-tint",
    "bad bad-tint",
    "accent-ink accent",
    "card bad",
    "ink field"
  ]
  assert.deepStrictEqual(tooFaint(css, texts, 4.5), [])
  assert.deepStrictEqual(tooFaint(css, on("card", ["s0", "s1", "s2", "s3", "s4", "s5", "edge"]), 3), [])
})
