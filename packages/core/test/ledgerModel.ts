// The model of a ledger that `ledgerLaws` compares implementations with: a list that is added up anew every time.
import { assert } from "@effect/vitest"
import * as Ledger from "@paylayer/core/Ledger"
import * as Effect from "effect/Effect"
import * as fc from "fast-check"

interface Named {
  readonly bucket: number
  readonly units: bigint
  readonly limit: bigint
}
type Command =
  | { readonly do: "open"; readonly id: number; readonly key: number; readonly take: ReadonlyArray<Named> }
  | { readonly do: "advance"; readonly id: number; readonly to: Ledger.State; readonly take: ReadonlyArray<Named> }

const take = fc.array(fc.record({ bucket: fc.nat({ max: 2 }), units: fc.bigInt(0n, 6n), limit: fc.bigInt(0n, 12n) }), {
  maxLength: 3
})
const id = fc.nat({ max: 4 })
const to = fc.constantFrom(...(Object.keys(Ledger.transitions) as ReadonlyArray<Ledger.State>))
export const commands: fc.Arbitrary<ReadonlyArray<Command>> = fc.array(
  fc.oneof(
    fc.record({ do: fc.constant("open" as const), id, key: fc.nat({ max: 2 }), take }),
    fc.record({ do: fc.constant("advance" as const), id, to, take })
  ),
  { maxLength: 30, size: "max" }
)

interface Line {
  readonly id: number
  readonly key: number
  state: Ledger.State
  readonly taken: Map<number, bigint>
}

/** What a call comes to: a word, and with a refusal what is left. */
type Outcome = string

export class Model {
  readonly lines: Array<Line> = []
  readonly opening: (own: Partial<Ledger.Opening>) => Ledger.Opening
  readonly run: string
  constructor(opening: (own: Partial<Ledger.Opening>) => Ledger.Opening, run: string) {
    this.opening = opening
    this.run = run
  }

  name(what: string, number: number): string {
    return `${this.run}-${what}-${number}`
  }

  /** What the living charges took of a bucket, but for one. */
  private others(bucket: number, except: number): bigint {
    return this.lines
      .filter((line) => line.id !== except && !Ledger.isVoid(line.state))
      .reduce((sum, { taken }) => sum + (taken.get(bucket) ?? 0n), 0n)
  }

  private takes(id: number, before: ReadonlyMap<number, bigint>, wanted: ReadonlyArray<Named>) {
    const taken = new Map(before)
    for (const { bucket, limit, units } of wanted) {
      if (!taken.has(bucket)) taken.set(bucket, units)
      const left = limit - this.others(bucket, id)
      if (taken.get(bucket)! > left) return `refused ${bucket} ${left < 0n ? 0n : left}`
    }
    return taken
  }

  apply(command: Command): Outcome {
    const line = this.lines.find(({ id }) => id === command.id)
    if (command.do === "open") {
      const holder = this.lines.findLast(({ key, state }) => key === command.key && !Ledger.isVoid(state))
      if (holder !== undefined) return `existing ${holder.id} ${holder.state}`
      if (line !== undefined) return "error"
      const taken = this.takes(command.id, new Map(), command.take)
      if (typeof taken === "string") return taken
      this.lines.push({ id: command.id, key: command.key, state: "opened", taken })
      return `claimed ${command.id} opened`
    }
    if (line === undefined || !Ledger.transitions[line.state].includes(command.to)) return "error"
    const taken = this.takes(line.id, line.taken, command.take)
    if (typeof taken === "string") return taken
    for (const [bucket, units] of taken) line.taken.set(bucket, units)
    line.state = command.to
    return `advanced ${line.id} ${line.state}`
  }
}

/** Runs a command on the ledger and on the model, and compares. */
export const run = Effect.fnUntraced(function* (ledger: Ledger.Ledger["Service"], model: Model, command: Command) {
  const reservations = command.take.map(({ bucket, limit, units }): Ledger.Reservation => ({
    bucket: model.name("bucket", bucket),
    kind: "budget",
    units,
    limit
  }))
  const chargeId = model.name("ch", command.id)
  const number = (name: string) => name.slice(name.lastIndexOf("-") + 1)
  const base = model.opening({})
  const call: Effect.Effect<Outcome, Ledger.LedgerError | Ledger.ReservationRefused> =
    command.do === "open"
      ? Effect.map(
          ledger.open({
            ...base,
            charge: { ...base.charge, id: chargeId },
            key: model.name("key", command.key),
            reservations
          }),
          ({ _tag, entry }) => `${_tag.toLowerCase()} ${number(entry.charge.id)} ${entry.state}`
        )
      : Effect.map(
          Effect.andThen(ledger.advance(chargeId, { to: command.to, reservations }), ledger.find(chargeId)),
          (entry) => `advanced ${number(entry?.charge.id ?? "")} ${entry?.state}`
        )
  const outcome = yield* Effect.match(call, {
    onSuccess: (said) => said,
    onFailure: (error) =>
      error._tag === "LedgerError" ? "error" : `refused ${number(error.bucket)} ${error.remaining}`
  })
  assert.strictEqual(outcome, model.apply(command))
})
