/**
 * The parameters of a gateway request: the query string and the form, taken together.
 */

export interface Parameters {
  /** By name, decoded once. Without a prototype, so that no name is special. */
  readonly values: Readonly<Record<string, string>>
  /** A name that occurs twice. */
  readonly repeated: string | undefined
}

/** Reads them. What is not a parameter is ignored; nothing is refused here. */
export const read = (query: string, form: string): Parameters => {
  const values: Record<string, string> = Object.create(null)
  let repeated: string | undefined
  for (const part of [query, form]) {
    for (const [name, value] of new URLSearchParams(part)) {
      if (name in values) repeated ??= name
      else values[name] = value
    }
  }
  return { values, repeated }
}
