/**
 * The keys of an application at one moment: what signs its requests, and whose signatures it believes.
 *
 * Keys change while a service runs, and both sides never change at once. So several keys of Alipay's may be good at the same time, each in
 * its window, and `AlipayConfig.layerReloading` reads keys again without a restart.
 */
import * as Effect from "effect/Effect"
import type { ContentKey } from "./ContentKey.ts"
import * as Rsa2 from "./Rsa2.ts"

/** A key that Alipay may have signed an answer with. */
export interface PlatformKey {
  readonly key: Rsa2.PublicKey
  /** The SN of its certificate, in certificate mode. */
  readonly serial?: string
  /** Epoch milliseconds, both included; open where absent. */
  readonly notBefore?: number
  readonly notAfter?: number
}

export interface AlipayKeys {
  /** The application's. */
  readonly own: Rsa2.PrivateKey
  /** Alipay's. The order does not matter. */
  readonly platform: ReadonlyArray<PlatformKey>
  /** Certificate mode: the SN of the application's certificate, and of Alipay's roots. */
  readonly certificates?: { readonly app: string; readonly root: string }
  /** Encrypts what is asked, and opens what is answered. */
  readonly content?: ContentKey
}

/** What is known of a signature. `unknown-certificate`: it names one that is not here, or not now. */
export type Authenticity = "signed" | "unsigned" | "mis-signed" | "unknown-certificate"

/** What came with a signature. */
export interface Signed {
  /** What it is over: text in UTF-8, or bytes. */
  readonly text: string | Uint8Array
  readonly signature: string | undefined
  /** The certificate that it names. */
  readonly serial: string | undefined
}

const inWindow = ({ notAfter, notBefore }: PlatformKey, now: number): boolean =>
  (notBefore === undefined || now >= notBefore) && (notAfter === undefined || now <= notAfter)

/** Whether one of Alipay's keys of this moment signed it. A certificate that is named decides which. */
export const authenticity = (
  { certificates, platform }: AlipayKeys,
  { serial, signature, text }: Signed,
  now: number
): Effect.Effect<Authenticity> => {
  if (signature === undefined) return Effect.succeed("unsigned")
  const named = certificates !== undefined && serial !== undefined
  const candidates = platform.filter((one) => inWindow(one, now) && (!named || one.serial === serial))
  if (candidates.length === 0) return Effect.succeed(named ? "unknown-certificate" : "mis-signed")
  const signed = ([first, ...others]: ReadonlyArray<PlatformKey>): Effect.Effect<boolean> =>
    first === undefined
      ? Effect.succeed(false)
      : Effect.flatMap(Rsa2.verify(first.key, text, signature), (valid) =>
          valid ? Effect.succeed(true) : signed(others)
        )
  return Effect.map(signed(candidates), (valid) => (valid ? "signed" : "mis-signed"))
}

/** Where an application's keys come from: `AlipayConfig` is one. */
export interface Source {
  readonly privateKey: Rsa2.PrivateKey
  readonly alipayPublicKey: Rsa2.PublicKey
  readonly keys?: Effect.Effect<AlipayKeys>
}

/** The keys of this moment: those of `keys`, or else the two. */
export const of = ({ alipayPublicKey, keys, privateKey }: Source): Effect.Effect<AlipayKeys> =>
  keys ?? Effect.succeed({ own: privateKey, platform: [{ key: alipayPublicKey }] })
