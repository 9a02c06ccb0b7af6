// The scheduler makes every interleaving reachable, and the same plan makes the same one.
import { CurrentCall, Going, type Plan, SeededScheduler } from "@paylayer/conformance/SeededScheduler"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Scheduler from "effect/Scheduler"

const nothing: Plan = { points: [], gaps: [], picks: [] }

const order = async (picks: ReadonlyArray<number>) => {
  const scheduler = new SeededScheduler()
  const seen: Array<string> = []
  const say = (name: string) =>
    Effect.gen(function* () {
      seen.push(`${name}1`)
      yield* Effect.yieldNow
      seen.push(`${name}2`)
    })
  scheduler.follow({ ...nothing, picks })
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
      scheduler.follow({ ...nothing, gaps: Array.from({ length: 50 }, () => gap) })
      const numbers = Effect.forEach([1, 2, 3, 4], (each) => Effect.as(Effect.yieldNow, each * each))
      const result = await Effect.runPromise(Effect.provideService(numbers, Scheduler.Scheduler, scheduler))
      assert.deepStrictEqual(result, [1, 4, 9, 16])
    }
  })
})

/** Tasks that say their name, queued before any of them runs. */
const queued = (scheduler: SeededScheduler, tasks: ReadonlyArray<readonly [name: string, priority: number]>) => {
  const ran: Array<string> = []
  const dispatcher = scheduler.makeDispatcher()
  for (const [name, priority] of tasks) dispatcher.scheduleTask(() => ran.push(name), priority)
  return { ran, dispatcher }
}

const three = [
  ["a", 0],
  ["b", 0],
  ["c", 0]
] as const

describe("its queue", () => {
  it("is first in, first out within a priority, and the smallest priority comes first", () => {
    const { dispatcher, ran } = queued(new SeededScheduler(), [
      ["late", 1],
      ["a", 0],
      ["b", 0],
      ["first", -1]
    ])
    dispatcher.flush()
    assert.deepStrictEqual(ran, ["first", "a", "b", "late"])
  })

  it("is emptied by itself, and then says so, once for each time", async () => {
    const scheduler = new SeededScheduler()
    let emptied = 0
    scheduler.onEmpty = () => emptied++
    assert.isTrue(scheduler.isEmpty)
    const { ran } = queued(scheduler, three)
    assert.isFalse(scheduler.isEmpty)
    assert.deepStrictEqual(ran, [])
    await Promise.resolve()
    assert.deepStrictEqual([ran.join(""), scheduler.isEmpty, scheduler.tasks, emptied], ["abc", true, 3, 1])
    queued(scheduler, three)
    await Promise.resolve()
    assert.deepStrictEqual([scheduler.tasks, emptied], [6, 2])
  })

  it("takes what is queued while it is emptied, and is not emptied twice", async () => {
    const scheduler = new SeededScheduler()
    const ran: Array<string> = []
    let emptied = 0
    scheduler.onEmpty = () => emptied++
    const dispatcher = scheduler.makeDispatcher()
    dispatcher.scheduleTask(() => {
      dispatcher.scheduleTask(() => ran.push("inner"), 0)
      ran.push("outer")
    }, 0)
    dispatcher.flush()
    assert.deepStrictEqual([ran, emptied], [["outer", "inner"], 1])
  })

  it("is dropped when there were too many tasks", () => {
    const scheduler = new SeededScheduler()
    scheduler.maxTasks = 2
    const { dispatcher, ran } = queued(scheduler, three)
    dispatcher.flush()
    assert.deepStrictEqual([ran, scheduler.isEmpty], [["a", "b"], true])
  })

  it("is dropped when the scheduler closes, with all that comes later", () => {
    const scheduler = new SeededScheduler()
    const { dispatcher, ran } = queued(scheduler, three)
    scheduler.close()
    assert.isTrue(scheduler.isEmpty)
    dispatcher.scheduleTask(() => ran.push("later"), 0)
    dispatcher.flush()
    assert.deepStrictEqual(ran, [])
  })

  it("is picked from by the plan's numbers, one for each choice that there is", () => {
    const picked = (picks: ReadonlyArray<number>, tasks: Parameters<typeof queued>[1]) => {
      const scheduler = new SeededScheduler()
      scheduler.follow({ ...nothing, picks })
      const { dispatcher, ran } = queued(scheduler, tasks)
      dispatcher.flush()
      return ran.join("")
    }
    assert.strictEqual(picked([2, 1], three), "cba")
    assert.strictEqual(picked([4], three), "bac")
    // The first is alone in its priority, so there is nothing to choose.
    assert.strictEqual(
      picked(
        [1],
        [
          ["x", -1],
          ["a", 0],
          ["b", 0]
        ]
      ),
      "xba"
    )
    assert.strictEqual(picked([0, 1], three), "acb")
  })
})

/** A fiber at one of its operations, as the runtime shows it to a scheduler. */
const at = (currentOpCount: number, going?: Going, id = 1) =>
  ({
    id,
    currentOpCount,
    getRef: (reference: unknown) => (reference === CurrentCall ? going : undefined)
  }) as unknown as Fiber.Fiber<unknown, unknown>

/** At which of its operations, counted from 1, a fiber is made to yield. */
const yields = (scheduler: SeededScheduler, ops: number, going?: Going) =>
  Array.from({ length: ops }, (_, index) => index + 1).filter((op) => scheduler.shouldYield(at(op, going)))

describe("preemption", () => {
  it("is only for whoever runs too long, when nobody chooses", () => {
    const scheduler = new SeededScheduler()
    for (const plan of [undefined, nothing]) {
      scheduler.follow(plan)
      assert.deepStrictEqual(
        [3, 2_047, 2_048].map((ops) => scheduler.shouldYield(at(ops))),
        [false, false, true]
      )
    }
  })

  it("comes after each gap, never before the third operation", () => {
    const scheduler = new SeededScheduler()
    scheduler.follow({ ...nothing, gaps: [4, 2] })
    assert.deepStrictEqual(yields(scheduler, 20), [5, 8])
    scheduler.follow({ ...nothing, gaps: [0] })
    assert.deepStrictEqual(yields(scheduler, 20), [3])
    // A plan that is followed again begins anew, whatever was due before.
    scheduler.follow({ ...nothing, gaps: [0] })
    scheduler.shouldYield(at(1))
    scheduler.follow({ ...nothing, gaps: [5] })
    assert.deepStrictEqual(yields(scheduler, 20), [6])
  })

  it("comes at a point of one call, once for each point, and counts how long calls are", () => {
    const scheduler = new SeededScheduler()
    const point = { step: "settle", op: 4, call: 2 }
    scheduler.follow({ ...nothing, points: [point, { ...point, op: 9 }] })
    assert.deepStrictEqual(yields(scheduler, 20), [])
    assert.deepStrictEqual(yields(scheduler, 20, new Going("verify", 2)), [])
    assert.deepStrictEqual(yields(scheduler, 20, new Going("settle", 1)), [])
    assert.deepStrictEqual(yields(scheduler, 12, new Going("settle", 2)), [5, 10])
    assert.deepStrictEqual(
      [...scheduler.lengths],
      [
        ["verify", 20],
        ["settle", 20]
      ]
    )
  })

  it("comes in every call at a point of call 0, and waits for the third operation", () => {
    const scheduler = new SeededScheduler()
    scheduler.follow({ ...nothing, points: [{ step: "settle", op: 0, call: 0 }] })
    assert.deepStrictEqual(yields(scheduler, 9, new Going("settle", 1)), [3])
    assert.deepStrictEqual(yields(scheduler, 9, new Going("settle", 7)), [3])
  })

  it("is told when there is anybody who can go on instead, who then does", () => {
    const scheduler = new SeededScheduler()
    const told: Array<number> = []
    scheduler.listener = { preempted: (id) => told.push(id) }
    const preempt = () => {
      scheduler.follow({ ...nothing, gaps: [0] })
      return scheduler.shouldYield(at(3, undefined, 7))
    }
    assert.isTrue(preempt())
    assert.deepStrictEqual(told, [])
    const { dispatcher, ran } = queued(scheduler, [])
    dispatcher.scheduleTask(() => ran.push("preempted first"), 0)
    dispatcher.scheduleTask(() => ran.push("other"), 5)
    assert.isTrue(preempt())
    assert.deepStrictEqual(told, [7])
    dispatcher.scheduleTask(() => ran.push("preempted then"), 0)
    dispatcher.scheduleTask(() => ran.push("another"), 5)
    dispatcher.flush()
    assert.deepStrictEqual(ran, ["other", "another", "preempted first", "preempted then"])
  })
})

it("preemption needs nobody who listens", () => {
  const scheduler = new SeededScheduler()
  queued(scheduler, three)
  scheduler.follow({ ...nothing, gaps: [0] })
  assert.isTrue(scheduler.shouldYield(at(3)))
})

describe("counting", () => {
  it("is of the steps of all but the observer, and stops before one of them whatever else waits", () => {
    const scheduler = new SeededScheduler()
    const { dispatcher, ran } = queued(scheduler, [["waiting", -1]])
    scheduler.count(2, 3, () => ran.push("stopped"))
    const step = (id: number) => scheduler.shouldYield(at(1, undefined, id))
    assert.deepStrictEqual(
      [step(1), step(2), step(3), step(2), step(1), step(1)],
      [false, false, false, false, true, false]
    )
    dispatcher.flush()
    assert.deepStrictEqual(ran, ["stopped", "waiting"])
    assert.strictEqual(scheduler.counted(), 4)
    assert.isFalse(step(1))
    assert.strictEqual(scheduler.counted(), 0)
  })

  it("stops by itself where nobody waits", async () => {
    const scheduler = new SeededScheduler()
    let stopped = 0
    scheduler.count(0, 1, () => stopped++)
    assert.isTrue(scheduler.shouldYield(at(1)))
    assert.strictEqual(stopped, 0)
    await Promise.resolve()
    assert.strictEqual(stopped, 1)
  })
})
