/**
 * X.509 certificates as the Open Platform uses them: a certificate is named by its serial number, its "SN".
 *
 * The SN is not X.509's: it is the MD5, in hexadecimal, of the issuer's name (RFC 2253: last part first, joined with commas) followed by
 * the decimal serial number. A root file holds several certificates, and its SN is those of the ones that an RSA key signed, joined with
 * `_`. Documented by Alipay; the MD5 is a name here and protects nothing.
 *
 * @example
 * Result.map(Certificate.read(pem), ([certificate]) => certificate.serial)   // "0ab7…", 32 hexadecimal digits
 */
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Crypto from "node:crypto"
import { PublicKey } from "./Rsa2.ts"

/** Text that is not the certificates it should be. */
export class CertificateError extends Schema.TaggedError<CertificateError>()("CertificateError", {
  message: Schema.String
}) {}

export interface Certificate {
  /** Alipay's SN. */
  readonly serial: string
  /** `undefined` where the key is not RSA. */
  readonly key: PublicKey | undefined
  /** Whether an RSA key signed it. */
  readonly signedWithRsa: boolean
  /** Whether it is one that signs others. */
  readonly authority: boolean
  /** Epoch milliseconds, both included. */
  readonly notBefore: number
  readonly notAfter: number
}

const refuse = (message: string) => Result.fail(new CertificateError({ message }))

/** Where the content of a DER element begins, and where the element ends. The element is known to be whole. */
const element = (der: Uint8Array, at: number): { readonly start: number; readonly end: number } => {
  const first = der[at + 1] ?? 0
  const count = first < 0x80 ? 0 : first & 0x7f
  let length = count === 0 ? first : 0
  for (let index = 0; index < count; index++) length = length * 256 + (der[at + 2 + index] ?? 0)
  const start = at + 2 + count
  return { start, end: start + length }
}

// 1.2.840.113549.1.1, under which every RSA signature algorithm is.
const rsaAlgorithms = [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01]

/** A certificate is a sequence: what is signed, the algorithm, the signature. Node 22 does not tell the algorithm. */
const isSignedWithRsa = (der: Uint8Array): boolean => {
  const algorithm = element(der, element(der, element(der, 0).start).end)
  const identifier = element(der, algorithm.start).start
  return rsaAlgorithms.every((byte, index) => der[identifier + index] === byte)
}

const serialOf = ({ issuer, serialNumber }: Crypto.X509Certificate): string => {
  const name = issuer.split("\n").toReversed().join(",")
  return Crypto.createHash("md5")
    .update(`${name}${BigInt(`0x${serialNumber}`)}`, "utf8")
    .digest("hex")
}

const rsaKeyOf = (certificate: Crypto.X509Certificate): PublicKey | undefined =>
  Result.match(
    Result.try({ try: () => certificate.publicKey, catch: () => undefined }),
    // OpenSSL reads certificates of algorithms whose keys it does not know.
    {
      onFailure: () => undefined,
      onSuccess: (key) => (key.asymmetricKeyType === "rsa" ? new PublicKey(key) : undefined)
    }
  )

const block = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g

const parse = (pem: string): Result.Result<Certificate, CertificateError> =>
  Result.try({
    try: () => new Crypto.X509Certificate(pem),
    catch: () => new CertificateError({ message: "the PEM is whole but its content is no certificate" })
  }).pipe(
    Result.map((certificate) => ({
      serial: serialOf(certificate),
      key: rsaKeyOf(certificate),
      signedWithRsa: isSignedWithRsa(certificate.raw),
      authority: certificate.ca,
      notBefore: certificate.validFromDate.getTime(),
      notAfter: certificate.validToDate.getTime()
    }))
  )

const maximumLength = 131_072

/** Reads every certificate of a PEM file, in order. At least one. Line breaks may be written as `\n`. */
export const read = (text: string): Result.Result<ReadonlyArray<Certificate>, CertificateError> => {
  if (text.length > maximumLength) return refuse("this is too long to be a file of certificates")
  if (/-----BEGIN [A-Z ]*(?:PRIVATE|PUBLIC) KEY-----/.test(text)) return refuse("this is a key, not a certificate")
  const blocks = text.replaceAll("\\n", "\n").match(block)
  if (blocks === null) {
    return refuse("there is no -----BEGIN CERTIFICATE----- block here, whole to its -----END line")
  }
  return Result.all(blocks.map(parse))
}

/** The SN of a root file. Empty where no certificate in it was signed with RSA. */
export const rootSerial = (certificates: ReadonlyArray<Certificate>): string =>
  certificates
    .filter(({ signedWithRsa }) => signedWithRsa)
    .map(({ serial }) => serial)
    .join("_")
