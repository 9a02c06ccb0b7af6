/**
 * Credentials are sent over TLS, or on this machine.
 */
import { refuse } from "../PurchaseError.ts"

const isLoopback = ({ hostname }: URL): boolean => ["127.0.0.1", "localhost", "[::1]"].includes(hostname)

/** Why nothing is paid over a connection that others can read; nothing where they cannot. */
export const clearText = (url: URL) =>
  !["http:", "ws:"].includes(url.protocol) || isLoopback(url)
    ? undefined
    : refuse("merchant-not-allowed", "credentials are sent over https only")
