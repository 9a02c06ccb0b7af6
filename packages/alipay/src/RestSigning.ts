/**
 * The texts that REST v3 is signed over, with SHA256withRSA. Lines end in `\n`, the last one too.
 *
 * - A request: the authority (`app_id=…,app_cert_sn=…,nonce=…,timestamp=…`), the HTTP method, the path with its query, the body (an empty
 *   line where there is none), and the application's token where it acts for another. The authority and the signature stand in
 *   `Authorization: ALIPAY-SHA256withRSA <authority>,sign=<Base64>`.
 * - An answer: the headers `alipay-timestamp` and `alipay-nonce`, and the body. The signature is in `alipay-signature`.
 *
 * Nothing in an answer's text says which request it answers. That is TLS's part, and the part of whoever compares numbers in it.
 *
 * @example
 * RestSigning.response({ timestamp: "1655869956477", nonce: "e4", body: "{}" })   // "1655869956477\ne4\n{}\n"
 */

/** The scheme of the `Authorization` header. */
export const scheme = "ALIPAY-SHA256withRSA"

export interface Authority {
  readonly appId: string
  /** The SN of the application's certificate, in certificate mode. */
  readonly appCertSerial?: string
  /** Another one for every request. */
  readonly nonce: string
  /** Epoch milliseconds. Alipay refuses what is older than ten minutes. */
  readonly timestamp: number
}

/** Who signs, when. */
export const authority = ({ appCertSerial, appId, nonce, timestamp }: Authority): string => {
  const certificate = appCertSerial === undefined ? "" : `,app_cert_sn=${appCertSerial}`
  return `app_id=${appId}${certificate},nonce=${nonce},timestamp=${timestamp}`
}

/** The text of a request. `target` is the path with its query, as it is sent. */
export const request = (parts: {
  readonly authority: string
  readonly method: string
  readonly target: string
  readonly body: string
  readonly appAuthToken?: string
}): string => {
  const token = parts.appAuthToken === undefined ? "" : `${parts.appAuthToken}\n`
  return `${parts.authority}\n${parts.method}\n${parts.target}\n${parts.body}\n${token}`
}

/** The text of an answer. */
export const response = (parts: {
  readonly timestamp: string
  readonly nonce: string
  readonly body: string
}): string => `${parts.timestamp}\n${parts.nonce}\n${parts.body}\n`
