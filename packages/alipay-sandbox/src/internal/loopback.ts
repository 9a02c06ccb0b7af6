/**
 * Loopback, and nothing else: the sandbox hands out private keys.
 */

/** The one address that a sandbox listens on. */
export const address = "127.0.0.1"

/**
 * Whether a `Host` header names this machine. A page in a browser can make its own name resolve to 127.0.0.1, but it cannot
 * change what the header says.
 */
export const isLoopback = (host: string | undefined): boolean =>
  host !== undefined && /^(?:127\.0\.0\.1|localhost|\[::1\])(?::\d{1,5})?$/i.test(host)
