/** Key text as people paste it, to key objects. Failures are sentences that never repeat the text. */
import * as Result from "effect/Result"
import * as Crypto from "node:crypto"

/** What the text holds: the label of its PEM armour, if it has one, and the bytes inside. */
export interface KeyText {
  readonly label: string | undefined
  readonly der: Buffer
}

const maximumLength = 32_768
const armour = /^-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END ([A-Z0-9 ]{1,40})-----$/

/** Takes off armour, line breaks (real ones and a written `\n`) and surrounding quotes. */
export const read = (text: string): Result.Result<KeyText, string> => {
  if (text.length > maximumLength) return Result.fail("this is too long to be an RSA key")
  const trimmed = text
    .replaceAll("\\r", "")
    .replaceAll("\\n", "\n")
    .replace(/^[\s"'\uFEFF]+|[\s"']+$/g, "")
  if (trimmed === "") return Result.fail("there is no key here: the text is empty")
  if (trimmed.startsWith("/") && trimmed.length < 400 && /\.(?:pem|key|txt|pub)$/.test(trimmed)) {
    return Result.fail("this looks like the path of a key file; use the variable that ends in _FILE for a path")
  }
  if (!trimmed.includes("-----")) return base64(undefined, trimmed)
  const match = armour.exec(trimmed)
  if (match === null) {
    return Result.fail("the PEM is not one whole block from its -----BEGIN line to its -----END line")
  }
  const [, label = "", body = "", end] = match
  if (label !== end) return Result.fail("the PEM's -----BEGIN and -----END lines name different things")
  if (label === "ENCRYPTED PRIVATE KEY" || body.includes("ENCRYPTED")) {
    return Result.fail("this private key is encrypted with a passphrase; decrypt it first: openssl pkcs8 -in key.pem")
  }
  if (label.includes("CERTIFICATE")) {
    return Result.fail("this is a certificate, not a key: openssl x509 -in cert.pem -pubkey -noout prints its key")
  }
  return base64(label, body)
}

const base64 = (label: string | undefined, text: string): Result.Result<KeyText, string> => {
  const body = text.replace(/\s+/g, "")
  const der = Buffer.from(body, "base64")
  return body === "" || der.toString("base64").replace(/=+$/, "") !== body.replace(/=+$/, "")
    ? Result.fail("this is not Base64; the text of the key was cut or altered on its way here")
    : Result.succeed({ label, der })
}

const attempt = (make: () => Crypto.KeyObject): Crypto.KeyObject | undefined =>
  Result.getOrUndefined(Result.try({ try: make, catch: () => undefined }))

const privateObject = ({ der }: KeyText) =>
  attempt(() => Crypto.createPrivateKey({ key: der, format: "der", type: "pkcs8" })) ??
  attempt(() => Crypto.createPrivateKey({ key: der, format: "der", type: "pkcs1" }))

const publicObject = ({ der }: KeyText) =>
  attempt(() => Crypto.createPublicKey({ key: der, format: "der", type: "spki" })) ??
  attempt(() => Crypto.createPublicKey({ key: der, format: "der", type: "pkcs1" }))

const damaged = "the Base64 is fine but its content is not a key; it was probably cut short"

/** The label is not believed: PKCS#8 inside `RSA PRIVATE KEY` armour is common and harmless. */
export const toPrivate = (text: KeyText): Result.Result<Crypto.KeyObject, string> => {
  const object = privateObject(text)
  if (object !== undefined) return Result.succeed(object)
  return Result.fail(
    text.label?.includes("PUBLIC") || publicObject(text) !== undefined
      ? "this is a public key, and a private key belongs here"
      : damaged
  )
}

/** A private key is refused although a public one could be derived from it: it should not be lying there. */
export const toPublic = (text: KeyText): Result.Result<Crypto.KeyObject, string> => {
  if (text.label?.includes("PRIVATE") || privateObject(text) !== undefined) {
    return Result.fail("this is a private key, and a public key belongs here; treat it as leaked if others can read it")
  }
  const object = publicObject(text)
  return object === undefined ? Result.fail(damaged) : Result.succeed(object)
}
