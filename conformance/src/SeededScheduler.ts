/**
 * A scheduler whose every choice can be made from outside: which ready fiber runs next, where a fiber is preempted, and at which
 * of its steps it is interrupted.
 *
 * All fibers of a world share one queue. Left alone it is first in, first out, and nobody is preempted. Under a `Plan` the next
 * task is picked by the plan's numbers and fibers are preempted at the plan's points: whoever is preempted goes on when nobody
 * else can. Once the plan is used up nobody chooses again, so a shorter plan is a simpler schedule and shrinking ends at the
 * preemption that matters.
 *
 * A fiber is never made to yield before its third operation: yielding itself takes two, so it would never get further.
 */
import * as Context from "effect/Context"
import type * as Fiber from "effect/Fiber"
import type * as Scheduler from "effect/Scheduler"

/** One place in a step of the plug-in at which whoever is there is preempted. */
export interface Point {
  /** `"settle"`, `"verify"` … */
  readonly step: string
  /** After so many operations in it. */
  readonly op: number
  /** In which call of the step, counted from 1; 0 is every call. */
  readonly call: number
}

/** The choices of one run. */
export interface Plan {
  readonly points: ReadonlyArray<Point>
  /** The operations, of whatever kind, between one more preemption and the next. */
  readonly gaps: ReadonlyArray<number>
  /** Which of the ready tasks runs, modulo their number; consulted only when there is more than one. */
  readonly picks: ReadonlyArray<number>
}

/** A call into the plug-in that is going on. */
export class Going {
  ops = 0
  readonly step: string
  readonly call: number
  readonly passed = new Set<Point>()
  constructor(step: string, call: number) {
    this.step = step
    this.call = call
  }
}

/** The call into the plug-in that a fiber, or the one it was forked from, is in. */
export const CurrentCall = Context.Reference<Going | undefined>("@paylayer/conformance/CurrentCall", {
  defaultValue: () => undefined
})

/** What the scheduler reports while it runs. */
export interface Listener {
  /** A fiber was made to yield. */
  readonly preempted?: (fiberId: number) => void
}

interface Task {
  readonly run: () => void
  readonly priority: number
  /** Preempted: it goes on when nobody else can. */
  readonly last: boolean
}

/** The longest a fiber runs without yielding when nobody chooses. */
const opsBeforeYield = 2_048

export class SeededScheduler implements Scheduler.Scheduler {
  readonly executionMode = "async"
  /** How many tasks have run, and how many may. */
  tasks = 0
  maxTasks = 200_000
  /** Called when the queue is empty. */
  onEmpty: () => void = () => {}
  listener: Listener = {}
  /** The most operations that a call of each step took while a plan was followed. */
  readonly lengths = new Map<string, number>()
  readonly #queue: Array<Task> = []
  #draining = false
  #closed = false
  #plan: Plan | undefined
  #picked = 0
  #gap = 0
  #due = false
  #sinceYield = 0
  #nextIsLast = false
  #counting:
    | { readonly stopAt: number; readonly stop: () => void; readonly observer: number; steps: number }
    | undefined

  get isEmpty(): boolean {
    return this.#queue.length === 0
  }

  /** Lets the plan choose from now on, or nobody. */
  follow(plan: Plan | undefined): void {
    this.#plan = plan
    this.#picked = 0
    this.#gap = 0
    this.#due = false
    this.#sinceYield = 0
  }

  /** Counts the steps of all fibers but the observer; before step `stopAt` it calls `stop`. */
  count(observer: number, stopAt: number, stop: () => void): void {
    this.#counting = { stopAt, stop, observer, steps: 0 }
  }

  /** Ends counting; the number of steps. */
  counted(): number {
    const steps = this.#counting?.steps ?? 0
    this.#counting = undefined
    return steps
  }

  /** Nothing runs any more: what is queued, and will be, is dropped. */
  close(): void {
    this.#closed = true
    this.#queue.length = 0
  }

  shouldYield(fiber: Fiber.Fiber<unknown, unknown>): boolean {
    const counting = this.#counting
    if (counting !== undefined && fiber.id !== counting.observer) {
      counting.steps++
      if (counting.steps === counting.stopAt) {
        this.#queue.unshift({ run: counting.stop, priority: -1, last: false })
        this.#wake()
        return true
      }
    }
    const plan = this.#plan
    if (plan === undefined) return fiber.currentOpCount >= opsBeforeYield
    const preempt = this.#isAtPoint(plan, fiber) || this.#isAfterGap(plan)
    if (!preempt || fiber.currentOpCount < 3) return fiber.currentOpCount >= opsBeforeYield
    this.#due = false
    this.#nextIsLast = true
    if (this.#queue.length > 0) this.listener.preempted?.(fiber.id)
    return true
  }

  #isAtPoint({ points }: Plan, fiber: Fiber.Fiber<unknown, unknown>): boolean {
    const going = fiber.getRef(CurrentCall)
    if (going === undefined) return false
    going.ops++
    const longest = this.lengths.get(going.step) ?? 0
    if (going.ops > longest) this.lengths.set(going.step, going.ops)
    for (const point of points) {
      if (point.step !== going.step || going.ops <= point.op || going.passed.has(point)) continue
      if (point.call !== 0 && point.call !== going.call) continue
      if (fiber.currentOpCount < 3) continue
      going.passed.add(point)
      return true
    }
    return false
  }

  #isAfterGap({ gaps }: Plan): boolean {
    const gap = gaps[this.#gap]
    if (gap === undefined) return this.#due
    if (++this.#sinceYield > gap) {
      this.#sinceYield = 0
      this.#gap++
      this.#due = true
    }
    return this.#due
  }

  makeDispatcher(): Scheduler.SchedulerDispatcher {
    return {
      scheduleTask: (run, priority) => {
        if (this.#closed) return
        this.#queue.push({ run, priority, last: this.#nextIsLast })
        this.#nextIsLast = false
        this.#wake()
      },
      flush: () => this.#drain()
    }
  }

  #wake(): void {
    if (this.#draining) return
    this.#draining = true
    queueMicrotask(() => this.#drain())
  }

  #drain(): void {
    this.#draining = true
    for (let task = this.#take(); task !== undefined; task = this.#take()) {
      this.tasks++
      if (this.tasks > this.maxTasks) this.#queue.length = 0
      else task.run()
    }
    this.#draining = false
    this.onEmpty()
  }

  #take(): Task | undefined {
    const first = this.#queue[0]
    if (first === undefined || this.#queue.length === 1) return this.#queue.shift()
    const others = this.#queue.filter((task) => !task.last)
    const able = others.length === 0 ? this.#queue : others
    const priority = able.reduce((least, task) => Math.min(least, task.priority), Number.POSITIVE_INFINITY)
    const ready = able.filter((task) => task.priority === priority)
    const pick = ready.length < 2 ? 0 : (this.#plan?.picks[this.#picked++] ?? 0) % ready.length
    const [task] = this.#queue.splice(this.#queue.indexOf(ready[pick]!), 1)
    return task
  }
}
