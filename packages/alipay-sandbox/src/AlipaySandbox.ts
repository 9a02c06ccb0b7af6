/**
 * Alipay's Open Platform in memory: delegations with budgets, trades, movements, and faults on request.
 *
 * This is the platform itself, without HTTP. `SandboxServer` puts it on a loopback port, `SandboxHttpClient` behind an
 * `HttpClient` without any socket.
 *
 * @example
 * const sandbox = yield* AlipaySandbox
 * const { token } = yield* sandbox.issue({ max_total_amount: "50.00", ext: { vendor_private: { times_limit: 3 } } })
 * yield* sandbox.movements      // what really moved
 */
import * as AgentToken from "@paylayer/alipay/AgentToken"
import type { IntentAuthorizationCredential } from "@paylayer/alipay/IntentAuthorizationCredential"
import { SignatureEngine } from "@paylayer/alipay/SignatureEngine"
import { TokenSignature } from "@paylayer/alipay/TokenSignature"
import type * as Money from "@paylayer/core/Money"
import type * as StrictJson from "@paylayer/core/StrictJson"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { HttpServerResponse } from "effect/http/HttpServerResponse"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type { JWK } from "jose"
import type { Fault } from "./Fault.ts"
import type { Sent } from "./internal/authenticateRest.ts"
import * as Bill from "./internal/bill.ts"
import * as Books from "./internal/books.ts"
import { certificates, type Certificates } from "./internal/certificates.ts"
import type { ConnectionReset } from "./internal/connection.ts"
import * as Delegation from "./internal/delegation.ts"
import * as Exchange from "./internal/exchange.ts"
import * as FaultScript from "./internal/faultScript.ts"
import { keys as processKeys } from "./internal/keys.ts"
import * as Numbers from "./internal/numbers.ts"
import * as InternalWallet from "./internal/wallet.ts"
import * as Notices from "./internal/notices.ts"
import { Delivery } from "./Delivery.ts"
import type { Movement } from "./Movement.ts"
import type { Notice } from "./Notice.ts"
import { RandomBytes } from "./RandomBytes.ts"
import * as Terms from "./Terms.ts"
import type { RoyaltyMovement } from "./RoyaltyMovement.ts"
import type * as Wallet from "./Wallet.ts"

/** What a merchant needs to talk to the platform and to trust its tokens. */
export interface Config {
  readonly app_id: string
  /** PKCS#8 PEM. Made for this process, good for nothing else. */
  readonly application_private_key: Redacted.Redacted<string>
  /** SPKI PEM. */
  readonly alipay_public_key: string
  /** AES, Base64. A request that asks for it is answered encrypted. */
  readonly encrypt_key: Redacted.Redacted<string>
  readonly seller_id: string
  /** The `iss` of its tokens, and the keys that they are signed with. */
  readonly issuer: string
  readonly jwks: { readonly keys: ReadonlyArray<JWK> }
}

/** A token that was issued, and what has become of it. */
export interface Token {
  /** The same as `delegation_id`. */
  readonly id: string
  readonly token: Redacted.Redacted<string>
  readonly agreement_no: string
  readonly delegation_id: string
  readonly external_agreement_no: string
  readonly external_delegation_id: string
  readonly opaque: boolean
  readonly sid: string | undefined
  readonly status: Delegation.Status
  readonly remaining: Money.Money
  /** `undefined` where the number of charges has no limit. */
  readonly remaining_times: number | undefined
  readonly terms: IntentAuthorizationCredential
}

/** No token has this id. */
export class TokenNotFound extends Schema.TaggedError<TokenNotFound>()("TokenNotFound", {
  id: Schema.String
}) {}

/** What can be asked of the platform beside its gateway. */
export interface Service {
  readonly config: Config
  /** Grants a delegation with these terms and issues its token. */
  readonly issue: (terms?: Terms.Terms) => Effect.Effect<Token, Terms.TermsError>
  /** The same, from the JSON of a request. */
  readonly issueJson: (terms: StrictJson.ExactJson) => Effect.Effect<Token, Terms.TermsError>
  readonly token: (id: string) => Effect.Effect<Token, TokenNotFound>
  /** Every token that was issued, in order. */
  readonly tokens: Effect.Effect<ReadonlyArray<Token>>
  /** Ends the delegation for good. */
  readonly revoke: (id: string) => Effect.Effect<Token, TokenNotFound>
  /** Stops it from paying until it is resumed. */
  readonly suspend: (id: string) => Effect.Effect<Token, TokenNotFound>
  readonly resume: (id: string) => Effect.Effect<Token, TokenNotFound>
  /** Pays the bills of answers 402, as an agent's wallet does. */
  readonly wallet: Wallet.Wallet
  /** All that moved, in order. */
  readonly movements: Effect.Effect<ReadonlyArray<Movement>>
  /** All that went from a merchant to receivers, in order. */
  readonly royalties: Effect.Effect<ReadonlyArray<RoyaltyMovement>>
  /** What merchants were told, in order, and what they answered. The last ten thousand. */
  readonly notices: Effect.Effect<ReadonlyArray<Notice>>
  /** Arms a fault. Faults are met in the order in which they were armed. */
  readonly fault: (fault: Fault) => Effect.Effect<void>
  /** What is armed still, with the number of requests it still meets. */
  readonly faults: Effect.Effect<ReadonlyArray<Fault>>
  readonly clearFaults: Effect.Effect<void>
  /** The archive of the daily bill that waits under a token, for as long as it does. */
  readonly bill: (token: string) => Effect.Effect<Uint8Array | undefined>
  /** One request of the gateway: its query string, its form, and where it was sent. */
  readonly gateway: (query: string, form: string, origin?: string) => Effect.Effect<HttpServerResponse, ConnectionReset>
  /** One request of REST v3. */
  readonly rest: (sent: Sent, origin?: string) => Effect.Effect<HttpServerResponse, ConnectionReset>
  /** What certificate mode is configured with, as PEM, and their SNs. */
  readonly certificates: Effect.Effect<Certificates>
}

interface Issued {
  readonly delegation: Delegation.Delegation
  readonly token: Redacted.Redacted<string>
}

/** Who is served. */
export interface Merchant {
  readonly app_id: string
  readonly seller_id: string
}

const merchant: Merchant = { app_id: "2021000000000001", seller_id: "2088000000000000" }
const issuer = "https://sandbox.alipay.localhost"

const make = Effect.fnUntraced(function* ({ app_id: appId, seller_id: sellerId }: Merchant) {
  const keys = yield* processKeys
  const engine = yield* SignatureEngine
  const signatures = yield* TokenSignature
  const numbers = Numbers.make(yield* RandomBytes)
  const books = Books.make()
  const script = FaultScript.make()
  const tokens = new Map<string, Issued>()
  const scope = yield* Effect.scope
  const notices = Notices.make({ appId, keys, numbers, script, scope }, yield* Delivery)
  const platform = { appId, sellerId, keys, books, numbers, script, notices, nonces: new Set<string>(), scope }

  const view = ({ delegation, token }: Issued): Effect.Effect<Token> =>
    Effect.map(Clock.currentTimeMillis, (now) => ({
      id: delegation.delegationId,
      token,
      agreement_no: delegation.agreementNo,
      delegation_id: delegation.delegationId,
      external_agreement_no: delegation.externalAgreementNo,
      external_delegation_id: delegation.externalDelegationId,
      opaque: delegation.opaque,
      sid: delegation.sid,
      status: Delegation.status(delegation, now),
      remaining: Delegation.remaining(delegation),
      remaining_times: Delegation.remainingTimes(delegation),
      terms: delegation.iac
    }))

  const find = (id: string): Effect.Effect<Issued, TokenNotFound> =>
    Effect.suspend(() => {
      const found = tokens.get(id)
      return found === undefined ? Effect.fail(new TokenNotFound({ id })) : Effect.succeed(found)
    })

  const put = (id: string, standing: Delegation.Standing) =>
    Effect.tap(find(id), ({ delegation }) =>
      Effect.sync(() => {
        if (delegation.standing !== "cancelled") delegation.standing = standing
      })
    ).pipe(Effect.flatMap(view))

  const issueJson = Effect.fn("AlipaySandbox.issue")(function* (terms: StrictJson.ExactJson) {
    const now = yield* Clock.currentTimeMillis
    const given = { delegationId: numbers.delegationId(now), agreementNo: numbers.agreementNo(now) }
    const { iac, opaque, sid } = yield* Effect.fromResult(Terms.complete(terms, given, now))
    const handle = numbers.handle()
    const signing = { privateKey: keys.issuer, algorithm: "ES256", issuer, kid: "sandbox-issuer" } as const
    const token = opaque
      ? Redacted.make(`${AgentToken.prefix}${handle}`)
      : yield* Effect.provideService(
          AgentToken.issue(iac, { ...signing, ...(sid !== undefined && { sid }) }),
          TokenSignature,
          signatures
        )
    const delegation = Delegation.make(
      {
        externalDelegationId: opaque ? handle : numbers.external(),
        externalAgreementNo: numbers.external(),
        tag: undefined,
        opaque,
        iac,
        sid
      },
      given.agreementNo
    )
    tokens.set(delegation.delegationId, { delegation, token })
    books.delegations.set(delegation.delegationId, delegation)
    return yield* view({ delegation, token })
  })

  return AlipaySandbox.of({
    config: {
      app_id: appId,
      application_private_key: keys.applicationPem,
      alipay_public_key: keys.alipayPublicPem,
      encrypt_key: keys.contentText,
      seller_id: sellerId,
      issuer,
      jwks: { keys: [keys.issuerPublic] }
    },
    issue: (terms = {}) => Effect.flatMap(Effect.fromResult(Terms.toJson(terms)), issueJson),
    issueJson,
    token: (id) => Effect.flatMap(find(id), view),
    tokens: Effect.suspend(() => Effect.forEach([...tokens.values()], view)),
    revoke: (id) => put(id, "cancelled"),
    suspend: (id) => put(id, "suspended"),
    resume: (id) => put(id, "active"),
    wallet: InternalWallet.make(platform, engine),
    movements: Effect.sync(() => [...books.movements]),
    royalties: Effect.sync(() => [...books.royalties]),
    notices: Effect.sync(notices.list),
    fault: (fault) => Effect.sync(() => FaultScript.arm(script, fault)),
    faults: Effect.sync(() => FaultScript.list(script)),
    clearFaults: Effect.sync(() => FaultScript.clear(script)),
    bill: (token) => Bill.archive(books, sellerId, token),
    gateway: (query, form, origin = "http://127.0.0.1") =>
      Effect.provideService(Exchange.exchange(platform, query, form, origin), SignatureEngine, engine),
    rest: (sent, origin = "http://127.0.0.1") =>
      Effect.provideService(Exchange.exchangeRest(platform, sent, origin), SignatureEngine, engine),
    certificates
  })
})

/** Alipay's Open Platform in memory. */
export class AlipaySandbox extends Context.Service<AlipaySandbox, Service>()("@paylayer/alipay-sandbox/AlipaySandbox") {
  /** A platform with empty books. Every layer built from it has its own. */
  static readonly layer = Layer.effect(
    AlipaySandbox,
    Effect.suspend(() => make(merchant))
  )

  /** The same for another merchant, beside the first: with its own books, and the keys of this process. */
  static readonly layerOf = (other: Merchant) =>
    Layer.effect(
      AlipaySandbox,
      Effect.suspend(() => make(other))
    )
}
