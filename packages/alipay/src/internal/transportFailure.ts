/** Whether a failed connection can have carried the request. */
import * as Predicate from "effect/Predicate"
import type { HttpClientError } from "effect/http/HttpClientError"
import { Transport } from "../OpenPlatformError.ts"

// Codes that arise only before a connection stands: name lookup, connect, and the check of the server's certificate.
const beforeSending = new Set([
  "ECONNREFUSED",
  "ENOTFOUND",
  "EAI_AGAIN",
  "UND_ERR_CONNECT_TIMEOUT",
  "ERR_TLS_CERT_ALTNAME_INVALID",
  "CERT_HAS_EXPIRED",
  "CERT_NOT_YET_VALID",
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE"
])

/** Follows `cause` and the errors of an `AggregateError`: every one of them must have failed before anything was sent. */
const neverSent = (cause: unknown, depth = 0): boolean => {
  if (!Predicate.isObject(cause) || depth > 8) return false
  const { code, syscall, errors } = cause as { code?: unknown; syscall?: unknown; errors?: unknown }
  if (Array.isArray(errors) && errors.length > 0) return errors.every((error) => neverSent(error, depth + 1))
  if (typeof code === "string" && beforeSending.has(code)) return true
  if (syscall === "connect" || syscall === "getaddrinfo") return true
  return Predicate.hasProperty(cause, "cause") && neverSent(cause.cause, depth + 1)
}

/** The client's own error is dropped: it holds the request, and with it the signature and the body. */
export const fromClient = ({ reason }: HttpClientError): Transport => {
  switch (reason._tag) {
    case "EncodeError":
    case "InvalidUrlError":
      return new Transport({ message: "the request could not be built", sent: false, outcome: "refused" })
    case "TransportError":
      return neverSent(reason.cause)
        ? new Transport({ message: "the gateway cannot be reached", sent: false, outcome: "refused" })
        : new Transport({ message: "the connection broke before the answer came", sent: true, outcome: "unknown" })
    default:
      return new Transport({ message: "the answer could not be read", sent: true, outcome: "unknown" })
  }
}
