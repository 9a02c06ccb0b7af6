/**
 * What the host measured of a call, as it stands in the ledger. Whoever wrote it, what cannot be read is not there.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const Count = Schema.Union([
  Schema.Int.check(Schema.isBetween({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER })),
  Schema.String.check(Schema.isPattern(/^(0|[1-9][0-9]{0,17})$/))
])
const Millis = Schema.Finite.check(Schema.isBetween({ minimum: 0, maximum: 10 ** 12 }))

const fields = Schema.Record(Schema.String, Schema.Json)

const reading = <A>(schema: Schema.Decoder<A>) => {
  const decode = Schema.decodeUnknownOption(schema)
  return (value: unknown): A | undefined => Option.getOrUndefined(decode(value))
}

const readFields = reading(fields)
const readName = reading(Schema.String.check(Schema.isBetweenLength(1, 256)))
const readCount = reading(Count)
const readMillis = reading(Millis)

export interface Measured {
  readonly agent?: string | undefined
  readonly principal?: string | undefined
  /** Whom the tool belonged to when it was called. */
  readonly developer?: string | undefined
  readonly units?: bigint | undefined
  readonly latencyMillis?: number | undefined
}

/** Reads `{ agent?, principal?, developer?, units?, latencyMillis? }`. */
export const measured = (usage: unknown): Measured => {
  const found = readFields(usage)
  if (found === undefined) return {}
  const units = readCount(found["units"])
  return {
    agent: readName(found["agent"]),
    principal: readName(found["principal"]),
    developer: readName(found["developer"]),
    units: units === undefined ? undefined : BigInt(units),
    latencyMillis: readMillis(found["latencyMillis"])
  }
}
