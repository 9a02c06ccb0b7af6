/** Base64 or Base64URL, padded or not: ACT writes the one, Alipay's product the other. */

/**
 * The bytes, or nothing where the text is neither. Each of the four forms is read strictly: no white space, one alphabet, no bits
 * to spare, the right padding or none.
 */
export const decode = (text: string): Uint8Array | undefined => {
  const bare = text.replace(/={1,2}$/, "")
  if (bare !== text && text.length % 4 !== 0) return undefined
  const bytes = Buffer.from(bare, "base64url")
  const written = /[+/]/.test(bare) ? bytes.toString("base64").replace(/=+$/, "") : bytes.toString("base64url")
  return written === bare ? bytes : undefined
}
