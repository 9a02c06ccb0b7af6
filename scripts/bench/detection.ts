// Detection beside many protocols: a request with one credential, where 1 and where 64 protocols are installed.
import * as ProtocolIndex from "@paylayer/core/ProtocolIndex"
import * as RequestHeaders from "@paylayer/core/RequestHeaders"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import * as Effect from "effect/Effect"
import * as MockPay from "./MockPay.ts"

const median = (values: ReadonlyArray<number>): number => values.toSorted((a, b) => a - b)[values.length >> 1]!

const headers = RequestHeaders.fromRecord({
  accept: "*/*",
  authorization: "Bearer of-somebody-else",
  "content-type": "application/json",
  host: "127.0.0.1",
  "user-agent": "agent",
  [MockPay.header]: "agent"
})

const batch = 200_000

/** Nanoseconds to find and read the credential. */
const timed = (candidates: ProtocolIndex.ProtocolIndex): number => {
  const start = process.hrtime.bigint()
  let found = 0
  for (let at = 0; at < batch; at++) {
    for (const protocol of candidates(headers)) if (protocol.detect(headers)._tag === "Found") found++
  }
  if (found !== batch) throw new Error(`${found} of ${batch} were found`)
  return Number(process.hrtime.bigint() - start) / batch
}

export const detection = async (rounds: number): Promise<void> => {
  const mock = await Effect.runPromise(Effect.provide(MockPay.MockPay, MockPay.MockPay.layer))
  const others = Array.from({ length: 63 }, (_, index): AnyProtocol => ({
    ...mock,
    manifest: { ...mock.manifest, id: `other-${index}`, triggers: [{ header: `x-other-${index}` }] }
  }))
  const [one, many] = [ProtocolIndex.make([mock]), ProtocolIndex.make([...others, mock])]
  timed(one)
  timed(many)
  const taken = Array.from({ length: rounds }, () => ({ one: timed(one), many: timed(many) }))
  const ratio = median(taken.map((round) => round.many / round.one))
  const nanos = (name: "one" | "many") => `${median(taken.map((round) => round[name])).toFixed(0)} ns`
  console.log(
    `\ndetection: ${nanos("one")} with 1 protocol, ${nanos("many")} with 64, ${ratio.toFixed(2)} times; goal: the same (within 1.2), ${ratio <= 1.2 ? "kept" : "missed"}`
  )
}
