/** The contrast of WCAG 2 between two colours, written as `#abc` or `#aabbcc`. */
const luminance = (color: string) => {
  const hex = color.length === 4 ? Array.from(color.slice(1), (digit) => digit + digit) : color.slice(1).match(/../g)!
  const [red, green, blue] = hex.map((pair) => {
    const part = parseInt(pair, 16) / 255
    return part <= 0.040_45 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4
  })
  return 0.2126 * red! + 0.7152 * green! + 0.0722 * blue!
}

const between = (one: number, other: number) => (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05)

/** The pairs, such as `"ink page"`, whose contrast is below `least` in one of the sheet's colour schemes. */
export const tooFaint = (css: string, pairs: ReadonlyArray<string>, least: number): ReadonlyArray<string> => {
  const schemes = [...css.matchAll(/:root \{([^}]*)\}/g)].map(
    ([, block]) => new Map([...block!.matchAll(/--([\w-]+): (#[0-9a-f]+)/g)].map(([, name, color]) => [name!, color!]))
  )
  if (schemes.length !== 2) throw new Error("a sheet has colours for the day and for the night")
  return schemes.flatMap((colors) =>
    pairs.filter((pair) => {
      const [one, other] = pair.split(" ").map((name) => luminance(colors.get(name)!))
      return between(one!, other!) < least
    })
  )
}
