// Upstreams of the tests: real servers on loopback, of HTTP or of whatever bytes they like to send.
import { once } from "node:events"
import { createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http"
import { type AddressInfo, createServer as createTcpServer, type Server, type Socket } from "node:net"
import { text } from "node:stream/consumers"

export interface Seen {
  readonly method: string | undefined
  readonly url: string | undefined
  readonly headers: IncomingMessage["headers"]
  readonly body: string
}

export interface Upstream extends AsyncDisposable {
  readonly url: string
  readonly seen: Array<Seen>
  /** How many connections were ever opened to it. */
  readonly connections: () => number
}

const listening = async (server: Server, seen: Array<Seen>): Promise<Upstream> => {
  const sockets = new Set<Socket>()
  let connections = 0
  server.on("connection", (socket: Socket) => {
    connections++
    sockets.add(socket)
    socket.on("close", () => sockets.delete(socket)).on("error", () => {})
  })
  await once(server.listen(0, "127.0.0.1"), "listening")
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    seen,
    connections: () => connections,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    }
  }
}

/** Answers HTTP. The body is read first, unless the handler wants it as it comes. */
export const http = (
  handler: (request: IncomingMessage, response: ServerResponse, body: string) => void,
  options: { readonly reads?: boolean } = {}
): Promise<Upstream> => {
  const seen: Array<Seen> = []
  const listener: RequestListener = async (request, response) => {
    const body = options.reads === false ? "" : await text(request).catch(() => "broken off")
    seen.push({ method: request.method, url: request.url, headers: request.headers, body })
    handler(request, response, body)
  }
  return listening(createServer(listener), seen)
}

/** Answers every request with these bytes; what comes then is the script's. */
export const bytes = (answer: string, then: (socket: Socket) => void = () => {}): Promise<Upstream> => {
  const seen: Array<Seen> = []
  const server = createTcpServer((socket) => {
    socket.on("error", () => {})
    socket.on("data", (data) => {
      const [line = ""] = data.toString("latin1").split("\r\n")
      if (!/^[A-Z]+ .* HTTP\/1\.1$/.test(line)) return
      const [method, url] = line.split(" ")
      seen.push({ method, url, headers: {}, body: "" })
      socket.write(answer, "latin1", () => then(socket))
    })
  })
  return listening(server, seen)
}
