/**
 * The protocols of a paywall: which of them a request speaks to, and which instance of one serves a merchant.
 */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { Credential, Detection } from "../Detection.ts"
import type { Entry } from "../Ledger.ts"
import type { PaidRequest } from "../PaidRequest.ts"
import * as PaymentError from "../PaymentError.ts"
import type { AnyProtocol } from "../PaymentProtocol.ts"
import * as ProtocolIndex from "../ProtocolIndex.ts"
import type { RequestHeaders } from "../RequestHeaders.ts"

/** One protocol and what it found. */
export interface Detected {
  readonly protocol: AnyProtocol
  readonly credential: Credential
}

export interface Installed {
  readonly all: ReadonlyArray<AnyProtocol>
  /** Whether no protocol would look at these headers for a credential. */
  readonly isUnpaid: (headers: RequestHeaders) => boolean
  /** The instances that serve a merchant: at most one per protocol. */
  readonly serving: (merchant: string | undefined) => ReadonlyArray<AnyProtocol>
  /** The instance that made a charge, if it is installed here. */
  readonly madeBy: (entry: Pick<Entry, "charge" | "protocol">) => AnyProtocol | undefined
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

/**
 * Of several instances of one protocol, the merchant's, or one that charges for any. None where all charge for others, since
 * money never goes to another merchant than the sale's. A sale that names no merchant takes the first.
 */
const chosen = (instances: ReadonlyArray<AnyProtocol>, merchant: string | undefined) =>
  merchant === undefined
    ? instances[0]
    : (instances.find(({ manifest }) => manifest.merchant === merchant) ??
      instances.find(({ manifest }) => manifest.merchant === undefined))

/** What `detect` answers, unless it dies or answers something else. */
const detection = (protocol: AnyProtocol, headers: RequestHeaders): Detection<Credential> | undefined => {
  const answer: Detection<Credential> | undefined = Result.getOrUndefined(Result.try(() => protocol.detect(headers)))
  switch (answer?._tag) {
    case "None":
      return answer
    case "Found":
      return Redacted.isRedacted(answer.credential?.secret) ? answer : undefined
    case "Ambiguous":
      return Array.isArray(answer.found) ? answer : undefined
    default:
      return undefined
  }
}

/** Nothing in it is of one request, and making an error costs more than finding no credential. */
export const unpaid = PaymentError.make(new PaymentError.PaymentRequired({ detail: "no payment credential was sent" }))

const twice = (found: ReadonlyArray<string>) =>
  PaymentError.fail(
    new PaymentError.CredentialAmbiguous({
      detail: `found ${found.join(" and ")}; which one should pay is not guessed`,
      found
    })
  )

export const make = (protocols: ReadonlyArray<AnyProtocol>): Installed => {
  const groups = byId(protocols)
  const serving = (merchant: string | undefined) =>
    groups.map((instances) => chosen(instances, merchant)).filter((instance) => instance !== undefined)
  const candidates = ProtocolIndex.make(protocols)
  const single = groups.every((instances) => instances.length === 1)
  const detect = Effect.fnUntraced(function* (request: PaidRequest, merchant: string | undefined) {
    const served = single && merchant === undefined ? undefined : serving(merchant)
    const found: Array<Detected> = []
    for (const protocol of candidates(request.headers)) {
      if (served?.includes(protocol) === false) continue
      const answer = detection(protocol, request.headers)
      if (answer === undefined) {
        const detail = `${protocol.manifest.id} failed to read the headers`
        return yield* PaymentError.fail(new PaymentError.ProtocolDefect({ detail }))
      }
      if (answer._tag === "Ambiguous") return yield* twice(answer.found)
      if (answer._tag === "Found") found.push({ protocol, credential: answer.credential })
    }
    const [first, ...others] = found
    if (first === undefined) {
      return yield* unpaid
    }
    return others.length === 0 ? first : yield* twice(found.map(({ protocol }) => protocol.manifest.id))
  })
  const madeBy: Installed["madeBy"] = ({ charge, protocol }) =>
    serving(charge.merchant).find(({ manifest }) => manifest.id === protocol)
  return { all: protocols, isUnpaid: (headers) => candidates(headers).length === 0, serving, madeBy, detect }
}
