/** Defects that depend on who is installed beside, on what was built before, and on what the manifest says. */
import type { Charge } from "@paylayer/core/Charge"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import type * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Mutant from "../Mutant.ts"

const eatsHeaders = Mutant.make({
  name: "eats-headers",
  defect: "takes the headers it has read out of the request, so that protocols after it find nothing",
  killedBy: ["CMP-02"],
  change: (plugin) => ({
    ...plugin,
    detect: (headers) => {
      const detection = plugin.detect(headers)
      if (detection._tag === "Found") for (const name of Object.keys(headers)) Reflect.deleteProperty(headers, name)
      return detection
    }
  })
})

/** What all instances of one world share, as variables of a module are shared. */
interface Module {
  newest: AnyProtocol | undefined
  closed: boolean
}
const modules = new WeakMap<Context.Context<never>, Module>()
const moduleOf = (environment: Context.Context<never>): Module => {
  const known = modules.get(environment) ?? { newest: undefined, closed: false }
  modules.set(environment, known)
  return known
}

const down = PaymentError.fail(new PaymentError.ProviderUnavailable({ detail: "the connection is closed" }))

/** A plug-in that reaches its provider only while something of its module is so. */
const reachableWhile = (plugin: AnyProtocol, is: () => boolean): AnyProtocol => ({
  ...plugin,
  verify: (mandate, charge) => Effect.suspend(() => (is() ? plugin.verify(mandate, charge) : down))
})

const newestWins = Mutant.make({
  name: "newest-instance-wins",
  defect: "keeps its connection in a variable of the module, where a second instance replaces it",
  killedBy: ["CMP-02"],
  change: (plugin, environment) => {
    const shared = moduleOf(environment)
    shared.newest = plugin
    return reachableWhile(plugin, () => shared.newest === plugin)
  }
})

const closesForAll = Mutant.make({
  name: "closes-for-all",
  defect: "closes a connection that other instances still use",
  killedBy: ["CMP-02"],
  change: (plugin, environment) => {
    const shared = moduleOf(environment)
    return Effect.as(
      Effect.addFinalizer(() =>
        Effect.sync(() => {
          shared.closed = true
        })
      ),
      reachableWhile(plugin, () => !shared.closed)
    )
  }
})

/** A challenge that its manifest says to stand, and that says something of one charge. */
const telling = (name: string, defect: string, of: (charge: Charge) => string) =>
  Mutant.make({
    name,
    defect,
    killedBy: ["CMP-05"],
    change: (plugin) => ({
      ...plugin,
      challenge: (charge) =>
        Effect.map(plugin.challenge(charge), ({ headers, offer }) => ({
          headers,
          offer: { ...offer, for: of(charge) }
        }))
    })
  })

export const mutants: ReadonlyArray<Mutant.Mutant> = [
  eatsHeaders,
  newestWins,
  closesForAll,
  telling(
    "standing-challenge-with-nonce",
    "gives each charge its own number in a challenge that is to stand",
    ({ id }) => id
  ),
  telling(
    "standing-challenge-of-one-resource",
    "names the resource in a challenge that is to stand for others too",
    ({ resource }) => resource
  ),
  telling("standing-challenge-that-ends", "says until when in a challenge that is to stand", ({ expiresAt }) =>
    DateTime.formatIso(expiresAt)
  )
]
