/**
 * How REST v3 answers: JSON, an HTTP status, signatures in headers. What the documentation leaves open (the status of a refusal, whether
 * refusals are signed, how a charge is called that is still being made) is the sandbox's own; the client must not depend on it.
 */
import * as ContentKey from "@paylayer/alipay/ContentKey"
import * as RestSigning from "@paylayer/alipay/RestSigning"
import * as Rsa2 from "@paylayer/alipay/Rsa2"
import * as StrictJson from "@paylayer/core/StrictJson"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Dialect, Seal, Written } from "./dialect.ts"
import type { Asked } from "./envelope.ts"
import type { Answer, Failure } from "./failure.ts"
import type { Keys } from "./keys.ts"
import type { Numbers } from "./numbers.ts"

const statuses: Readonly<Record<string, number>> = {
  "20000": 500,
  "20001": 401,
  "40001": 400,
  "40002": 400,
  "40003": 400,
  "40004": 400,
  "40005": 429,
  "40006": 403
}

const json = (members: Readonly<Record<string, unknown>>): string => {
  const present = Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined))
  return StrictJson.stringify(present as { readonly [name: string]: StrictJson.ExactJson })
}

const refusal = ({ code, sub_code, sub_msg }: Failure) => ({
  status: statuses[code] ?? 400,
  body: json({ code: sub_code.replace(/^(?:isv|isp|aop)\./, ""), message: sub_msg, links: [] })
})

const told = (answer: Answer) =>
  Result.match(answer, { onFailure: refusal, onSuccess: (members) => ({ status: 200, body: json(members) }) })

/** How v3 answers. */
export const make = (keys: Keys, numbers: Numbers, asked: Asked): Dialect => {
  const hidden = (text: string) => (asked.encrypted ? ContentKey.encrypt(keys.content, text) : text)
  const plain = (status: number, body: string, headers: Record<string, string> = {}): Written => ({
    status,
    contentType: "application/json;charset=utf-8",
    headers: { "alipay-trace-id": numbers.traceId(), ...headers },
    body
  })
  const signed = Effect.fnUntraced(function* (status: number, body: string, key: Rsa2.PrivateKey, shown = body) {
    const [timestamp, nonce] = [String(yield* Clock.currentTimeMillis), numbers.traceId()]
    const signature = yield* Rsa2.sign(key, RestSigning.response({ timestamp, nonce, body }))
    return plain(status, shown, {
      "alipay-timestamp": timestamp,
      "alipay-nonce": nonce,
      "alipay-signature": signature,
      ...(asked.serial !== undefined && { "alipay-sn": asked.serial })
    })
  })
  const sealed = (status: number, body: string, seal: Seal, forged: string): Effect.Effect<Written> => {
    switch (seal) {
      case "signed":
        return signed(status, body, keys.alipay)
      case "unsigned":
        return Effect.succeed(plain(status, body))
      case "wrong-key":
        return signed(status, body, keys.application)
      case "bad-signature":
        return signed(status, `${body} `, keys.alipay, body)
      case "duplicate-keys":
        return signed(status, body, keys.alipay, `${body.slice(0, -1)},${forged.slice(1)}`)
    }
  }
  return {
    write: (answer, seal, forged) =>
      Effect.suspend(() => {
        const { body, status } = told(answer)
        // alipay-sdk reads refusals as they come, also where it asked for encryption.
        const shown = status === 200 ? hidden(body) : body
        return sealed(status, shown, seal, hidden(told(forged ?? answer).body))
      }),
    paying: (out_trade_no) =>
      Effect.suspend(() => signed(202, hidden(json({ code: "ORDER_PAYING", out_trade_no })), keys.alipay)),
    refuse: (failure, seal) =>
      Effect.suspend(() => {
        const { body, status } = refusal(failure)
        return sealed(status, body, seal, "")
      }),
    atTheDoor: (failure) => {
      const { body, status } = refusal(failure)
      return plain(status, body)
    }
  }
}
