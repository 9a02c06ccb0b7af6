/**
 * The body of a gateway v2 answer: the response object under the method's name, and the signature over exactly its text.
 */
import * as ContentKey from "@paylayer/alipay/ContentKey"
import * as Rsa2 from "@paylayer/alipay/Rsa2"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { MethodName } from "../MethodName.ts"
import type { Dialect, Seal, Written } from "./dialect.ts"
import { type Answer, paying } from "./failure.ts"
import type { Keys } from "./keys.ts"
import type { Numbers } from "./numbers.ts"

/** The member that an answer to this method stands under. */
const member = (method: MethodName | undefined): string =>
  method === undefined ? "error_response" : `${method.replaceAll(".", "_")}_response`

/** The response object as text, with slashes escaped as the gateway writes them. Members without a value are left out. */
export const content = (members: Readonly<Record<string, unknown>>): string => {
  const present = Object.values(members).includes(undefined)
    ? Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
    : members
  return StrictJson.stringify(present as { readonly [name: string]: StrictJson.ExactJson }).replaceAll("/", "\\/")
}

/** The response object of an outcome. */
const outcome = (answer: Answer): string =>
  Result.match(answer, {
    onFailure: (failure) => content({ ...failure }),
    onSuccess: (members) => content({ code: "10000", msg: "Success", ...members })
  })

/** What a request asked for, beside its method. */
export interface Asked {
  readonly encrypted: boolean
  /** The SN that the answer names, where the request named certificates. */
  readonly serial: string | undefined
}

/** How gateway v2 answers this method. It answers 200, whatever it says. */
export const make = (keys: Keys, numbers: Numbers, method: MethodName | undefined, asked: Asked): Dialect => {
  const name = member(method)
  const certificate = asked.serial === undefined ? "" : `,"alipay_cert_sn":"${asked.serial}"`
  const written = (body: string): Written => ({
    status: 200,
    contentType: "text/html;charset=utf-8",
    headers: { trace_id: numbers.traceId() },
    body
  })
  const hidden = (text: string) => (asked.encrypted ? `"${ContentKey.encrypt(keys.content, text)}"` : text)
  const signed = (text: string, key: Rsa2.PrivateKey, shown = text) =>
    Effect.map(Rsa2.sign(key, text), (sign) => written(`{"${name}":${shown}${certificate},"sign":"${sign}"}`))
  const sealed = (text: string, seal: Seal, forged: string) => {
    switch (seal) {
      case "signed":
        return signed(text, keys.alipay)
      case "unsigned":
        return Effect.succeed(written(`{"${name}":${text}}`))
      case "wrong-key":
        return signed(text, keys.application)
      case "bad-signature":
        return signed(`${text} `, keys.alipay, text)
      case "duplicate-keys":
        return signed(text, keys.alipay, `${text},"${name}":${forged}`)
    }
  }
  return {
    write: (answer, seal, forged) =>
      Effect.suspend(() => sealed(hidden(outcome(answer)), seal, hidden(outcome(forged ?? answer)))),
    paying: (out_trade_no) => Effect.suspend(() => signed(hidden(content({ ...paying, out_trade_no })), keys.alipay)),
    refuse: (failure, seal) => Effect.suspend(() => sealed(content({ ...failure }), seal, "")),
    atTheDoor: (failure) => written(`{"${member(undefined)}":${content({ ...failure })}}`)
  }
}
