/**
 * The timeline of one case: what happened, in order, by which fiber and when in virtual time. A failure shows it.
 */
import * as Schema from "effect/Schema"
import * as Fiber from "effect/Fiber"

export const Event = Schema.Struct({
  /** Virtual milliseconds since the case began. */
  atMillis: Schema.Int,
  /** Fibers are numbered as they appear. */
  fiber: Schema.Int,
  what: Schema.String,
  /** `"preempted"`, `"interrupted"` or `"crashed"`: the adversary was here. */
  mark: Schema.optionalKey(Schema.Literals(["preempted", "interrupted", "crashed"]))
})
export type Event = (typeof Event)["Type"]

export interface Timeline {
  readonly events: ReadonlyArray<Event>
  readonly add: (what: string, mark?: Event["mark"]) => void
  /** Marks the last event of a fiber. */
  readonly preempted: (fiberId: number) => void
  /** A short name for something with a long id: `charge 1`, `charge 2`. */
  readonly name: (kind: string, id: string) => string
}

/** The most events that are kept: the first ones. */
const capacity = 400

export const make = (now: () => number): Timeline => {
  const events: Array<Event> = []
  const fibers = new Map<number, number>()
  const names = new Map<string, string>()
  const counts = new Map<string, number>()
  const start = now()
  const numberOf = (id: number) => {
    const known = fibers.get(id) ?? fibers.size + 1
    fibers.set(id, known)
    return known
  }
  return {
    events,
    add: (what, mark) => {
      if (events.length >= capacity) return
      const fiber = numberOf(Fiber.getCurrent()?.id ?? 0)
      events.push({ atMillis: Math.round(now() - start), fiber, what, ...(mark === undefined ? {} : { mark }) })
    },
    preempted: (fiberId) => {
      const fiber = fibers.get(fiberId)
      const index = events.findLastIndex((event) => event.fiber === fiber)
      if (index !== -1) events[index] = { ...events[index]!, mark: "preempted" }
    },
    name: (kind, id) => {
      const key = `${kind} ${id}`
      const known = names.get(key)
      if (known !== undefined) return known
      const count = (counts.get(kind) ?? 0) + 1
      counts.set(kind, count)
      names.set(key, `${kind} ${count}`)
      return `${kind} ${count}`
    }
  }
}
