/**
 * Host processes: started, killed, and started again at once.
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as ChildProcess from "effect/process/ChildProcess"
import type { ChildProcessSpawner } from "effect/process/ChildProcessSpawner"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import type { Scope } from "effect/Scope"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"

/** One of the places at which a host runs, one process after the other. */
export interface Host {
  /** Where the process that runs now can be called; nothing while it starts. */
  url: string | undefined
  /** Ends the process that runs now, and waits until it is gone. */
  kill: Effect.Effect<void>
  /** Stops the process that runs now for this long, in the middle of whatever it does, and lets it go on. */
  stall: (millis: number) => Effect.Effect<void>
}

export interface Hosts {
  readonly hosts: ReadonlyArray<Host>
  /** How many processes there were. */
  readonly starts: () => number
  /** The longest time in which no host could be called, so far, in milliseconds. */
  readonly longestOutage: () => number
  /** What hosts that nobody had killed said last. */
  readonly failures: ReadonlyArray<string>
  /** Lets every host go and waits until it is gone. None is started again. */
  readonly stop: Effect.Effect<void>
}

const program = fileURLToPath(new URL("host.ts", import.meta.url))
/** Where Node keeps compiled modules by itself: half of what a host takes to start is the compiler's time. */
const compileCache = join(tmpdir(), "node-compile-cache")
const Announcement = Schema.fromJsonString(Schema.Struct({ port: Schema.Int }))
const announced = Schema.decodeUnknownEffect(Announcement)

/** A process that is gone gets none. */
const signal = (pid: number, name: "SIGSTOP" | "SIGCONT") => Effect.ignore(Effect.try(() => process.kill(pid, name)))

/** Runs this many hosts with this environment, until the scope closes. */
export const make = Effect.fnUntraced(function* (
  count: number,
  env: Record<string, string>
): Effect.fn.Return<Hosts, never, ChildProcessSpawner | Scope> {
  const failures: Array<string> = []
  let stopping = false
  let starts = 0
  let longestOutage = 0
  let downSince: number | undefined = yield* Clock.currentTimeMillis

  const command = ChildProcess.make(process.execPath, ["--disable-warning=ExperimentalWarning", program], {
    env: { ...env, NODE_COMPILE_CACHE: compileCache },
    extendEnv: true,
    killSignal: "SIGKILL"
  })

  const reckon = Effect.map(Clock.currentTimeMillis, (now) => {
    const up = hosts.some(({ url }) => url !== undefined)
    if (downSince !== undefined) longestOutage = Math.max(longestOutage, now - downSince)
    downSince = up ? undefined : (downSince ?? now)
  })

  /** One process, from its start to its end. */
  const run = Effect.fnUntraced(function* (host: Host) {
    const killed = yield* Deferred.make<void>()
    const gone = yield* Deferred.make<void>()
    starts++
    const child = yield* command
    host.kill = Effect.andThen(Deferred.succeed(killed, undefined), Deferred.await(gone))
    host.stall = (millis) =>
      signal(child.pid, "SIGSTOP").pipe(
        Effect.andThen(Effect.sleep(millis)),
        Effect.andThen(signal(child.pid, "SIGCONT"))
      )
    let said = ""
    const listening = yield* child.stderr.pipe(
      Stream.decodeText(),
      Stream.runForEach((text) => Effect.sync(() => (said = (said + text).slice(-4_000)))),
      Effect.ignore,
      Effect.forkScoped
    )
    yield* child.stdout.pipe(
      Stream.decodeText(),
      Stream.splitLines,
      Stream.runForEach((line) =>
        announced(line).pipe(
          Effect.matchEffect({
            onFailure: () => Effect.sync(() => (said = `${said}${line}\n`.slice(-4_000))),
            onSuccess: ({ port }) =>
              Effect.andThen(
                Effect.sync(() => (host.url = `http://127.0.0.1:${port}`)),
                reckon
              )
          })
        )
      ),
      Effect.ignore,
      Effect.forkScoped
    )
    const asked = yield* Effect.raceFirst(
      Effect.as(Deferred.await(killed), true),
      Effect.as(Effect.exit(child.exitCode), false)
    )
    host.url = undefined
    yield* reckon
    if (asked) yield* Effect.ignore(child.kill({ killSignal: "SIGKILL" }))
    else if (!stopping) {
      yield* Effect.ignore(Effect.timeout(Fiber.await(listening), "1 second"))
      failures.push(said.trim() || "a host ended without a word")
    }
    yield* Deferred.succeed(gone, undefined)
  })

  const hosts = Array.from({ length: count }, (): Host => ({
    url: undefined,
    kill: Effect.void,
    stall: () => Effect.void
  }))
  const running = yield* Effect.forEach(hosts, (host) =>
    Effect.scoped(run(host)).pipe(
      Effect.catch(({ message }) => Effect.sync(() => failures.push(message))),
      // A host that cannot start at all is not tried again and again.
      Effect.repeat({ while: () => !stopping && failures.length < 3 }),
      Effect.forkScoped
    )
  )

  return {
    hosts,
    starts: () => starts,
    longestOutage: () => longestOutage,
    failures,
    stop: Effect.suspend(() => {
      stopping = true
      return Effect.forEach(hosts, ({ kill }) => kill, { concurrency: "unbounded" })
    }).pipe(Effect.andThen(Fiber.awaitAll(running)), Effect.asVoid)
  }
})
