/**
 * From what is written to what the gateway uses: decoded, checked across its parts, with the secrets that it names.
 */
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as Price from "@paylayer/core/Price"
import type { Per, SpendingLimit } from "@paylayer/core/SpendingLimit"
import * as ByteSize from "effect/ByteSize"
import * as Config from "effect/Config"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Result from "effect/Result"
import * as SchemaIssue from "effect/SchemaIssue"
import type { Developer, Schedule } from "../Developer.ts"
import type { GatewayConfig, Mistake } from "../GatewayConfig.ts"
import type { TakeRate } from "../TakeRate.ts"
import type { ByCurrency, Measure, Pricing, Tool, Upstream } from "../Tool.ts"
import * as UpstreamAddress from "../UpstreamAddress.ts"
import * as Written from "./configSchema.ts"
import * as ExactDecimal from "./exactDecimal.ts"

type Path = ReadonlyArray<PropertyKey>

/** As a program would write it: `tools[1].price.CNY`. */
const printPath = (path: Path): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === "number") return `${text}[${key}]`
    const name = String(key)
    if (!/^[A-Za-z_$][\w$]*$/.test(name)) return `${text}[${JSON.stringify(name)}]`
    return text === "" ? name : `${text}.${name}`
  }, "")

const mistake = (path: Path, message: string): Mistake => ({ path: printPath(path), message })

const sentence: SchemaIssue.LeafHook = (issue) => {
  if (issue._tag === "UnexpectedKey") return "there is no such setting"
  if (issue._tag === "MissingKey") return "this is missing"
  const told = SchemaIssue.defaultLeafHook(issue)
  return told.startsWith("Expected ") ? `this is to be ${told.slice("Expected ".length)}` : told
}

const format = SchemaIssue.makeFormatterStandardSchemaV1({ leafHook: sentence })

/** The keys of a path as they are: an element of a list by its number. */
const keys = (path: ReadonlyArray<unknown>): Path =>
  path.map((part) => (Predicate.hasProperty(part, "key") ? (part.key as PropertyKey) : (part as PropertyKey)))

const ofSchema = (input: unknown): ReadonlyArray<Mistake> => {
  const read = Written.decode(input)
  if (Result.isSuccess(read)) return []
  return format(read.failure.issue).issues.map(({ message, path = [] }) => mistake(keys(path), message))
}

/** What is at a place of something unknown. */
const at = (input: unknown, ...path: Path): unknown =>
  path.reduce<unknown>((value, key) => (Predicate.hasProperty(value, key) ? value[key] : undefined), input)

const list = (value: unknown): ReadonlyArray<unknown> => (Array.isArray(value) ? value : [])

const texts = (value: unknown): ReadonlyArray<string> => list(value).filter(Predicate.isString)

/** Mistakes between parts. They are looked for in whatever is there, so that they are told beside all others. */
const across = (input: unknown, protocols: ReadonlyArray<string> | undefined): ReadonlyArray<Mistake> => {
  const found: Array<Mistake> = []
  const say = (path: Path, message: string) => found.push(mistake(path, message))
  const twice = (values: ReadonlyArray<unknown>, path: (index: number) => Path, what: string) => {
    const first = new Map<unknown, number>()
    for (const [index, value] of values.entries()) {
      if (!Predicate.isString(value)) continue
      const before = first.get(value)
      if (before === undefined) first.set(value, index)
      else say(path(index), `${what} ${JSON.stringify(value)} is taken by ${printPath(path(before))}`)
    }
  }
  const developers = list(at(input, "developers"))
  const tools = list(at(input, "tools"))
  twice(
    developers.map((one) => at(one, "id")),
    (index) => ["developers", index, "id"],
    "the developer's id"
  ) // prettier
  twice(
    tools.map((one) => at(one, "slug")),
    (index) => ["tools", index, "slug"],
    "the slug"
  )
  const ids = new Set(developers.map((one) => at(one, "id")))
  for (const [index, tool] of tools.entries()) {
    const path = ["tools", index]
    const developer = at(tool, "developer")
    if (Predicate.isString(developer) && !ids.has(developer))
      say([...path, "developer"], `there is no developer ${JSON.stringify(developer)}`)
    for (const [place, id] of texts(at(tool, "protocols")).entries()) {
      if (protocols !== undefined && !protocols.includes(id))
        say(
          [...path, "protocols", place],
          `the protocol ${JSON.stringify(id)} is not installed; installed ${protocols.length === 0 ? "is none" : `are ${protocols.join(", ")}`}`
        )
    }
    for (const [where, message] of upstreamMistakes(at(tool, "upstream"), at(tool, "price"), at(tool, "methods")))
      say([...path, ...where], message)
    for (const [where, message] of unitMistakes(at(tool, "price"))) say([...path, "price", ...where], message)
  }
  for (const [where, message] of tierMistakes(list(at(input, "takeRate", "tiers"))))
    say(["takeRate", "tiers", ...where], message)
  return found
}

function* upstreamMistakes(upstream: unknown, price: unknown, methods: unknown): Generator<readonly [Path, string]> {
  const url = URL.parse(String(Predicate.isString(upstream) ? upstream : at(upstream, "url")))
  const where: Path = Predicate.isString(upstream) ? ["upstream"] : ["upstream", "url"]
  const address = url === null ? undefined : UpstreamAddress.literal(url.hostname)
  const isNear =
    url !== null && (address === undefined ? isLocalName(url.hostname) : !UpstreamAddress.isPublic(address))
  if (isNear && at(upstream, "allowPrivate") !== true)
    yield [where, `${url.hostname} is not a public address; allowPrivate: true says that it is meant`]
  const isMcp = at(upstream, "kind") === "mcp"
  const isPerTool = Predicate.isObject(price) && "tools" in price
  if (isMcp && !isPerTool && price !== "free" && price !== undefined)
    yield [["price"], 'an MCP server is priced by tool: { "tools": { "report": { "CNY": "1.10" } } }']
  if (!isMcp && isPerTool) yield [["price"], 'only an MCP server (kind: "mcp") is priced by tool']
  if (isMcp && methods !== undefined) yield [["methods"], "an MCP server has its own methods"]
}

const isLocalName = (hostname: string) => hostname === "localhost" || hostname.endsWith(".localhost")

function* unitMistakes(price: unknown): Generator<readonly [Path, string]> {
  const [perUnit, most] = [at(price, "perUnit"), at(price, "most")]
  if (!Predicate.isObject(perUnit) || !Predicate.isObject(most)) return
  for (const currency of Object.keys(perUnit)) {
    if (!(currency in most)) yield [["most"], `${currency} is priced by unit and has no most`]
  }
  for (const currency of Object.keys(most)) {
    if (!(currency in perUnit)) yield [["most", currency], `${currency} has no price by unit`]
  }
}

function* tierMistakes(tiers: ReadonlyArray<unknown>): Generator<readonly [Path, string]> {
  const before = new Map<string, bigint>()
  for (const [index, tier] of tiers.entries()) {
    const upTo = at(tier, "upTo")
    const isLast = index === tiers.length - 1
    if (isLast && upTo !== undefined) yield [[index, "upTo"], "the last tier has no end"]
    if (!isLast && upTo === undefined) yield [[index], "only the last tier has no end; this one needs upTo"]
    if (!Predicate.isObject(upTo)) continue
    for (const [currency, text] of Object.entries(upTo)) {
      const parsed = Currency.is(currency) && Predicate.isString(text) ? Money.parse(currency, text) : undefined
      if (parsed === undefined || Result.isFailure(parsed)) continue
      const { minor } = parsed.success
      if (minor <= (before.get(currency) ?? 0n))
        yield [[index, "upTo", currency], "a tier ends above the one before it"]
      before.set(currency, minor)
    }
  }
}

const duration = (text: string | undefined, otherwise: string): Duration.Duration =>
  Duration.fromInputUnsafe((text ?? otherwise) as Duration.Input)

const size = (text: string | undefined, otherwise: string): ByteSize.ByteSize =>
  ByteSize.fromInputUnsafe((text ?? otherwise) as ByteSize.Input)

/** Amounts that were found right. */
const amounts = (written: { readonly [name: string]: unknown }): ReadonlyArray<Money.Money> =>
  Object.entries(written).map(([currency, text]) =>
    Result.getOrThrow(Money.parse(currency as Currency.Currency, text as string))
  )

const byCurrency = (written: { readonly [name: string]: unknown }): ByCurrency<bigint> =>
  Object.fromEntries(amounts(written).map(({ currency, minor }) => [currency, minor]))

const priceOf = (written: { readonly [name: string]: unknown }): Price.Price =>
  Result.getOrThrow(Price.fromAmounts(amounts(written)))

const measureOf = (written: Written.WrittenPerUnit["measure"]): Measure => {
  if (written === "bytes") return { _tag: "Bytes" }
  return written.json === undefined
    ? { _tag: "Header", name: written.header!.toLowerCase() }
    : { _tag: "Json", pointer: written.json }
}

const pricingOf = (written: unknown): Pricing => {
  if (written === "free") return { _tag: "Free" }
  if (typeof written === "function") return { _tag: "Asked", price: written as never }
  const price = written as { readonly [name: string]: unknown }
  if ("tools" in price) {
    const { tools, unlisted = "free" } = written as Written.WrittenPerTool
    const priced = Object.entries(tools).map(([name, one]) => [name, { _tag: "Fixed", price: priceOf(one) }] as const)
    return { _tag: "PerTool", tools: new Map(priced), unlisted }
  }
  if (!("perUnit" in price)) return { _tag: "Fixed", price: priceOf(price) }
  const { measure, most, perUnit, rounding = "down", unit } = written as Written.WrittenPerUnit
  const exact = Object.entries(perUnit).map(([currency, text]) => [
    currency,
    Result.getOrThrow(ExactDecimal.parse(currency as Currency.Currency, text as string))
  ])
  return {
    _tag: "PerUnit",
    unit,
    perUnit: Object.fromEntries(exact) as ByCurrency<bigint>,
    most: priceOf(most),
    measure: measureOf(measure),
    rounding
  }
}

/** One limit for each currency it is written in. */
const limitsOf = (written: ReadonlyArray<Written.WrittenLimit> = [], tool: boolean): ReadonlyArray<SpendingLimit> =>
  written.flatMap(({ amount, per, window, zone }) => {
    const counted: readonly [Per, ...ReadonlyArray<Per>] =
      typeof per === "string" ? [per] : (per as [Per, ...Array<Per>])
    return amounts(amount).map((money) => ({
      per: tool && !counted.includes("tool") ? ([...counted, "tool"] as [Per, ...Array<Per>]) : counted,
      amount: money,
      window,
      ...(zone === undefined ? {} : { zone: Option.getOrThrow(DateTime.zoneMakeNamed(zone)) })
    }))
  })

const scheduleOf = (written: Written.WrittenDeveloper["schedule"] = "manual"): Schedule => {
  if (typeof written === "string") return written
  return written.weekly === undefined ? { monthly: written.monthly! } : { weekly: written.weekly }
}

const developerOf = (written: Written.WrittenDeveloper): Developer => {
  const threshold = byCurrency(written.threshold ?? {})
  return {
    id: written.id,
    name: written.name,
    ...(written.payout === undefined ? {} : { payout: written.payout }),
    currencies: written.currencies ?? (Object.keys(threshold) as ReadonlyArray<Currency.Currency>),
    threshold,
    schedule: scheduleOf(written.schedule)
  }
}

/** Headers with the secrets that they name; what is missing is a mistake. */
const headersOf = Effect.fnUntraced(function* (written: unknown, path: Path) {
  const headers: Record<string, Redacted.Redacted<string>> = {}
  const missing: Array<Mistake> = []
  for (const [name, value] of Object.entries(Predicate.isObject(written) ? written : {})) {
    const variable = at(value, "env")
    if (Predicate.isString(value)) headers[name.toLowerCase()] = Redacted.make(value)
    if (!Predicate.isString(variable)) continue
    const secret = yield* Effect.option(Config.Redacted(variable))
    if (Option.isSome(secret) && /^[\x20-\x7e]+$/.test(Redacted.value(secret.value)))
      headers[name.toLowerCase()] = secret.value
    else
      missing.push(
        mistake(
          [...path, name],
          `the environment has no ${variable}${Option.isSome(secret) ? " that a header could carry" : ""}`
        )
      )
  }
  return { headers, missing }
})

const upstreamOf = (written: Written.WrittenTool["upstream"], headers: Upstream["headers"]): Upstream => {
  const { url, ...more } = typeof written === "string" ? { url: written } : written
  const { timeout = {}, ...rest } = more as Exclude<Written.WrittenTool["upstream"], string>
  return {
    url: new URL(url),
    kind: rest.kind ?? "http",
    timeout: {
      connect: duration(timeout.connect, "5 seconds"),
      firstByte: duration(timeout.firstByte, "30 seconds"),
      total: duration(timeout.total, "2 minutes")
    },
    maxRequest: size(rest.maxRequest, "1 MiB"),
    maxResponse: size(rest.maxResponse, "64 MiB"),
    concurrency: rest.concurrency ?? 64,
    allowPrivate: rest.allowPrivate ?? false,
    headers
  }
}

const toolOf = (written: Written.WrittenTool, headers: Upstream["headers"]): Tool => {
  const { category, description, developer, limits, methods, price, protocols, slug, title, upstream } = written
  return {
    slug,
    developer,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(category === undefined ? {} : { category }),
    upstream: upstreamOf(upstream, headers),
    methods: methods ?? ["POST"],
    price: pricingOf(price),
    limits: limitsOf(limits, true),
    ...(protocols === undefined ? {} : { protocols })
  }
}

const takeRateOf = (written: Written.Written["takeRate"]): TakeRate => ({
  freeOperations: BigInt(written?.freeOperations ?? 50_000),
  tiers: (written?.tiers ?? [{ rate: "0" }]).map(({ rate, ...tier }) => ({
    rate,
    ...("upTo" in tier && tier.upTo !== undefined ? { upTo: byCurrency(tier.upTo) } : {})
  }))
})

/** Fails with everything that is wrong. */
export const read = Effect.fnUntraced(function* (
  input: unknown,
  protocols: ReadonlyArray<string> | undefined
): Effect.fn.Return<GatewayConfig, ReadonlyArray<Mistake>> {
  const mistakes = [...ofSchema(input), ...across(input, protocols)]
  const headers: Array<Upstream["headers"]> = []
  for (const [index, tool] of list(at(input, "tools")).entries()) {
    const read = yield* headersOf(at(tool, "upstream", "headers"), ["tools", index, "upstream", "headers"])
    headers.push(read.headers)
    mistakes.push(...read.missing)
  }
  if (mistakes.length > 0) return yield* Effect.fail(mistakes)
  const written = Result.getOrThrow(Written.decode(input))
  return {
    realm: written.realm ?? "paylayer",
    ...(written.merchant === undefined ? {} : { merchant: written.merchant }),
    listen: { host: written.listen?.host ?? "127.0.0.1", port: written.listen?.port ?? 8700 },
    drain: {
      notice: written.drain?.notice === undefined ? Duration.zero : duration(written.drain.notice, "0 seconds"),
      calls: duration(written.drain?.calls, "30 seconds")
    },
    forwarded: written.forwarded ?? "replace",
    developers: new Map(written.developers.map((one) => [one.id, developerOf(one)])),
    tools: new Map(written.tools.map((one, index) => [one.slug, toolOf(one, headers[index] ?? {})])),
    limits: limitsOf(written.limits, false),
    takeRate: takeRateOf(written.takeRate)
  }
})
