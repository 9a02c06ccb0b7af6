/** This machine: the version of Node, and the ports that are to be listened on. */
import * as Effect from "effect/Effect"
import { createServer } from "node:net"
import { type Finding, failed, ok } from "../Finding.ts"

const least = [22, 19] as const

/** Whether a version of Node is new enough. */
export const checkNode = (version: string): Finding => {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number)
  return major > least[0] || (major === least[0] && minor >= least[1])
    ? ok("Node", version)
    : failed("Node", `${version} is too old`, `Install Node ${least.join(".")} or later`)
}

const words: { readonly [code: string]: readonly [said: string, advice: string] } = {
  EADDRINUSE: ["something else listens on it", "Stop that, or choose another port"],
  EACCES: ["this user may not listen on it", "Choose a port above 1023, or give the process the right to"],
  EADDRNOTAVAIL: ["this machine does not have that address", "Choose an address that it has, such as 127.0.0.1"]
}

/** Whether a port can be listened on, by doing so for a moment. */
export const checkPort = (host: string, port: number): Effect.Effect<Finding> =>
  Effect.callback<Finding>((resume) => {
    const check = `port ${port}`
    const server = createServer()
    server.once("error", (error: NodeJS.ErrnoException) => {
      const [said, advice] = words[error.code ?? ""] ?? [error.message, "Choose another port"]
      resume(Effect.succeed(failed(check, said, advice)))
    })
    server.listen({ host, port, exclusive: true }, () =>
      server.close(() => resume(Effect.succeed(ok(check, `free on ${host}`))))
    )
    return Effect.sync(() => server.close())
  })
