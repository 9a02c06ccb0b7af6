/**
 * Failed attempts to sign in: after some of them, an address waits, longer each time. While it waits, its tokens are not
 * looked at, so that right and wrong ones cannot be told apart.
 */

/** This many may fail before anybody waits. */
const free = 5
/** The longest wait, in milliseconds. */
const longest = 60_000
/** Without another failure for so long, an address is forgotten, in milliseconds. */
const memory = 15 * 60_000
/** Addresses that are remembered. The one that failed longest ago goes first. */
const capacity = 10_000

interface Failures {
  readonly count: number
  readonly at: number
}

const waitOf = ({ at, count }: Failures) => (count < free ? 0 : at + Math.min(1_000 * 2 ** (count - free), longest))

export interface Attempts {
  /** How long this address still has to wait, in milliseconds. */
  readonly wait: (address: string, now: number) => number
  readonly failed: (address: string, now: number) => void
  readonly succeeded: (address: string) => void
}

/** No attempts. */
export const make = (): Attempts => {
  const failures = new Map<string, Failures>()
  const known = (address: string, now: number) => {
    const found = failures.get(address)
    return found !== undefined && now - found.at < memory ? found : undefined
  }
  return {
    wait: (address, now) => {
      const found = known(address, now)
      return found === undefined ? 0 : Math.max(0, waitOf(found) - now)
    },
    failed: (address, now) => {
      const count = (known(address, now)?.count ?? 0) + 1
      failures.delete(address)
      failures.set(address, { count, at: now })
      const [oldest] = failures.size > capacity ? failures.keys() : []
      if (oldest !== undefined) failures.delete(oldest)
    },
    succeeded: (address) => void failures.delete(address)
  }
}
