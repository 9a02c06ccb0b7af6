/** A recursive descent over JSON text. `undefined` means refused: no JSON value is `undefined`. */

export interface Failure {
  readonly message: string
  readonly path: string
  readonly offset: number
}

const plain: Record<string, string> = { '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }
const hex = /[0-9a-fA-F]{4}/y
const numeral = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y

type Value<N> = null | boolean | string | N | Array<Value<N>> | { [name: string]: Value<N> }

export class Reader<N> {
  failure: Failure | undefined
  private at = 0
  private readonly path: Array<string | number> = []
  private readonly text: string
  private readonly depth: number
  private readonly number: (source: string) => N | undefined

  constructor(text: string, depth: number, number: (source: string) => N | undefined) {
    this.text = text
    this.depth = depth
    this.number = number
  }

  document(): Value<N> | undefined {
    if (this.text.charCodeAt(0) === 0xfeff) return this.refuse("the text begins with a byte order mark")
    this.space()
    const value = this.value(1)
    if (value === undefined) return undefined
    this.space()
    return this.at === this.text.length ? value : this.refuse("there is something after the end of the value")
  }

  private refuse(message: string, offset = this.at): undefined {
    const escaped = this.path.map((part) => `/${String(part).replaceAll("~", "~0").replaceAll("/", "~1")}`)
    this.failure = { message, path: escaped.join("").slice(0, 200), offset }
    return undefined
  }

  private space() {
    for (;;) {
      const code = this.text.charCodeAt(this.at)
      if (code !== 0x20 && code !== 0x0a && code !== 0x0d && code !== 0x09) return
      this.at++
    }
  }

  private value(level: number): Value<N> | undefined {
    switch (this.text[this.at]) {
      case "{":
        return level > this.depth ? this.refuse(`nested deeper than ${this.depth} levels`) : this.object(level)
      case "[":
        return level > this.depth ? this.refuse(`nested deeper than ${this.depth} levels`) : this.array(level)
      case '"':
        return this.string()
      case "t":
        return this.word("true", true)
      case "f":
        return this.word("false", false)
      case "n":
        return this.word("null", null)
      case undefined:
        return this.refuse("the text ends where a value should begin")
      default:
        return this.numeral()
    }
  }

  private word<A>(word: string, value: A): A | undefined {
    if (!this.text.startsWith(word, this.at)) return this.refuse("this is not a JSON value")
    this.at += word.length
    return value
  }

  private numeral(): N | undefined {
    const start = this.at
    numeral.lastIndex = start
    if (!numeral.test(this.text)) return this.refuse("this is not a JSON value")
    this.at = numeral.lastIndex
    return this.number(this.text.slice(start, this.at)) ?? this.refuse("the number is too large", start)
  }

  private array(level: number): Array<Value<N>> | undefined {
    const values: Array<Value<N>> = []
    this.at++
    this.space()
    if (this.text[this.at] === "]") return (this.at++, values)
    for (;;) {
      this.path.push(values.length)
      const value = this.value(level + 1)
      if (value === undefined) return undefined
      this.path.pop()
      values.push(value)
      this.space()
      const next = this.text[this.at]
      if (next !== "," && next !== "]") return this.refuse("expected , or ] in an array")
      this.at++
      if (next === "]") return values
      this.space()
    }
  }

  private object(level: number): { [name: string]: Value<N> } | undefined {
    const members: { [name: string]: Value<N> } = Object.create(null)
    this.at++
    this.space()
    if (this.text[this.at] === "}") return (this.at++, members)
    for (;;) {
      const start = this.at
      if (this.text[start] !== '"') return this.refuse("expected a name in double quotes")
      const name = this.string()
      if (name === undefined) return undefined
      this.path.push(name)
      if (name in members) return this.refuse("the name occurs twice in one object", start)
      this.space()
      if (this.text[this.at] !== ":") return this.refuse("expected : after the name")
      this.at++
      this.space()
      const value = this.value(level + 1)
      if (value === undefined) return undefined
      this.path.pop()
      members[name] = value
      this.space()
      const next = this.text[this.at]
      if (next !== "," && next !== "}") return this.refuse("expected , or } in an object")
      this.at++
      if (next === "}") return members
      this.space()
    }
  }

  private string(): string | undefined {
    const start = this.at++
    const pieces: Array<string> = []
    let from = this.at
    for (;;) {
      const code = this.text.charCodeAt(this.at)
      if (code === 0x22) break
      if (Number.isNaN(code)) return this.refuse("the string does not end", start)
      if (code < 0x20) return this.refuse("a control character in a string must be escaped")
      if (code !== 0x5c) {
        this.at++
        continue
      }
      pieces.push(this.text.slice(from, this.at))
      const escaped = this.escape()
      if (escaped === undefined) return undefined
      pieces.push(escaped)
      from = this.at
    }
    const value =
      pieces.length === 0 ? this.text.slice(from, this.at) : pieces.join("") + this.text.slice(from, this.at)
    this.at++
    return pieces.length === 0 || value.isWellFormed() ? value : this.refuse("the string has a lone surrogate", start)
  }

  private escape(): string | undefined {
    const letter = this.text[this.at + 1] ?? ""
    if (letter === "u") {
      hex.lastIndex = this.at + 2
      if (!hex.test(this.text)) return this.refuse("\\u needs four hexadecimal digits")
      this.at += 6
      return String.fromCharCode(Number.parseInt(this.text.slice(this.at - 4, this.at), 16))
    }
    const character = Object.hasOwn(plain, letter) ? plain[letter] : undefined
    if (character === undefined) return this.refuse("this escape is not JSON's")
    this.at += 2
    return character
  }
}
