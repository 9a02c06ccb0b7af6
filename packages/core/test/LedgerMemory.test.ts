import { assert, it } from "@effect/vitest"
import * as Ledger from "@paylayer/core/Ledger"
import * as LedgerMemory from "@paylayer/core/LedgerMemory"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { ledgerLaws } from "./ledgerLaws.ts"

ledgerLaws("in memory", Effect.map(LedgerMemory.store, LedgerMemory.host))

it.effect("the ledger in memory says at start that it forgets", () =>
  Effect.gen(function* () {
    const lines: Array<unknown> = []
    const logger = Logger.layer([Logger.make(({ message }) => lines.push(message))])
    yield* Effect.provide(Ledger.Ledger, Layer.provide(LedgerMemory.layer, logger))
    assert.match(String(lines), /forgotten/)
    yield* Effect.provide(Ledger.Ledger, Layer.provide(LedgerMemory.layerSilent, logger))
    assert.strictEqual(lines.length, 1)
  })
)
