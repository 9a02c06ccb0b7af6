/**
 * Masking: no report of ours shows a secret, not even the one that a failure is about.
 */

/** The shortest text that counts as a secret; anything shorter would mask ordinary words. */
const shortest = 6

/** Replaces every secret in a text. */
export const masking = (secrets: ReadonlyArray<string>) => {
  const longestFirst = [...new Set(secrets)]
    .filter((secret) => secret.length >= shortest)
    .toSorted((a, b) => b.length - a.length)
  return (text: string): string =>
    longestFirst.reduce((masked, secret, index) => masked.replaceAll(secret, `<secret ${index + 1}>`), text)
}
