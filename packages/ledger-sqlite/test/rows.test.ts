// What is written without a schema, for speed, is what the schema would write.
import { assert, it } from "@effect/vitest"
import { Charge } from "@paylayer/core/Charge"
import { Receipt } from "@paylayer/core/Receipt"
import * as Arbitrary from "effect/Arbitrary"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import { encodeCharge, encodeReceipt } from "../src/internal/rows.ts"

const written = <A, I>(schema: Schema.Codec<A, I>, encode: (value: A) => string) =>
  Effect.gen(function* () {
    const bySchema = Schema.encodeSync(Schema.toCodecJson(schema))
    const values = yield* Arbitrary.sampleEffect(Arbitrary.schema(schema), { count: 300, seed: 7 })
    for (const value of values) assert.deepEqual(JSON.parse(encode(value)), bySchema(value))
  })

const plainCharge = Charge.mapFields(Struct.omit(["quoted"]))
const plainReceipt = Receipt.mapFields(Struct.omit(["quoted", "settlement", "headers"]))

it.effect("a charge is written as its schema writes it, with what few have and without", () =>
  Effect.andThen(written(Charge, encodeCharge), written(plainCharge, encodeCharge))
)

it.effect("a receipt is written as its schema writes it, with what few have and without", () =>
  Effect.andThen(written(Receipt, encodeReceipt), written(plainReceipt, encodeReceipt))
)
