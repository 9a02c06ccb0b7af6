import { assert, it } from "@effect/vitest"
import * as ChildProcess from "node:child_process"
import * as Path from "node:path"

const bin = Path.join(import.meta.dirname, "../src/bin.ts")

/** Starts the sandbox, waits for its message, uses it, and stops it with the signal. */
const session = async (signal: NodeJS.Signals) => {
  const child = ChildProcess.spawn(process.execPath, [bin], { stdio: ["ignore", "pipe", "inherit"] })
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve))
  let message = ""
  for await (const chunk of child.stdout) {
    message += chunk
    if (message.includes("Ctrl-C")) break
  }
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(message)?.[0]
  const { status } = await fetch(`${url}/sandbox/tokens`, { method: "POST" })
  child.kill(signal)
  return { message, status, code: await exited }
}

it("says where it is and what to try, and stops when it is told to", async () => {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    const { code, message, status } = await session(signal)
    assert.include(message, "curl -s -X POST")
    assert.strictEqual(status, 201)
    assert.include([0, 130, 143], code)
  }
})

it("refuses a port that is none, and an address", () => {
  for (const flags of [
    ["--port", "65536"],
    ["--port", "x"],
    ["--host", "0.0.0.0"]
  ]) {
    const { status } = ChildProcess.spawnSync(process.execPath, [bin, ...flags], { encoding: "utf8", timeout: 10_000 })
    assert.notStrictEqual(status, 0)
    assert.notStrictEqual(status, null)
  }
})
