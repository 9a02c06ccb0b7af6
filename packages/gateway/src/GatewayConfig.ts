/**
 * What a gateway is told: tools, who made them, what they cost. One file, TypeScript or JSON.
 *
 * @example
 * export default defineGateway({
 *   developers: [{ id: "acme", name: "ACME Research" }],
 *   tools: [
 *     {
 *       slug: "market-research",
 *       developer: "acme",
 *       upstream: "https://research.acme.example/v1/report",
 *       price: { CNY: "1.10", USD: "0.15" }
 *     }
 *   ]
 * })
 *
 * ## Details
 *
 * - All mistakes are reported at once, each with its path and a sentence.
 * - Secrets are named, not written: `headers: { authorization: { env: "ACME_KEY" } }`.
 * - A price is amounts by currency; `"free"`; what a unit costs; for an MCP server, amounts by tool; or, in TypeScript, a
 *   function of the request.
 */
import type * as Currency from "@paylayer/core/Currency"
import type { SpendingLimit } from "@paylayer/core/SpendingLimit"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Developer } from "./Developer.ts"
import { Published } from "./internal/configSchema.ts"
import * as Reading from "./internal/configReading.ts"
import type { TakeRate } from "./TakeRate.ts"
import type { Asked, Decimals, Tool } from "./Tool.ts"

/** A configuration that was read and found right. */
export interface GatewayConfig {
  /** The realm of challenges. */
  readonly realm: string
  /** The merchant of protocols that name none. */
  readonly merchant?: string
  readonly listen: { readonly host: string; readonly port: number }
  readonly drain: {
    /** How long new calls are taken once the gateway is told to end. */
    readonly notice: Duration.Duration
    /** How long the calls that are under way may then go on. */
    readonly calls: Duration.Duration
  }
  /** Whether what requests say of where they come from is kept. */
  readonly forwarded: "replace" | "append"
  /** By id. */
  readonly developers: ReadonlyMap<string, Developer>
  /** By slug. */
  readonly tools: ReadonlyMap<string, Tool>
  /** What may be spent here, whatever on. */
  readonly limits: ReadonlyArray<SpendingLimit>
  readonly takeRate: TakeRate
}

type Amounts = { readonly [C in Currency.Currency]?: string }

/** One thing that is wrong. */
export interface Mistake {
  /** Where: `tools[1].price.CNY`; empty for the whole. */
  readonly path: string
  /** What, as a sentence. */
  readonly message: string
}

/** A configuration that cannot be used, with everything that is wrong with it. */
export class ConfigError extends Schema.TaggedError<ConfigError>()("GatewayConfigError", {
  mistakes: Schema.Array(Schema.Struct({ path: Schema.String, message: Schema.String }))
}) {
  override get message(): string {
    const lines = this.mistakes.map(({ message, path }) => `  ${path === "" ? "" : `${path}: `}${message}`)
    return `the configuration has ${lines.length === 1 ? "a mistake" : `${lines.length} mistakes`}:\n${lines.join("\n")}`
  }
}

type File = (typeof Published)["Encoded"]
type FileTool = File["tools"][number]

/** A tool as it is written. */
export interface ToolInput extends Omit<FileTool, "price"> {
  readonly price: Exclude<FileTool["price"], { readonly [name: string]: string }> | Amounts | Asked["price"]
}

/** A configuration as it is written. */
export interface GatewayInput extends Omit<File, "tools"> {
  readonly tools: ReadonlyArray<ToolInput>
}

export type { Decimals }

/** For the configuration file: says what belongs there, and changes nothing. */
export const defineGateway = (input: GatewayInput): GatewayInput => input

export interface Options {
  /** The ids of the protocols that are installed. Without it, what tools say of protocols is not looked at. */
  readonly protocols?: ReadonlyArray<string>
}

/** Reads a configuration, whatever it is. Variables of the environment that it names come from the `ConfigProvider`. */
export const read = (input: unknown, options: Options = {}): Effect.Effect<GatewayConfig, ConfigError> =>
  Effect.mapError(Reading.read(input, options.protocols), (mistakes) => new ConfigError({ mistakes }))

/** JSON Schema 2020-12 of a JSON configuration, as it is published under `schema/gateway-1.0.json`. */
export const jsonSchema = (): Schema.JsonObject => {
  const { definitions, schema } = Schema.toJsonSchemaDocument(Published, { onExcessProperty: "error" })
  return {
    $schema: "https://json-schema.org/draft/2020-12/schema",
    $id: "urn:paylayer:gateway:1.0",
    title: "Configuration of a Paylayer gateway",
    ...(schema as Schema.JsonObject),
    ...(Object.keys(definitions).length === 0 ? {} : { $defs: definitions as unknown as Schema.JsonObject })
  }
}
