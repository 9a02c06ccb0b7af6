/**
 * What a host is started with, in its environment. What it needs of Alipay is in the variables that `AlipayConfig` reads.
 */
import * as Config from "effect/Config"
import * as Schema from "effect/Schema"

export const Store = Schema.Union([
  Schema.TaggedStruct("sqlite", { filename: Schema.String }),
  Schema.TaggedStruct("postgres", { url: Schema.String }),
  /** Forgets everything with the process: for a look at the load, without kills. */
  Schema.TaggedStruct("memory", {})
])
export type Store = (typeof Store)["Type"]

export const HostSettings = Schema.Struct({
  store: Store,
  /** Where the depot is. */
  depot: Schema.String,
  /** The key of vouchers. */
  voucherKey: Schema.String,
  /** After how many milliseconds without a sign of life others take over what a host was at. */
  leaseMillis: Schema.Int,
  recoverEveryMillis: Schema.Int,
  /** The most that one call of a handler takes. */
  workMillis: Schema.Int
})
export type HostSettings = (typeof HostSettings)["Type"]

const Json = Schema.fromJsonString(HostSettings)
const variable = "CRASH_TEST_HOST"

/** The variables of a host's environment. */
export const toEnvironment = (settings: HostSettings): Record<string, string> => ({
  [variable]: Schema.encodeSync(Json)(settings)
})

export const config = Config.schema(Json, variable)
