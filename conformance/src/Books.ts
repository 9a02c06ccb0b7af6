/**
 * Books: what the ledger says is held against what the provider did.
 */
import * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import * as Effect from "effect/Effect"
import { Broken } from "./Broken.ts"
import type { ProviderError } from "./Provider.ts"
import * as Shop from "./Shop.ts"
import { World } from "./World.ts"

/** Long enough for whatever goes on in the background, and for every slow provider. */
const closing = "5 minutes"

/**
 * Waits until nothing goes on any more; then every settled charge is one settlement of its own money at the provider, every
 * settlement is a settled charge, and nothing is held that no charge is open for.
 */
export const agree = (): Effect.Effect<void, Broken | ProviderError, World> =>
  Effect.gen(function* () {
    const { ledger, provider, timeline } = yield* World
    yield* Effect.sleep(closing)
    const moved = [...(yield* Shop.settlements)]
    const entries = yield* Effect.orDie(ledger.list())
    const facts = [
      `the provider settled: ${moved.map(({ money, reference }) => `${Money.print(money)} as ${reference}`).join(", ") || "nothing"}`,
      `the ledger has: ${entries.map(({ charge, receipt, state }) => `${timeline.name("charge", charge.id)}, ${Money.print(charge.money)}, ${state}${receipt === undefined ? "" : ` as ${receipt.reference}`}`).join("; ") || "nothing"}`
    ]
    const broken = (expected: string, actual: string) => new Broken({ expected, actual, facts })
    for (const entry of entries) {
      const misled = Ledger.misled(entry)
      if (misled !== undefined) return yield* broken("a charge goes from state to state as the ledger allows", misled)
      if (entry.state !== "settled" && entry.state !== "refunded") continue
      const name = timeline.name("charge", entry.charge.id)
      const at = moved.findIndex(({ reference }) => reference === entry.receipt?.reference)
      const [movement] = at === -1 ? [] : moved.splice(at, 1)
      if (movement === undefined) {
        return yield* broken("every settled charge is a settlement at the provider", `${name} is none, or not its own`)
      }
      if (!Money.equals(movement.money, entry.charge.money)) {
        return yield* broken("exactly the charge's money is settled", `for ${name} ${Money.print(movement.money)} was`)
      }
    }
    const pending = entries.filter(({ state }) => Ledger.isOpen(state) || state === "unknown").length
    if (moved.length > 0) {
      return yield* broken(
        "every settlement at the provider is a settled charge in the ledger",
        `settlements in no record: ${moved.length}`
      )
    }
    const held = yield* provider.holds
    if (held.length > pending) {
      return yield* broken("nothing is held for a charge that is closed", `holds that are left: ${held.length}`)
    }
  })
