/** Defects in what is given back. */
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import * as Effect from "effect/Effect"
import * as Mutant from "../Mutant.ts"

const keepsPolling = Mutant.make({
  name: "keeps-polling",
  defect: "starts a fiber that looks for news every minute, and does not stop it",
  killedBy: ["RES-01"],
  change: (plugin) => Effect.as(Effect.forkDetach(Effect.forever(Effect.sleep("1 minute"))), plugin)
})

const waitsForever = Mutant.make({
  name: "leaves-fiber-per-charge",
  defect: "starts a fiber for each charge that waits for a notification that may never come",
  killedBy: ["RES-01"],
  change: (plugin) => ({
    ...plugin,
    settle: (authorization, charge) =>
      Effect.tap(plugin.settle(authorization, charge), () => Effect.forkDetach(Effect.never))
  })
})

/** A plug-in that has trouble with closing once it was used. */
const closing = (name: string, defect: string, trouble: Effect.Effect<void>) =>
  Mutant.make({
    name,
    defect,
    killedBy: ["RES-01"],
    change: (plugin) => {
      let used = false
      const watched: AnyProtocol = {
        ...plugin,
        settle: (authorization, charge) =>
          Effect.suspend(() => {
            used = true
            return plugin.settle(authorization, charge)
          })
      }
      return Effect.as(
        Effect.addFinalizer(() => Effect.suspend(() => (used ? trouble : Effect.void))),
        watched
      )
    }
  })

const releasesBeside = Mutant.make({
  name: "releases-in-background",
  defect: "gives back what it held on a fiber that ends with the call",
  killedBy: ["RES-02", "LIF-03"],
  change: (plugin) => {
    const { release } = plugin
    return release === undefined
      ? plugin
      : {
          ...plugin,
          release: (authorization, charge) => Effect.asVoid(Effect.forkChild(release(authorization, charge)))
        }
  }
})

export const mutants: ReadonlyArray<Mutant.Mutant> = [
  keepsPolling,
  waitsForever,
  closing(
    "dies-on-closing",
    "throws when it is closed after a sale",
    Effect.die(new TypeError("it is closed already"))
  ),
  closing("hangs-on-closing", "waits when it is closed for an answer that never comes", Effect.never),
  releasesBeside
]
