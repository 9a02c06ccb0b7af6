// Where every challenge stands, an unpaid request is answered without asking anybody again, and without reading its body.
import { assert, describe, it } from "@effect/vitest"
import { ExchangeQuotes } from "@paylayer/core/ExchangeQuotes"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as PaymentError from "@paylayer/core/PaymentError"
import { Paywall } from "@paylayer/core/Paywall"
import * as Price from "@paylayer/core/Price"
import { ChallengeKey } from "@paylayer/http/ChallengeKey"
import * as FetchHandler from "@paylayer/http/FetchHandler"
import * as PaymentChallenge from "@paylayer/http/PaymentChallenge"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import { Coin, Provider, Purse } from "./protocols.ts"

const price = Price.make({ CNY: "15.00", USD: "2.10" })

const key = Redacted.make(new Uint8Array(32).fill(7))

interface Setup {
  readonly stands?: boolean
  readonly quotes?: boolean
  readonly fails?: number
  readonly signs?: boolean
}

const open = ({ stands = true, quotes = false, fails = 0, signs = false }: Setup = {}) => {
  const state = { asked: 0, fails, read: 0, runs: 0 }
  const coin = Effect.map(Coin, (own): Coin["Service"] => ({
    ...own,
    manifest: stands ? { ...own.manifest, challenge: "standing" } : own.manifest,
    challenge: (charge) => {
      state.asked++
      if (state.fails > 0) {
        state.fails--
        return PaymentError.fail(new PaymentError.ProviderUnavailable({ detail: "down" }))
      }
      return own.challenge(charge)
    }
  }))
  const paywall = Paywall.layer([coin]).pipe(
    Layer.provide(Coin.layer.pipe(Layer.provide(Layer.sync(Purse, () => new Provider())))),
    Layer.provide(LedgerMemory.layerSilent),
    Layer.provide(quotes ? Layer.succeed(ExchangeQuotes, { current: () => [] }) : Layer.empty)
  )
  const services = signs ? Layer.merge(paywall, Layer.succeed(ChallengeKey, key)) : paywall
  const paid = FetchHandler.make(services, { price })(() => Response.json({ run: (state.runs += 1) }))
  const ask = (headers: Readonly<Record<string, string>> = {}) => {
    const body = new ReadableStream(
      {
        pull: (controller) => {
          state.read++
          controller.enqueue(new TextEncoder().encode("{}"))
          controller.close()
        }
      },
      { highWaterMark: 0 }
    )
    return paid(new Request("http://localhost/a", { method: "POST", headers, body, duplex: "half" } as RequestInit))
  }
  return { ask, state }
}

const challengesOf = (response: Response) =>
  (response.headers.get("www-authenticate") ?? "")
    .split(/, (?=Payment )/)
    .map((text) => Result.getOrThrow(PaymentChallenge.parse(text)))

describe("a standing challenge", () => {
  it("is asked for once, and then the body of an unpaid request is not read", async () => {
    const { ask, state } = open()
    const answers = [await ask(), await ask(), await ask()]
    assert.deepStrictEqual(
      answers.map(({ status }) => status),
      [402, 402, 402]
    )
    assert.deepStrictEqual([state.asked, state.read, state.runs], [2, 1, 0])
    const [first, ...others] = await Promise.all(answers.map((answer) => answer.json()))
    for (const other of others) assert.deepStrictEqual(other, first)
  })

  it("has ids of its own in every answer, and else the same", async () => {
    const { ask } = open()
    const all = [challengesOf(await ask()), challengesOf(await ask()), challengesOf(await ask())]
    const ids = all.flat().map(({ id }) => id)
    assert.strictEqual(new Set(ids).size, 6)
    const rest = all.map((challenges) =>
      challenges.map(({ intent, method, realm, request }) => ({ intent, method, realm, request }))
    )
    assert.deepStrictEqual(rest[1], rest[0])
    assert.deepStrictEqual(rest[2], rest[0])
  })

  it("is signed in every answer where the host has a key, and the body of an unpaid request is still not read", async () => {
    const { ask, state } = open({ signs: true })
    const answers = [await ask(), await ask(), await ask()]
    assert.deepStrictEqual([state.asked, state.read], [2, 1])
    const challenges = answers.flatMap(challengesOf)
    for (const challenge of challenges) assert.strictEqual(challenge.id, PaymentChallenge.mac(challenge, key))
    assert.strictEqual(new Set(challenges.map(({ id }) => id)).size, 6)
    const [first, ...others] = await Promise.all(answers.map((answer) => answer.json()))
    for (const other of others) assert.deepStrictEqual(other, first)
    // Who gives one back that does not hold is told so, and not only that it costs something.
    const refused = await ask({ authorization: "Payment e30" })
    assert.strictEqual(((await refused.json()) as { readonly code: string }).code, "credential_malformed")
  })

  it("keeps no credential from being looked at", async () => {
    const { ask, state } = open()
    await ask()
    assert.strictEqual((await ask({ "x-coin": "ok:alice" })).status, 200)
    const refused = await ask({ "x-coin": "broken" })
    assert.strictEqual(((await refused.json()) as { readonly code: string }).code, "credential_malformed")
    assert.strictEqual(state.runs, 1)
  })

  it("that could not be made is asked for again", async () => {
    const { ask, state } = open({ fails: 1 })
    const accepts = async () =>
      ((await (await ask()).json()) as { readonly accepts: ReadonlyArray<unknown> }).accepts.length
    assert.deepStrictEqual([await accepts(), await accepts(), await accepts()], [1, 2, 2])
    assert.strictEqual(state.asked, 4)
  })

  it("does not stand where a protocol does not say so, nor where prices are quoted", async () => {
    for (const setup of [{ stands: false }, { quotes: true }]) {
      const { ask, state } = open(setup)
      await ask()
      await ask()
      assert.deepStrictEqual([state.asked, state.read], [4, 2])
    }
  })
})
