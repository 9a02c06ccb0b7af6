/**
 * What the threads of one check share: which law is next, what each thread is at, and that it lives. It is memory, so a thread
 * that is stuck in a loop can still be looked at.
 */

/** A thread that has not taken a law yet. */
export const beginning = -1
/** A thread that is not at any law any more, or not at work yet. */
export const idle = -2

export interface Board {
  readonly memory: SharedArrayBuffer
  readonly threads: number
  /** The number of the next law, which is then this thread's; `undefined` when all are taken. */
  readonly take: (thread: number) => number | undefined
  /** The number of the law that a thread is at, `beginning` or `idle`. */
  readonly at: (thread: number) => number
  readonly beat: (thread: number) => void
  readonly beats: (thread: number) => number
}

/** The board in this memory. */
export const over = (memory: SharedArrayBuffer): Board => {
  const cells = new Int32Array(memory)
  const threads = (cells.length - 2) / 2
  return {
    memory,
    threads,
    take: (thread) => {
      const law = Atomics.add(cells, 0, 1)
      const isLaw = law < Atomics.load(cells, 1)
      Atomics.store(cells, 2 + 2 * thread, isLaw ? law : idle)
      return isLaw ? law : undefined
    },
    at: (thread) => Atomics.load(cells, 2 + 2 * thread),
    beat: (thread) => void Atomics.add(cells, 3 + 2 * thread, 1),
    beats: (thread) => Atomics.load(cells, 3 + 2 * thread)
  }
}

/** A board for this thread, which begins at once, and others, which are idle. */
export const make = (threads: number, laws = 0): Board => {
  const memory = new SharedArrayBuffer(4 * (2 + 2 * threads))
  const cells = new Int32Array(memory)
  cells[1] = laws
  for (let thread = 0; thread < threads; thread++) cells[2 + 2 * thread] = thread === 0 ? beginning : idle
  return over(memory)
}
