/**
 * Other ways of writing an amount: what people, other countries and other programs write for the same number, and what means
 * another number to somebody else.
 */
/** Ten digits, from zero, of other scripts. */
const digits: { readonly [script: string]: string } = {
  "Arabic-Indic digits": "٠١٢٣٤٥٦٧٨٩",
  "Persian digits": "۰۱۲۳۴۵۶۷۸۹",
  "Devanagari digits": "०१२३४५६७८९",
  "full-width digits": "０１２３４５６７８９",
  "Chinese digits": "〇一二三四五六七八九"
}

const inScript = (script: string) => (text: string) =>
  text.replace(/[0-9]/g, (digit) => digits[script]?.[Number(digit)] ?? digit)

const grouped = (mark: string) => (text: string) => {
  const [major = "", minor] = text.split(".")
  const groups = major.length > 3 ? major.replace(/\B(?=(\d{3})+$)/g, mark) : `${major}${mark}000`
  return minor === undefined ? groups : `${groups}.${minor}`
}

/** What is done to a plain decimal such as `15.00`. The kinds are what a report calls them. */
const respellings: { readonly [kind: string]: ReadonlyArray<(text: string) => string> } = {
  "foreign digits": Object.keys(digits).map(inScript),
  "another decimal mark": [",", "٫", "．", "。", "·", "'", " "].map(
    (mark) => (text: string) => text.replace(".", mark)
  ),
  grouping: [",", ".", " ", "\u00a0", "\u202f", "'", "_", "，"].map(grouped),
  "a sign": ["+", "-", "−", "＋", "(", "±"].map((sign) => (text: string) => (sign === "(" ? `(${text})` : sign + text)),
  "an exponent": [
    (text) => `${text}e0`,
    (text) => `${text}E2`,
    (text) => `${text.replace(".", "")}e-2`,
    (text) => `${text}×10^2`
  ],
  "white space": [
    (text) => `${text} `,
    (text) => ` ${text}`,
    (text) => `${text}\n`,
    (text) => `\u00a0${text}`,
    (text) => `${text}\u200b`,
    (text) => `\ufeff${text}`
  ],
  "a currency beside it": [
    (text) => `¥${text}`,
    (text) => `$${text}`,
    (text) => `${text} €`,
    (text) => `CNY ${text}`,
    (text) => `${text}CNY`,
    (text) => `${text}元`
  ],
  "zeros before it": [(text) => `0${text}`, (text) => `000${text}`],
  "half a decimal": [
    (text) => `.${text.split(".")[1] ?? "00"}`,
    (text) => `${text.split(".")[0]}.`,
    (text) => `${text}.0`,
    (text) => `${text}.`
  ],
  "no number": ["", " ", "NaN", "Infinity", "-Infinity", "null", "1/2", "0x10", "0b1", "1n", "true", "一百"].map(
    (text) => () => text
  )
}

export interface Way {
  readonly kind: string
  /** Writes a plain decimal in this way. */
  readonly respell: (text: string) => string
}

/** All kinds. */
export const kinds = Object.keys(respellings)

/** Every way of every kind. */
export const ways: ReadonlyArray<Way> = Object.entries(respellings).flatMap(([kind, all]) =>
  all.map((respell): Way => ({ kind, respell }))
)
