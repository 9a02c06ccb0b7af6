/** A bounded memory that forgets what was used longest ago. */
export interface Lru<A> {
  readonly get: (key: string) => A | undefined
  readonly set: (key: string, value: A) => void
}

export const make = <A>(capacity: number): Lru<A> => {
  // A Map iterates in the order of insertion, so its first key is the one used longest ago.
  const entries = new Map<string, A>()
  const set = (key: string, value: A) => {
    entries.delete(key)
    entries.set(key, value)
    if (entries.size > capacity) for (const oldest of entries.keys()) return void entries.delete(oldest)
  }
  const get = (key: string): A | undefined => {
    const value = entries.get(key)
    if (value !== undefined) set(key, value)
    return value
  }
  return { get, set }
}
