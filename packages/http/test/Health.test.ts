import { assert, describe, it } from "@effect/vitest"
import * as Ledger from "@paylayer/core/Ledger"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import { Paywall } from "@paylayer/core/Paywall"
import * as Health from "@paylayer/http/Health"
import * as Effect from "effect/Effect"
import * as HttpRouter from "effect/http/HttpRouter"
import * as Layer from "effect/Layer"
import { Coin, Provider, Purse } from "./protocols.ts"

const coins = Coin.layer.pipe(Layer.provide(Layer.sync(Purse, () => new Provider())))

const asking = async (ledger: Layer.Layer<Ledger.Ledger>, ...paths: ReadonlyArray<string>) => {
  const app = Health.layer().pipe(Layer.provide(Paywall.layer([Coin])), Layer.provide([ledger, coins]))
  const { dispose, handler } = HttpRouter.toWebHandler(app, { disableLogger: true })
  const answers = await Promise.all(paths.map((path) => handler(new Request(`http://localhost${path}`))))
  await dispose()
  return answers
}

describe("health", () => {
  it("is live and ready while the ledger answers, and is never stored", async () => {
    const answers = await asking(LedgerMemory.layerSilent, "/health/live", "/health/ready")
    assert.deepStrictEqual(
      answers.map(({ headers, status }) => [status, headers.get("cache-control")]),
      [
        [200, "no-store"],
        [200, "no-store"]
      ]
    )
  })

  it("is live and not ready while the host is about to end", async () => {
    const app = Health.layer({ draining: Effect.succeed(true) }).pipe(
      Layer.provide(Paywall.layer([Coin])),
      Layer.provide([LedgerMemory.layerSilent, coins])
    )
    const { dispose, handler } = HttpRouter.toWebHandler(app, { disableLogger: true })
    const [live, ready] = await Promise.all(
      ["live", "ready"].map((path) => handler(new Request(`http://localhost/health/${path}`)))
    )
    await dispose()
    assert.deepStrictEqual([live?.status, ready?.status], [200, 503])
    assert.deepStrictEqual(await ready?.json(), { status: "draining" })
  })

  it("is live and not ready while it does not, and says no more than that", async () => {
    const broken = Layer.effect(
      Ledger.Ledger,
      Effect.map(Ledger.Ledger, (ledger) => ({
        ...ledger,
        find: () => Effect.fail(new Ledger.LedgerError({ message: "postgres://user:secret@db is down" }))
      }))
    ).pipe(Layer.provide(LedgerMemory.layerSilent))
    const [live, ready] = await asking(broken, "/health/live", "/health/ready")
    assert.deepStrictEqual([live?.status, ready?.status], [200, 503])
    assert.deepStrictEqual(await ready?.json(), { status: "the ledger does not answer" })
  })
})
