/**
 * The protocols of a paywall: which of them a request speaks to, and which instance of one serves a merchant.
 */
import * as Effect from "effect/Effect"
import type { Credential } from "../Detection.ts"
import type { PaidRequest } from "../PaidRequest.ts"
import * as PaymentError from "../PaymentError.ts"
import type { AnyProtocol } from "../PaymentProtocol.ts"
import * as ProtocolIndex from "../ProtocolIndex.ts"

/** One protocol and what it found. */
export interface Detected {
  readonly protocol: AnyProtocol
  readonly credential: Credential
}

export interface Installed {
  /** The instances that serve a merchant: one per protocol. */
  readonly serving: (merchant: string | undefined) => ReadonlyArray<AnyProtocol>
  /** The one credential of a request. None, and more than one, are failures. */
  readonly detect: (
    request: PaidRequest,
    merchant: string | undefined
  ) => Effect.Effect<Detected, PaymentError.PaymentError>
}

const byId = (protocols: ReadonlyArray<AnyProtocol>) => {
  const instances = new Map<string, Array<AnyProtocol>>()
  for (const protocol of protocols) {
    instances.set(protocol.manifest.id, [...(instances.get(protocol.manifest.id) ?? []), protocol])
  }
  return [...instances.values()]
}

/** Of several instances of one protocol, the merchant's; without one, the first. */
const chosen = (instances: ReadonlyArray<AnyProtocol>, merchant: string | undefined) =>
  instances.find((instance) => merchant !== undefined && instance.manifest.merchant === merchant) ?? instances[0]!

const twice = (found: ReadonlyArray<string>) =>
  PaymentError.fail(
    new PaymentError.CredentialAmbiguous({
      detail: `found ${found.join(" and ")}; which one should pay is not guessed`,
      found
    })
  )

export const make = (protocols: ReadonlyArray<AnyProtocol>): Installed => {
  const groups = byId(protocols)
  const serving = (merchant: string | undefined) => groups.map((instances) => chosen(instances, merchant))
  const candidates = ProtocolIndex.make(protocols)
  const single = groups.every((instances) => instances.length === 1)
  const detect = Effect.fnUntraced(function* (request: PaidRequest, merchant: string | undefined) {
    const served = single ? undefined : serving(merchant)
    const found: Array<Detected> = []
    for (const protocol of candidates(request.headers)) {
      if (served?.includes(protocol) === false) continue
      const detection = yield* Effect.try({
        try: () => protocol.detect(request.headers),
        catch: () =>
          PaymentError.make(
            new PaymentError.ProtocolDefect({ detail: `${protocol.manifest.id} failed to read the headers` })
          )
      })
      if (detection._tag === "Ambiguous") return yield* twice(detection.found)
      if (detection._tag === "Found") found.push({ protocol, credential: detection.credential })
    }
    const [first, ...others] = found
    if (first === undefined) {
      return yield* PaymentError.fail(new PaymentError.PaymentRequired({ detail: "no payment credential was sent" }))
    }
    return others.length === 0 ? first : yield* twice(found.map(({ protocol }) => protocol.manifest.id))
  })
  return { serving, detect }
}
