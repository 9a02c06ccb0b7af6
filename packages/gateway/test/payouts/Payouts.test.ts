import * as GatewayStore from "@paylayer/gateway/GatewayStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { file, sqlite } from "../stores.ts"
import { payoutChoreography, payoutLaws } from "./payoutLaws.ts"

const fresh = Layer.unwrap(Effect.map(file, (filename) => Layer.provideMerge(GatewayStore.layer(), sqlite(filename))))

payoutLaws("SQLite", Effect.succeed(fresh))
payoutChoreography("SQLite", Effect.succeed(fresh), { runs: 25 })
