/** RED: secrets stay out of what is observed and what is kept. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import type { SpanStatus } from "effect/Tracer"
import { Broken } from "../Broken.ts"
import * as MandateGen from "../gen/MandateGen.ts"
import * as Gen from "../Gen.ts"
import * as Law from "../Law.ts"
import * as Mishap from "../Mishap.ts"
import * as Secrets from "../Secrets.ts"
import * as Shop from "../Shop.ts"
import { met, World } from "../World.ts"

/** Why a span failed. What it gave when it did not is told to nobody. */
const causeOf = (status: SpanStatus): unknown =>
  status._tag === "Ended" && Exit.isFailure(status.exit)
    ? [status.exit.cause, Cause.pretty(status.exit.cause)]
    : undefined

/** Buys, or tries to; what was done is in the world. */
const purchase = Effect.fnUntraced(function* (
  money: Parameters<typeof Shop.charge>[0],
  mishap: Mishap.Mishap | undefined
) {
  const charge = yield* Shop.charge(money)
  const minted = yield* mishap === undefined ? Shop.mint({}, charge) : Mishap.mint(mishap, {}, charge)
  yield* Shop.sell({ entries: minted.entries, money })
  return mishap === undefined ? [] : [Mishap.print(mishap)]
})

const observed = Law.property({
  id: "RED-02",
  severity: "critical",
  clause: "Credential.secret",
  statement: "shows no credential and no key in a log of any level, in a span or in the label of a metric",
  why: "Logs and traces go to many people and other companies, and each of them could pay with the credential.",
  gen: (about) => Gen.tuple(MandateGen.price(about), Mishap.maybe(about)),
  interesting: ["a purchase that went well", "one that failed"],
  weight: 0.4,
  run: ([money, mishap]) =>
    Effect.gen(function* () {
      const { captured, secrets, seen } = yield* World
      const facts = yield* purchase(money, mishap)
      yield* met(seen.errors.length === 0 ? "a purchase that went well" : "one that failed")
      for (const line of captured.logs) {
        const where = Secrets.seenIn(line, secrets)
        if (where === undefined) continue
        return yield* new Broken({ expected: "no secret in a log", actual: `${where} of a log line shows one`, facts })
      }
      for (const { attributes, events, links, name, status } of captured.spans) {
        const parts = {
          name,
          attributes: [...attributes],
          events,
          links: links.map((link) => link.attributes),
          cause: causeOf(status)
        }
        const found = Object.entries(parts).find(([, part]) => Secrets.seenIn(part, secrets) !== undefined)
        if (found === undefined) continue
        return yield* new Broken({
          expected: "no secret in a span",
          actual: found[0] === "name" ? "a span is named for one" : `the ${found[0]} of span ${name} show one`,
          facts
        })
      }
      for (const { attributes, id, state } of yield* Metric.snapshot) {
        if (Secrets.seenIn({ attributes, id, state }, secrets) === undefined) continue
        return yield* new Broken({
          expected: "no secret in a metric",
          actual: "a metric's name or label shows one",
          facts
        })
      }
    })
})

const kept = Law.property({
  id: "RED-03",
  severity: "critical",
  clause: "PaymentProtocol.authorization, Receipt",
  statement: "keeps no credential and no key in the ledger, a receipt or a challenge",
  why: "A copy of the ledger, or a receipt that is shown around, is a credential.",
  gen: (about) => Gen.tuple(MandateGen.price(about), Mishap.maybe(about)),
  interesting: ["something was kept"],
  weight: 0.4,
  run: ([money, mishap]) =>
    Effect.gen(function* () {
      const { ledger, protocol, secrets } = yield* World
      const facts = yield* purchase(money, mishap)
      for (const entry of yield* Effect.orDie(ledger.list())) {
        yield* met("something was kept")
        for (const [what, part] of Object.entries(entry)) {
          if (Secrets.seenIn(part, secrets) === undefined) continue
          return yield* new Broken({
            expected: "no secret in the ledger",
            actual: `the ${what} of a charge shows one`,
            facts
          })
        }
      }
      const challenge = yield* Effect.option(protocol.challenge(yield* Shop.charge(money)))
      if (challenge._tag === "Some" && Secrets.seenIn(challenge.value, secrets) !== undefined) {
        return yield* new Broken({ expected: "no secret in a challenge", actual: "it shows one", facts })
      }
    })
})

export const laws: ReadonlyArray<Law.Law> = [observed, kept]
