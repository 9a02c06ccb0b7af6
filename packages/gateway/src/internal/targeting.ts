/**
 * Where a request goes: the path of the tool, and below it what the client asked for, byte for byte. Nothing above it.
 */

/** What is sold is below this path. */
export const root = "/api/proxy/"

/** The slug in a path, and everything behind it: `/eu?year=2026`, `?year=2026` or nothing. */
export const slugIn = (resource: string): { readonly slug: string; readonly rest: string } | undefined => {
  if (!resource.startsWith(root)) return undefined
  const behind = resource.slice(root.length)
  const end = behind.search(/[/?]/)
  return end === -1 ? { slug: behind, rest: "" } : { slug: behind.slice(0, end), rest: behind.slice(end) }
}

/** Whether a segment leads up or nowhere, however it is encoded. */
const isDotted = (segment: string) => segment === "." || segment === ".."

/** Whether a path stays below where it begins, also for servers that decode before they split, or take `\` for `/`. */
const staysBelow = (path: string): boolean => {
  // Twice, for those that decode twice.
  const once = path.replace(/%25/gi, "%")
  const decoded = once.replace(/%2e/gi, ".").replace(/%2f|%5c|\\/gi, "/")
  return !decoded.split("/").some((segment) => isDotted(segment.split(";", 1)[0]!))
}

/** Path and query for the upstream, or nothing where the client's path leads elsewhere. */
export const pathFor = ({ pathname }: URL, rest: string): string | undefined => {
  if (rest === "") return pathname
  const query = rest.indexOf("?")
  const path = query === -1 ? rest : rest.slice(0, query)
  if (path === "") return pathname + rest
  if (!staysBelow(path) || /[^\x21-\x7e]/.test(rest)) return undefined
  return (pathname.endsWith("/") ? pathname.slice(0, -1) : pathname) + rest
}
