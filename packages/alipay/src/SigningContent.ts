/**
 * The text that a gateway v2 request, a notification and an A402 bill are signed over.
 *
 * @example
 * SigningContent.make({ method: "alipay.trade.query", app_id: "2021", notify_url: "", sign: "…" })
 * // "app_id=2021&method=alipay.trade.query"
 */

/**
 * Every parameter but `sign` and those to omit, empty values left out, sorted by name (UTF-16 code units), raw `name=value`
 * joined by `&`. Nothing is URL-encoded. Notifications omit `sign_type` too; requests sign it.
 */
export const make = (parameters: Record<string, string | undefined>, omit: ReadonlyArray<string> = []): string => {
  const pairs: Array<string> = []
  for (const name of Object.keys(parameters).toSorted()) {
    const value = parameters[name]
    if (name !== "sign" && !omit.includes(name) && value !== undefined && value !== "") pairs.push(`${name}=${value}`)
  }
  return pairs.join("&")
}
