/**
 * Certificates over this process's keys, for certificate mode: a root, which signed Alipay's and the application's. They are made when
 * they are first asked for, since what makes them takes a while to load.
 */
import * as Certificate from "@paylayer/alipay/Certificate"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as Crypto from "node:crypto"
import { keys as processKeys } from "./keys.ts"

export interface Certificates {
  /** PEM. */
  readonly app: string
  readonly alipay: string
  readonly root: string
  readonly appSerial: string
  readonly alipaySerial: string
  readonly rootSerial: string
}

const { subtle } = Crypto.webcrypto
const algorithm = { name: "RSASSA-PKCS1-v1_5", hash: "SHA-256" }
const day = 86_400_000
const dateOf = (millis: number) => DateTime.toDateUtc(DateTime.makeUnsafe(millis))

const issued = Effect.gen(function* () {
  const keys = yield* processKeys
  const now = yield* Clock.currentTimeMillis
  // What the library is wired with wants this first.
  yield* Effect.promise(() => import("reflect-metadata"))
  const X509 = yield* Effect.promise(() => import("@peculiar/x509"))
  X509.cryptoProvider.set(Crypto.webcrypto as unknown as Parameters<typeof X509.cryptoProvider.set>[0])
  const publicKey = (key: Crypto.KeyObject) =>
    subtle.importKey("spki", key.export({ type: "spki", format: "der" }), algorithm, true, ["verify"])
  const signer = yield* Effect.promise(() => {
    const der = Redacted.value(keys.alipay.object).export({ type: "pkcs8", format: "der" })
    return subtle.importKey("pkcs8", der, algorithm, false, ["sign"])
  })
  const issuer = "CN=Sandbox Certification Authority R1, OU=Certification Authority, O=Sandbox, C=CN"
  const make = (serialNumber: string, name: string, key: Crypto.KeyObject, authority = false) =>
    Effect.promise(async () => {
      const certificate = await X509.X509CertificateGenerator.create({
        serialNumber,
        subject: authority ? issuer : `CN=${name}, O=Sandbox, C=CN`,
        issuer,
        notBefore: dateOf(now - day),
        notAfter: dateOf(now + 365 * day),
        signingAlgorithm: algorithm,
        publicKey: await publicKey(key),
        signingKey: signer,
        extensions: [new X509.BasicConstraintsExtension(authority, undefined, true)]
      })
      return certificate.toString("pem")
    })
  const root = yield* make("01", "", keys.alipayPublic.object, true)
  const alipay = yield* make("20261122a1", "Sandbox Alipay", keys.alipayPublic.object)
  const app = yield* make("20261122b2", "2088000000000000", keys.applicationPublic.object)
  const serial = (pem: string) => Result.getOrThrow(Certificate.read(pem))[0]!.serial
  return {
    root,
    alipay,
    app,
    rootSerial: Certificate.rootSerial(Result.getOrThrow(Certificate.read(root))),
    alipaySerial: serial(alipay),
    appSerial: serial(app)
  } satisfies Certificates
})

let kept: Certificates | undefined

/** The certificates of this process. */
export const certificates: Effect.Effect<Certificates> = Effect.suspend(() =>
  kept === undefined ? Effect.map(issued, (made) => (kept ??= made)) : Effect.succeed(kept)
)
