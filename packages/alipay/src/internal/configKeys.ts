/** The keys of an application, from the environment: a pair of keys or certificates, what is left of the last rotation, a content key. */
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import type { AlipayKeys, PlatformKey } from "../AlipayKeys.ts"
import * as Certificate from "../Certificate.ts"
import * as ContentKey from "../ContentKey.ts"
import * as Rsa2 from "../Rsa2.ts"
import type * as Variable from "./configVariable.ts"
import { readInstant } from "./iacFields.ts"

const keyHint =
  "Copy it again from the Alipay Open Platform console or the key tool, whole, or point the _FILE variable at it."

const because = (hint: string) =>
  Result.mapError(({ message }: { readonly message: string }): Variable.Problem => ({ message, hint }))

const privateKey = (text: string) => because(keyHint)(Rsa2.privateKey(Redacted.make(text)))
const publicKey = (text: string) => because(keyHint)(Rsa2.publicKey(text))
const certificates = (text: string) =>
  because("Download it from the application's signing settings (证书模式).")(Certificate.read(text))
const contentKey = (text: string) =>
  because("It is in the application's settings as 接口内容加密方式 (AES).")(ContentKey.read(Redacted.make(text)))
const instant = (text: string): Result.Result<number, Variable.Problem> => {
  const millis = readInstant(text)
  return millis === undefined
    ? Result.fail({ message: "this is not a time with a zone", hint: 'Write it as "2026-12-31T00:00:00+08:00".' })
    : Result.succeed(millis)
}

const swapped: Variable.Issue = {
  variable: "ALIPAY_PUBLIC_KEY",
  message: "this is the application's own public key, the other half of ALIPAY_PRIVATE_KEY; Alipay's belongs here",
  hint: "In the console, open the application's signing settings and copy the Alipay public key (支付宝公钥), not the application public key (应用公钥)."
}

type Certificates = ReadonlyArray<Certificate.Certificate>

/** Alipay's certificates, without those that signed them. Alipay renews one before the last is over: a file may hold both. */
const platformKeys = (given: Certificates): ReadonlyArray<PlatformKey> =>
  given.flatMap(({ authority, key, notAfter, notBefore, serial }) =>
    key === undefined || authority ? [] : [{ key, serial, notBefore, notAfter }]
  )

const missing = (variable: string): Variable.Issue => ({
  variable,
  message: "it is not set, and other certificates are",
  hint: `Set ${variable} or ${variable}_FILE, or remove the other certificates.`
})

/** What certificate mode needs, or nothing where one of the three is missing or wrong. */
const fromCertificates = (
  read: Variable.Reader,
  own: Rsa2.PrivateKey | undefined,
  [app, alipay, root]: ReadonlyArray<Certificates | undefined>
) => {
  const names = ["ALIPAY_APP_CERT", "ALIPAY_PUBLIC_CERT", "ALIPAY_ROOT_CERT"]
  const before = read.issues.length
  for (const [index, given] of [app, alipay, root].entries()) {
    const name = names[index]!
    if (given === undefined && !read.issues.some(({ variable }) => variable.startsWith(name))) {
      read.report(missing(name))
    }
  }
  if (app === undefined || alipay === undefined || root === undefined) return undefined
  const report = (variable: string, message: string) => read.report({ variable, message, hint: keyHint })
  const platform = platformKeys(alipay)
  if (platform.length === 0) report("ALIPAY_PUBLIC_CERT", "no certificate in it has an RSA key of its own to sign with")
  if (own !== undefined && platform.some(({ key }) => Rsa2.samePublicKey(Rsa2.publicKeyOf(own), key))) {
    report("ALIPAY_PUBLIC_CERT", "this is the application's own certificate; Alipay's belongs here")
  }
  const mine = app.find(({ authority }) => !authority) ?? app[0]!
  if (own !== undefined && (mine.key === undefined || !Rsa2.samePublicKey(Rsa2.publicKeyOf(own), mine.key))) {
    report("ALIPAY_APP_CERT", "this certificate is not of ALIPAY_PRIVATE_KEY")
  }
  const serial = Certificate.rootSerial(root)
  if (serial === "") report("ALIPAY_ROOT_CERT", "no certificate in it was signed with RSA")
  return read.issues.length > before ? undefined : { platform, certificates: { app: mine.serial, root: serial } }
}

const previousName = "ALIPAY_PREVIOUS_PUBLIC_KEY"

/** The key that Alipay signed with before, for as long as it is said to be good. */
const previous = Effect.fnUntraced(function* (read: Variable.Reader) {
  const before = read.issues.length
  const key = yield* read.optional(previousName, publicKey)
  const notAfter = yield* read.optional(`${previousName}_UNTIL`, instant)
  if (read.issues.length > before || (key === undefined && notAfter === undefined)) return []
  if (key !== undefined && notAfter !== undefined) return [{ key, notAfter }]
  const variable = key === undefined ? previousName : `${previousName}_UNTIL`
  const hint = `A key that was replaced is believed for a time only: set both ${previousName} and ${previousName}_UNTIL.`
  read.report({ variable, message: "it is not set", hint })
  return []
})

/** All of them, or `undefined` where something was reported. */
export const read = Effect.fnUntraced(function* (read: Variable.Reader) {
  const before = read.issues.length
  const own = yield* read.required("ALIPAY_PRIVATE_KEY", privateKey)
  const given = [
    yield* read.optional("ALIPAY_APP_CERT", certificates),
    yield* read.optional("ALIPAY_PUBLIC_CERT", certificates),
    yield* read.optional("ALIPAY_ROOT_CERT", certificates)
  ]
  const certified = given.some((one) => one !== undefined) || read.issues.some(({ variable }) => /_CERT/.test(variable))
  const alipay = yield* certified
    ? read.optional("ALIPAY_PUBLIC_KEY", publicKey)
    : read.required("ALIPAY_PUBLIC_KEY", publicKey)
  const past = yield* previous(read)
  const content = yield* read.optional("ALIPAY_ENCRYPT_KEY", contentKey)
  if (own !== undefined && alipay !== undefined && Rsa2.samePublicKey(Rsa2.publicKeyOf(own), alipay)) {
    read.report(swapped)
  }
  if (certified && (alipay !== undefined || past.length > 0)) {
    const hint = "Remove it: in certificate mode Alipay's keys are those of ALIPAY_PUBLIC_CERT."
    const variable = alipay === undefined ? previousName : "ALIPAY_PUBLIC_KEY"
    read.report({ variable, message: "it is set, and certificates are too", hint })
  }
  const trust = certified
    ? fromCertificates(read, own, given)
    : alipay && { platform: [{ key: alipay }, ...past] satisfies ReadonlyArray<PlatformKey> }
  if (own === undefined || trust === undefined || read.issues.length > before) return undefined
  const keys: AlipayKeys = { own, ...trust, ...(content !== undefined && { content }) }
  return keys
})
