/**
 * Key pairs for one process. They are made on first use, since an RSA pair takes a while, and shared by every sandbox in it.
 */
import * as ContentKey from "@paylayer/alipay/ContentKey"
import * as Rsa2 from "@paylayer/alipay/Rsa2"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type * as Jose from "jose"
import * as Crypto from "node:crypto"

export interface Keys {
  /** The application's pair: the merchant signs with it. PKCS#8 PEM. */
  readonly application: Rsa2.PrivateKey
  readonly applicationPem: Redacted.Redacted<string>
  readonly applicationPublic: Rsa2.PublicKey
  /** Alipay's pair: the platform signs with it. */
  readonly alipay: Rsa2.PrivateKey
  readonly alipayPublic: Rsa2.PublicKey
  /** SPKI PEM. */
  readonly alipayPublicPem: string
  /** What encrypts contents, where a request asks for it, and its text in Base64. */
  readonly content: ContentKey.ContentKey
  readonly contentText: Redacted.Redacted<string>
  /** The issuer of tokens, for ES256, and its public half. */
  readonly issuer: Redacted.Redacted<Crypto.KeyObject>
  readonly issuerPublic: Jose.JWK
}

const rsa = Effect.callback<Redacted.Redacted<string>>((resume) => {
  const encoding = { type: "pkcs8", format: "pem" } as const
  const publicKeyEncoding = { type: "spki", format: "pem" } as const
  Crypto.generateKeyPair(
    "rsa",
    { modulusLength: 2048, privateKeyEncoding: encoding, publicKeyEncoding },
    (error, _, pem) => resume(error === null ? Effect.succeed(Redacted.make(pem)) : Effect.die(error))
  )
})

const generate = Effect.gen(function* () {
  const [applicationPem, alipayPem] = yield* Effect.all([rsa, rsa], { concurrency: 2 })
  const issuer = Crypto.generateKeyPairSync("ec", { namedCurve: "P-256" })
  const application = Result.getOrThrow(Rsa2.privateKey(applicationPem))
  const alipay = Result.getOrThrow(Rsa2.privateKey(alipayPem))
  const contentText = Redacted.make(Crypto.randomBytes(16).toString("base64"))
  const alipayPublic = Rsa2.publicKeyOf(alipay)
  return {
    application,
    applicationPem,
    applicationPublic: Rsa2.publicKeyOf(application),
    alipay,
    alipayPublic,
    alipayPublicPem: Rsa2.publicKeyPem(alipayPublic),
    content: Result.getOrThrow(ContentKey.read(contentText)),
    contentText,
    issuer: Redacted.make(issuer.privateKey),
    issuerPublic: jwk(issuer.publicKey)
  }
})

const jwk = (key: Crypto.KeyObject): Jose.JWK => ({
  ...(key.export({ format: "jwk" }) as Jose.JWK),
  kid: "sandbox-issuer",
  alg: "ES256",
  use: "sig"
})

let kept: Keys | undefined

/** The pairs of this process. */
export const keys: Effect.Effect<Keys> = Effect.suspend(() =>
  kept === undefined ? Effect.map(generate, (made) => (kept ??= made)) : Effect.succeed(kept)
)
