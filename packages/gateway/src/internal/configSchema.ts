/**
 * A configuration as it is written. Every mistake has a path and a sentence; a check runs whatever else is wrong beside it.
 *
 * There are two of each schema, from one text: the one that is published and typed says what an amount or a price looks like,
 * the one that decodes takes anything there and says what is wrong with it.
 */
import * as Currency from "@paylayer/core/Currency"
import * as Money from "@paylayer/core/Money"
import * as ByteSize from "effect/ByteSize"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as ExactDecimal from "./exactDecimal.ts"

const options = { errors: "all", onExcessProperty: "error" } as const

const text = (sentence: string, pattern: RegExp) =>
  Schema.String.check(Schema.isPattern(pattern, { message: sentence })).annotate({ message: sentence })

const word = (what: string) =>
  text(
    `${what} is 1 to 64 of a to z, 0 to 9 and hyphens, which it neither begins nor ends with`,
    /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/u
  )

const line = (what: string) => text(`${what} is a line of 1 to 200 characters`, /^[^\p{Cc}]{1,200}$/u)

const optional = Schema.optionalKey

const DurationText = Schema.String.annotate({
  description: 'A time, such as "30 seconds"',
  message: 'a time is text such as "30 seconds"'
}).check(
  Schema.makeFilter((value: string) => {
    const duration = Duration.fromInput(value as Duration.Input)
    return Option.exists(duration, (one) => Duration.isFinite(one) && Duration.toMillis(one) > 0)
      ? true
      : 'a time is written like "30 seconds" and above zero'
  })
)

const SizeText = Schema.String.annotate({
  description: 'A size, such as "10 MiB"',
  message: 'a size is text such as "10 MiB"'
}).check(
  Schema.makeFilter((value: string) =>
    Option.exists(ByteSize.fromString(value), (size) => size > 0n && size <= 2n ** 32n)
      ? true
      : 'a size is written like "10 MiB", above zero and at most 4 GiB'
  )
)

const count = (what: string, minimum: number, maximum: number) => {
  const message = `${what} is a whole number from ${minimum} to ${maximum}`
  return Schema.Number.annotate({ message }).check(
    Schema.isInt({ message }),
    Schema.isBetween({ minimum, maximum }, { message })
  )
}

/** Checks one value by currency; a sentence is what is wrong with it. */
const byCurrency = (check: (currency: Currency.Currency, value: string) => string | undefined, empty: boolean) =>
  Schema.Record(Schema.String, Schema.Unknown)
    .annotate({ message: 'amounts are written by currency, such as { "CNY": "15.00" }' })
    .check(
      Schema.makeFilter((amounts: { readonly [name: string]: unknown }) => {
        const names = Object.keys(amounts)
        if (names.length === 0 && !empty) return "name at least one currency"
        return names.flatMap((name) => {
          const value = amounts[name]
          const issue = !Currency.is(name)
            ? `${JSON.stringify(name)} is no currency of ISO 4217; codes are written like "CNY"`
            : typeof value !== "string"
              ? 'an amount is text such as "15.00": a JSON number is a float to most readers'
              : check(name, value)
          return issue === undefined ? [] : [{ path: [name], issue }]
        })
      })
    )

const refusalOf = <A, E extends { readonly message: string }>(
  result: Result.Result<A, E>,
  holds: (value: A) => string | undefined
): string | undefined => Result.match(result, { onFailure: ({ message }) => message, onSuccess: holds })

const aboveZero = (currency: Currency.Currency, value: string) =>
  refusalOf(Money.parse(currency, value), ({ minor }) => (minor > 0n ? undefined : "an amount is above zero"))

const exact = (currency: Currency.Currency, value: string) =>
  refusalOf(ExactDecimal.parse(currency, value), (micro) => (micro > 0n ? undefined : "an amount is above zero"))

const rates = /^0(?:\.[0-9]{1,9})?$/u

/** What the two texts differ in. */
interface Points {
  readonly amounts: Schema.Codec<{ readonly [name: string]: unknown }>
  /** Of an amount that may be none, or absent. */
  readonly thresholds: Schema.Codec<{ readonly [name: string]: unknown }>
  readonly exact: Schema.Codec<{ readonly [name: string]: unknown }>
  readonly price: Schema.Codec<unknown>
}

const decimal = (description: string) =>
  Schema.Record(
    Schema.String.check(Schema.isPattern(/^[A-Z]{3}$/u)),
    Schema.String.check(Schema.isPattern(/^(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,10})?$/u))
  ).annotate({ description })

const methods = ["GET", "POST", "PUT", "PATCH", "DELETE"] as const

const header = text("a header's name is written as HTTP writes it", /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/u)

const isUpstream = Schema.makeFilter((value: string) => {
  const url = URL.parse(value)
  if (url === null || (url.protocol !== "http:" && url.protocol !== "https:"))
    return "an upstream is an address such as https://tool.example/v1"
  if (url.username !== "" || url.password !== "")
    return "an upstream's address holds no user and no password; send them in headers, from the environment"
  return url.search === "" && url.hash === "" ? true : "an upstream's address has no query and no fragment"
})

const Address = Schema.String.annotate({ message: "an upstream is an address" }).check(isUpstream)

const Upstream = Schema.Union([
  Address,
  Schema.Struct({
    url: Address,
    kind: optional(Schema.Literals(["http", "mcp"])).annotate({ description: "Default http; mcp is streamable HTTP" }),
    timeout: optional(
      Schema.Struct({
        connect: optional(DurationText).annotate({ description: "To open a connection. Default 5 seconds" }),
        firstByte: optional(DurationText).annotate({
          description: "To the answer's head, and the longest silence in its body. Default 30 seconds"
        }),
        total: optional(DurationText).annotate({ description: "To the answer's last byte. Default 2 minutes" })
      })
    ),
    maxRequest: optional(SizeText).annotate({ description: "The largest request body. Default 1 MiB" }),
    maxResponse: optional(SizeText).annotate({ description: "The largest answer body. Default 64 MiB" }),
    concurrency: optional(count("concurrency", 1, 10_000)).annotate({
      description: "The most calls at a time. Default 64"
    }),
    allowPrivate: optional(Schema.Boolean).annotate({
      description: "Whether it may be on this machine or in a private network. Default false"
    }),
    headers: optional(
      Schema.Record(
        header,
        Schema.Union([
          text("a header's value is visible ASCII", /^[\x20-\x7e]+$/u),
          Schema.Struct({ env: text("a variable of the environment", /^[A-Za-z_][A-Za-z0-9_]*$/u) })
        ])
      )
    ).annotate({ description: "What the gateway adds to every request, for example its key for this tool" })
  })
])

const limitOf = ({ amounts }: Points) => {
  const per = Schema.Literals(["agent", "principal", "tool", "merchant", "host"])
  return Schema.Struct({
    per: Schema.Union([per, Schema.NonEmptyArray(per)]),
    amount: amounts.annotate({ description: "The most that may be spent in the window, by currency" }),
    window: Schema.Literals(["hour", "day", "month", "total"]),
    zone: optional(
      Schema.String.check(
        Schema.makeFilter((zone: string) =>
          Option.isSome(DateTime.zoneMakeNamed(zone)) ? true : "a zone is a name such as Asia/Shanghai"
        )
      )
    ).annotate({ description: "Where the calendar is read. Default UTC" })
  })
}

const measure = Schema.Union([
  Schema.Literal("bytes"),
  Schema.Struct({
    header: optional(header),
    json: optional(text("a JSON Pointer begins with a slash", /^\/[^\p{Cc}]{0,200}$/u))
  }).check(
    Schema.makeFilter((one: { readonly header?: string; readonly json?: string }) =>
      (one.header === undefined) === (one.json === undefined) ? "name a header or a JSON Pointer, one of the two" : true
    )
  )
]).annotate({ description: "Where the number of units stands: a response header, a place in the answer, or its size" })

const perUnitOf = (points: Points) =>
  Schema.Struct({
    unit: word("a unit"),
    perUnit: points.exact.annotate({
      description: "By currency; may be below a minor unit, down to a millionth of it"
    }),
    most: points.amounts.annotate({ description: "What is authorized, and the most that one call costs" }),
    measure,
    rounding: optional(Schema.Literals(["down", "up", "half-even"])).annotate({
      description: "How an exact sum becomes whole minor units. Default down"
    })
  })

const perToolOf = ({ amounts }: Points) =>
  Schema.Struct({
    tools: Schema.Record(line("a tool's name"), amounts).annotate({ description: "What each tool costs" }),
    unlisted: optional(Schema.Literals(["free", "refused"])).annotate({
      description: "What becomes of tools that are not listed. Default free"
    })
  })

const toolOf = (points: Points) =>
  Schema.Struct({
    slug: word("a slug").annotate({ description: "Its name in paths: /api/proxy/<slug>" }),
    developer: word("a developer's id"),
    title: optional(line("a title")),
    description: optional(Schema.String),
    category: optional(line("a category")).annotate({
      description: "The merchant category that mandates are checked against"
    }),
    upstream: Upstream,
    methods: optional(Schema.NonEmptyArray(Schema.Literals(methods))).annotate({
      description: "What may be asked of an HTTP upstream. Default POST"
    }),
    price: points.price.annotate({ description: "What a call costs" }),
    limits: optional(Schema.Array(limitOf(points))).annotate({ description: "What may be spent on this tool" }),
    protocols: optional(Schema.NonEmptyArray(Schema.String)).annotate({
      description: "The payment protocols it takes. Default all that are installed"
    })
  })

const alipayAccountTypes = ["ALIPAY_USER_ID", "ALIPAY_OPEN_ID", "ALIPAY_LOGON_ID"] as const

const weekdays = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"] as const

const developerOf = ({ thresholds }: Points) =>
  Schema.Struct({
    id: word("a developer's id"),
    name: line("a name"),
    payout: optional(
      Schema.Union([
        Schema.Struct({
          rail: Schema.Literal("stripe"),
          account: text("a connected account of Stripe is written acct_…", /^acct_[A-Za-z0-9]{1,64}$/u)
        }),
        Schema.Struct({
          rail: Schema.Literal("alipay"),
          account: Schema.Struct({
            type: Schema.Literals(alipayAccountTypes),
            account: line("an account"),
            name: optional(line("a name")).annotate({
              description: "Its owner's name as Alipay knows it. Needed with a logon id"
            })
          })
        })
      ])
    ).annotate({ description: "Where payouts go. Absent: what is owed stays in the book" }),
    currencies: optional(Schema.Array(Currency.Currency)).annotate({
      description: "What is paid out. Default: the currencies that have a threshold"
    }),
    threshold: optional(thresholds).annotate({ description: "The least that is paid out, by currency" }),
    schedule: optional(
      Schema.Union([
        Schema.Literals(["manual", "daily"]),
        Schema.Struct({ weekly: optional(Schema.Literals(weekdays)), monthly: optional(count("a day", 1, 31)) }).check(
          Schema.makeFilter((one: { readonly weekly?: string; readonly monthly?: number }) =>
            (one.weekly === undefined) === (one.monthly === undefined)
              ? "name a weekday under weekly or a day under monthly, one of the two"
              : true
          )
        )
      ])
    ).annotate({ description: "When payouts are made, in the time zone of the gateway's tables. Default manual" })
  })

const takeRateOf = ({ amounts }: Points) =>
  Schema.Struct({
    freeOperations: optional(count("free operations", 0, Number.MAX_SAFE_INTEGER)).annotate({
      description: "Calls a month and developer for which no fee is taken. Default 50000"
    }),
    tiers: Schema.NonEmptyArray(
      Schema.Struct({
        upTo: optional(amounts).annotate({
          description: "Up to which of the month's volume, by currency. Absent in the last tier"
        }),
        rate: text("a rate is a decimal from 0 to below 1, such as 0.025", rates)
      })
    )
  })

const fileOf = (points: Points) =>
  Schema.Struct({
    $schema: optional(Schema.String),
    realm: optional(line("a realm")).annotate({ description: 'The realm of challenges. Default "paylayer"' }),
    merchant: optional(line("a merchant")).annotate({ description: "The merchant of protocols that name none" }),
    listen: optional(
      Schema.Struct({
        host: optional(line("a host")).annotate({ description: "Default 127.0.0.1" }),
        port: optional(count("a port", 0, 65_535)).annotate({ description: "Default 8700; 0 is any free one" })
      })
    ),
    drain: optional(
      Schema.Struct({
        notice: optional(DurationText).annotate({
          description:
            "How long the gateway takes new calls after it is told to end, while /health/ready says so to balancers. Default none"
        }),
        calls: optional(DurationText).annotate({
          description: "How long the calls that are under way may then go on. Default 30 seconds"
        })
      })
    ),
    forwarded: optional(Schema.Literals(["replace", "append"])).annotate({
      description:
        "Whether X-Forwarded-For and Forwarded of requests are believed, which is right behind a proxy of yours alone. Default replace"
    }),
    developers: Schema.Array(developerOf(points)),
    tools: Schema.Array(toolOf(points)),
    limits: optional(Schema.Array(limitOf(points))).annotate({ description: "What may be spent here, whatever on" }),
    takeRate: optional(takeRateOf(points))
  })

const decoding: Points = {
  amounts: byCurrency(aboveZero, false),
  thresholds: byCurrency(aboveZero, true),
  exact: byCurrency(exact, false),
  price: Schema.Unknown
}

const pricing = (raw: { readonly [name: string]: unknown }) => {
  if ("tools" in raw) return PerTool
  return "perUnit" in raw || "unit" in raw || "measure" in raw ? PerUnit : Amounts
}

const Amounts = decoding.amounts
const PerUnit = perUnitOf(decoding)
const PerTool = perToolOf(decoding)

/** Says what is wrong with one of several kinds of price, of which the keys tell which is meant. */
const price = Schema.Unknown.check(
  Schema.makeFilter((raw: unknown) => {
    if (raw === "free" || typeof raw === "function") return true
    if (!Predicate.isObject(raw))
      return 'a price is amounts by currency, such as { "CNY": "1.10" }, or "free", or what a unit costs'
    const read = Schema.decodeUnknownResult(pricing(raw as never) as Schema.Codec<unknown>)(raw, options)
    return Result.isSuccess(read) ? true : read.failure.issue
  })
)

/** What decodes. */
export const Decoding = fileOf({ ...decoding, price })
export interface Written extends Schema.Schema.Type<typeof Decoding> {}
export type WrittenTool = Written["tools"][number]
export type WrittenDeveloper = Written["developers"][number]
export type WrittenLimit = NonNullable<Written["limits"]>[number]
export type WrittenPerUnit = (typeof PerUnit)["Type"]
export type WrittenPerTool = (typeof PerTool)["Type"]

/** Reads what is written, with every mistake at once. */
export const decode = (input: unknown) => Schema.decodeUnknownResult(Decoding)(input, options)

const published: Omit<Points, "price"> = {
  amounts: decimal('Amounts in major units, by currency: { "CNY": "15.00" }'),
  thresholds: decimal('Amounts in major units, by currency: { "CNY": "15.00" }'),
  exact: decimal('Exact amounts in major units, by currency: { "CNY": "0.000012" }')
}

const PublishedPrice = Schema.Union([
  Schema.Literal("free"),
  perUnitOf(published as Points),
  perToolOf(published as Points),
  published.amounts
])

/** What is published. */
export const Published = fileOf({ ...published, price: PublishedPrice })
