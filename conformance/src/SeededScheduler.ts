/**
 * A scheduler whose every choice can be made from outside: which ready fiber runs next, where a fiber is preempted, and at which
 * of its steps it is interrupted.
 *
 * All fibers of a world share one queue. Left alone it is first in, first out, and nobody is preempted. Under a `Plan` the next
 * task is picked by the plan's numbers and a fiber yields after so many operations as the plan says; once the plan is used up,
 * it is left alone again, so a shorter plan is a simpler schedule and shrinking ends at the preemption that matters.
 *
 * A fiber is never made to yield before its third operation: yielding itself takes two, so it would never get further.
 */
import type * as Fiber from "effect/Fiber"
import type * as Scheduler from "effect/Scheduler"

/** The choices of one run. */
export interface Plan {
  /** Which of the ready tasks runs, modulo their number; consulted only when there is more than one. */
  readonly picks: ReadonlyArray<number>
  /** The operations between one preemption and the next. */
  readonly gaps: ReadonlyArray<number>
}

/** What the scheduler reports while it runs. */
export interface Listener {
  /** A fiber was made to yield. */
  readonly preempted?: (fiberId: number) => void
}

interface Task {
  readonly run: () => void
  readonly priority: number
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
  readonly #queue: Array<Task> = []
  #draining = false
  #closed = false
  #plan: Plan | undefined
  #picked = 0
  #preempted = 0
  #sinceYield = 0
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
    this.#preempted = 0
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
        this.#queue.unshift({ run: counting.stop, priority: -1 })
        this.#wake()
        return true
      }
    }
    const gap = this.#plan?.gaps[this.#preempted]
    if (gap === undefined) return fiber.currentOpCount >= opsBeforeYield
    this.#sinceYield++
    if (fiber.currentOpCount < 3 || this.#sinceYield <= gap) return false
    this.#sinceYield = 0
    this.#preempted++
    if (this.#queue.length > 0) this.listener.preempted?.(fiber.id)
    return true
  }

  makeDispatcher(): Scheduler.SchedulerDispatcher {
    return {
      scheduleTask: (run, priority) => {
        if (this.#closed) return
        this.#queue.push({ run, priority })
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
    let priority = first.priority
    for (const task of this.#queue) priority = Math.min(priority, task.priority)
    const ready = this.#queue.filter((task) => task.priority === priority)
    const pick = ready.length < 2 ? 0 : (this.#plan?.picks[this.#picked++] ?? 0) % ready.length
    const [task] = this.#queue.splice(this.#queue.indexOf(ready[pick]!), 1)
    return task
  }
}
