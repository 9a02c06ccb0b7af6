// The model of the refunds of one charge that `refundLaws` compares ledgers with: a list that is added up anew every time.
import { assert } from "@effect/vitest"
import * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import * as Refund from "@paylayer/core/Refund"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"

type Command =
  | { readonly do: "claim"; readonly host: number; readonly id: number; readonly minor: bigint | undefined }
  | { readonly do: "advance"; readonly host: number; readonly id: number; readonly to: Refund.State }

const host = fc.nat({ max: 1 })
const id = fc.nat({ max: 3 })
export const commands: fc.Arbitrary<ReadonlyArray<Command>> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("claim" as const), host, id, minor: fc.option(fc.bigInt(0n, 8n), { nil: undefined }) }),
    fc.record({ do: fc.constant("advance" as const), host, id, to: fc.constantFrom(...Refund.states) })
  ),
  { maxLength: 30, size: "max" }
)

interface Line {
  readonly id: number
  readonly minor: bigint
  state: Refund.State
  host: number
}

/** What a call comes to, in a word, and what is left then. */
type Outcome = string

export class Model {
  readonly lines: Array<Line> = []
  readonly taken: bigint
  constructor(taken: bigint) {
    this.taken = taken
  }

  private total(...states: ReadonlyArray<Refund.State>): bigint {
    return this.lines.filter(({ state }) => states.includes(state)).reduce((sum, { minor }) => sum + minor, 0n)
  }

  get isWhole(): boolean {
    return this.total("refunded") === this.taken
  }

  get left(): bigint {
    return this.taken - this.total("claimed", "unknown", "refunded")
  }

  apply(command: Command): Outcome {
    const line = this.lines.find((one) => one.id === command.id)
    if (command.do === "claim") {
      if (line !== undefined) {
        return command.minor === undefined || command.minor === line.minor ? `existing ${line.state}` : "conflict"
      }
      if (this.isWhole) return "not-settled"
      const minor = command.minor ?? this.left
      if (minor === 0n || minor > this.left) return "exceeds"
      this.lines.push({ id: command.id, minor, state: "claimed", host: command.host })
      return "claimed claimed"
    }
    if (line === undefined) return "error"
    const { state } = line
    const asks = (state === "unknown" || state === "declined") && command.to === "claimed"
    const ends = state === "claimed" && command.to !== "claimed" && line.host === command.host
    if (!asks && !ends) return "error"
    if (state === "declined" && line.minor > this.left) return "exceeds"
    line.state = command.to
    line.host = command.host
    return command.to
  }
}

/** Runs a command on the ledger and on the model, and compares. */
export const run = Effect.fnUntraced(function* (
  hosts: ReadonlyArray<Ledger.Ledger["Service"]>,
  chargeId: string,
  model: Model,
  command: Command
) {
  const ledger = hosts[command.host]!
  const name = `r-${command.id}`
  const call: Effect.Effect<Outcome, Ledger.LedgerError | Ledger.RefundRefused> =
    command.do === "claim"
      ? Effect.map(
          ledger.claimRefund(chargeId, {
            id: name,
            ...(command.minor === undefined ? {} : { money: Money.of("CNY", command.minor) })
          }),
          ({ _tag, refund }) => `${_tag.toLowerCase()} ${refund.state}`
        )
      : Effect.map(ledger.advanceRefund(chargeId, name, { to: command.to }), ({ state }) => state)
  const outcome = yield* Effect.match(call, {
    onSuccess: (said) => said,
    onFailure: (error) => (error._tag === "LedgerError" ? "error" : error.because)
  })
  assert.strictEqual(outcome, model.apply(command))
  const entry = (yield* ledger.find(chargeId))!
  assert.deepEqual(
    Refund.of(entry).map(({ id, money, state }) => [id, money.minor, state]),
    model.lines.map(({ id, minor, state }) => [`r-${id}`, minor, state])
  )
  assert.strictEqual(entry.state, model.isWhole ? "refunded" : "settled")
  assert.strictEqual(Refund.left(entry).minor, model.isWhole ? 0n : model.left)
})
