// The scheduler makes every interleaving reachable, and the same plan makes the same one.
import { SeededScheduler } from "@paylayer/conformance/SeededScheduler"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Scheduler from "effect/Scheduler"

const order = async (picks: ReadonlyArray<number>) => {
  const scheduler = new SeededScheduler()
  const seen: Array<string> = []
  const say = (name: string) =>
    Effect.gen(function* () {
      seen.push(`${name}1`)
      yield* Effect.yieldNow
      seen.push(`${name}2`)
    })
  scheduler.follow({ points: [], gaps: [], picks })
  await Effect.runPromise(
    Effect.all([say("a"), say("b")], { concurrency: "unbounded" }).pipe(
      Effect.provideService(Scheduler.Scheduler, scheduler)
    )
  )
  return seen.join(" ")
}

describe("the seeded scheduler", () => {
  it("leaves the order alone when nobody chooses", async () => {
    assert.strictEqual(await order([]), "a1 b1 a2 b2")
  })

  it("lets the plan choose", async () => {
    const found = new Set<string>()
    for (let first = 0; first < 2; first++) {
      for (let second = 0; second < 2; second++) found.add(await order([first, second]))
    }
    assert.isAbove(found.size, 1)
    assert.strictEqual(await order([1, 0]), await order([1, 0]))
  })

  it("ends under every plan of preemptions", async () => {
    for (let gap = 0; gap < 30; gap++) {
      const scheduler = new SeededScheduler()
      scheduler.follow({ points: [], gaps: Array.from({ length: 50 }, () => gap), picks: [] })
      const numbers = Effect.forEach([1, 2, 3, 4], (each) => Effect.as(Effect.yieldNow, each * each))
      const result = await Effect.runPromise(Effect.provideService(numbers, Scheduler.Scheduler, scheduler))
      assert.deepStrictEqual(result, [1, 4, 9, 16])
    }
  })
})
