/**
 * A report as a badge: an SVG image for a README that says the level reached.
 */
import type { Report } from "../Report.ts"
import { markup } from "./internal/markup.ts"
import * as Tally from "./Tally.ts"

const look = (report: Report): readonly [text: string, colour: string] => {
  if (report.reached !== undefined) {
    const text = `conformant: ${report.reached}`
    return [text, { core: "#8a6d00", guarded: "#2f6f9f", resilient: "#1a7f37" }[report.reached]]
  }
  switch (Tally.outcome(report)) {
    case "broken":
      return ["not conformant", "#b42318"]
    case "conformant":
      return ["partly checked", "#57606a"]
    case "inconclusive":
      return ["inconclusive", "#57606a"]
    case "unchecked":
      return ["not checked", "#57606a"]
  }
}

/** About the width of a text in Verdana at 11 pixels. */
const widthOf = (text: string): number =>
  Math.round([...text].reduce((sum, character) => sum + (/[ijltf.:\- ]/.test(character) ? 4.6 : 7.2), 0)) + 12

/** The SVG document. */
export const badge = (report: Report): string => {
  const label = "paylayer"
  const [text, colour] = look(report)
  const [left, right] = [widthOf(label), widthOf(text)]
  const width = left + right
  return markup`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="20" role="img" aria-label="${label}: ${text}">
<title>${report.manifest.displayName}: ${text}</title>
<clipPath id="r"><rect width="${width}" height="20" rx="4"/></clipPath>
<g clip-path="url(#r)"><rect width="${left}" height="20" fill="#30363d"/><rect x="${left}" width="${right}" height="20" fill="${colour}"/></g>
<g fill="#fff" text-anchor="middle" font-family="Verdana,Geneva,DejaVu Sans,sans-serif" font-size="11">
<text x="${left / 2}" y="14" textLength="${left - 12}">${label}</text><text x="${left + right / 2}" y="14" textLength="${right - 12}">${text}</text>
</g>
</svg>
`.markup
}
