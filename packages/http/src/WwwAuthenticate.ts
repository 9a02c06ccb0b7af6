/**
 * A whole `WWW-Authenticate` value: challenges of any schemes, one after the other, each with a token68 or with parameters
 * (RFC 9110, 11.6.1). A comma parts challenges as well as their parameters: what follows it is a parameter where it has the form
 * of one.
 *
 * @example
 * WwwAuthenticate.parse('Basic realm="shop", charset="UTF-8", Negotiate, Payment id="x", realm="api"')
 * // three challenges
 */
import * as Result from "effect/Result"

export interface AuthChallenge {
  /** As it was written; schemes are compared without case. */
  readonly scheme: string
  readonly token68?: string
  /** Names in lower case, in their order. The grammar lets each occur once; whether it does is for who knows the scheme. */
  readonly parameters: ReadonlyArray<readonly [name: string, value: string]>
}

const empties = /(?:[ \t]*,)*[ \t]*/y
const scheme = /[!#$%&'*+.^_`|~0-9A-Za-z-]+/y
const spaces = /[ \t]+/y
const token68 = /([A-Za-z0-9._~+/-]+=*)(?=[ \t]*(?:,|$))/y
const parameter =
  /([!#$%&'*+.^_`|~0-9A-Za-z-]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~0-9A-Za-z-]+))(?=[ \t]*(?:,|$))/y
const end = /[ \t]*(?:,|$)/y

/** Reads on where it stands, or stays there. */
class Cursor {
  at = 0
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
  take(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at
    const found = pattern.exec(this.text)
    if (found === null) return undefined
    this.at = pattern.lastIndex
    return found
  }
}

const parametersOf = (cursor: Cursor): AuthChallenge["parameters"] => {
  const parameters: Array<readonly [string, string]> = []
  while (true) {
    const before = cursor.at
    cursor.take(empties)
    const [, name = "", text, token = ""] = cursor.take(parameter) ?? []
    if (name === "") {
      cursor.at = before
      return parameters
    }
    parameters.push([name.toLowerCase(), text === undefined ? token : text.replace(/\\(.)/g, "$1")])
  }
}

const challenge = (cursor: Cursor, name: string): AuthChallenge => {
  if (cursor.take(spaces) === undefined) return { scheme: name, parameters: [] }
  const [, token] = cursor.take(token68) ?? []
  return token === undefined
    ? { scheme: name, parameters: parametersOf(cursor) }
    : { scheme: name, token68: token, parameters: [] }
}

/** Reads a value, also one of several header lines joined by commas. Fails where the grammar does not go on, and says where. */
export const parse = (text: string): Result.Result<ReadonlyArray<AuthChallenge>, string> => {
  const cursor = new Cursor(text)
  const challenges: Array<AuthChallenge> = []
  while (true) {
    cursor.take(empties)
    if (cursor.at === text.length) return Result.succeed(challenges)
    const [name] = cursor.take(scheme) ?? []
    if (name === undefined) return Result.fail(`there is no challenge at character ${cursor.at}`)
    challenges.push(challenge(cursor, name))
    const { at } = cursor
    if (cursor.take(end) === undefined) return Result.fail(`there is no parameter at character ${at}`)
  }
}

/** A quoted string. Characters that a header cannot carry become `?`. */
const quoted = (text: string) => `"${text.replace(/[^\x20-\x7e]/g, "?").replace(/["\\]/g, "\\$&")}"`

/** Inverse of `parse`. */
export const print = (challenges: ReadonlyArray<AuthChallenge>): string =>
  challenges
    .map(({ parameters, scheme, token68 }) =>
      [scheme, token68 ?? parameters.map(([name, value]) => `${name}=${quoted(value)}`).join(", ")].join(" ").trimEnd()
    )
    .join(", ")
