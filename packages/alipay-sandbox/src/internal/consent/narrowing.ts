/**
 * What the principal grants: the terms that were asked for, narrowed by the fields of the consent form, never widened.
 *
 * `narrow` reads the form. `isWithin` looks at the result as a whole, whatever made it, and is asked before anything is issued.
 */
import * as BeijingTime from "@paylayer/alipay/BeijingTime"
import type { IntentAuthorizationCredential as Iac } from "@paylayer/alipay/IntentAuthorizationCredential"
import * as Money from "@paylayer/core/Money"
import * as DateTime from "effect/DateTime"
import * as Result from "effect/Result"
import * as Categories from "./categories.ts"

/** The fields of the form that carry terms. */
export type Field =
  | "max_total_amount"
  | "max_single_amount"
  | "times_limit"
  | "validity_end_time"
  | "allowed_payment_methods"
  | "allowed_categories"
  | "allowed_merchants"

/** Why a field cannot be granted. */
export type Problem =
  | "amount"
  | "count"
  | "time"
  | "required"
  | "wider"
  | "past"
  | "below-minimum"
  | "none-chosen"
  | "not-offered"

export interface Issue {
  readonly field: Field
  readonly problem: Problem
}

/** The preferences that are offered where the agent asked for no particular one. */
export const preferences: ReadonlyArray<string> = ["BALANCE", "CREDIT", "HUABEI_INSTALLMENTS"]

/** A time as the form shows it: Beijing's, with seconds only where there are any. */
export const timeField = (at: DateTime.Utc): string =>
  BeijingTime.format(at.epochMilliseconds)
    .replace(" ", "T")
    .replace(/(T\d\d:\d\d):00$/, "$1")

const ok = Result.succeed
const no = (field: Field, problem: Problem) => Result.fail<Issue>({ field, problem })

const text = (form: URLSearchParams, field: Field): string => (form.get(field) ?? "").trim()

const amount = (form: URLSearchParams, field: Field, asked: Money.Money | undefined, iac: Iac) => {
  const written = text(form, field)
  if (written === "") return asked === undefined ? ok(undefined) : no(field, "required")
  const given = Money.parse(iac.currency, written)
  if (Result.isFailure(given) || given.success.minor === 0n) return no(field, "amount")
  return asked !== undefined && given.success.minor > asked.minor ? no(field, "wider") : ok(given.success)
}

const count = (form: URLSearchParams, asked: number | undefined) => {
  const written = text(form, "times_limit")
  if (written === "") return asked === undefined ? ok(undefined) : no("times_limit", "required")
  if (!/^[1-9][0-9]{0,8}$/.test(written)) return no("times_limit", "count")
  return asked !== undefined && Number(written) > asked ? no("times_limit", "wider") : ok(Number(written))
}

const end = (form: URLSearchParams, iac: Iac, now: number) => {
  const written = text(form, "validity_end_time")
  // What is shown to the second is granted to the millisecond if it was left as it was.
  if (written === timeField(iac.validity_end_time)) return ok(iac.validity_end_time)
  const [day, clock = ""] = written.split("T")
  const read = BeijingTime.parse(`${day} ${/^\d\d:\d\d$/.test(clock) ? `${clock}:00` : clock}`)
  if (Result.isFailure(read)) return no("validity_end_time", "time")
  if (read.success > iac.validity_end_time.epochMilliseconds) return no("validity_end_time", "wider")
  return read.success <= now || read.success <= iac.validity_start_time.epochMilliseconds
    ? no("validity_end_time", "past")
    : ok(DateTime.makeUnsafe(read.success))
}

/** The chosen ones of a list. All of what was asked for is what was asked for, also where that is "any". */
const chosen = (form: URLSearchParams, field: Field, asked: ReadonlyArray<string> | undefined, offered = asked) => {
  const ticked = new Set(form.getAll(field).map((value) => value.trim()))
  ticked.delete("")
  if (ticked.size === 0) return no(field, "none-chosen")
  if ([...ticked].some((value) => offered?.includes(value) !== true)) return no(field, "not-offered")
  const kept = offered!.filter((value) => ticked.has(value))
  return ok(kept.length === offered!.length ? asked : kept)
}

const scoped = (
  form: URLSearchParams,
  field: Field,
  asked: ReadonlyArray<string> | undefined,
  known: (value: string) => boolean
) => {
  if (asked !== undefined) return chosen(form, field, asked)
  const named = [...new Set(form.getAll(field).flatMap((value) => value.split(/[\s,，、]+/u)))].filter(Boolean)
  if (named.length > 50 || !named.every(known)) return no(field, "not-offered")
  return ok(named.length === 0 ? undefined : named)
}

/** The terms as the form grants them, or everything that is wrong with it. */
export const narrow = (iac: Iac, form: URLSearchParams, now: number): Result.Result<Iac, ReadonlyArray<Issue>> => {
  const commerce = iac.ext?.commerce
  const issues: Array<Issue> = []
  const take = <A>(read: Result.Result<A, Issue>): A | undefined => {
    if (Result.isSuccess(read)) return read.success
    issues.push(read.failure)
    return undefined
  }
  const total = take(amount(form, "max_total_amount", iac.max_total_amount, iac))
  const single = take(amount(form, "max_single_amount", commerce?.max_single_amount, iac))
  const times = take(count(form, iac.ext?.vendor_private?.times_limit))
  const until = take(end(form, iac, now))
  const asked = iac.allowed_payment_methods
  const methods = take(chosen(form, "allowed_payment_methods", asked, asked ?? preferences))
  const categories = take(scoped(form, "allowed_categories", commerce?.allowed_categories, isCategory))
  const merchants = take(scoped(form, "allowed_merchants", commerce?.allowed_merchants, isMerchant))
  const least = commerce?.min_single_amount?.minor ?? 0n
  for (const [field, limit] of [
    ["max_total_amount", total],
    ["max_single_amount", single]
  ] as const) {
    if (limit !== undefined && limit.minor < least) issues.push({ field, problem: "below-minimum" })
  }
  if (issues.length > 0 || total === undefined || until === undefined) return Result.fail(issues)
  const { allowed_payment_methods: _, ...rest } = iac
  return Result.succeed({
    ...rest,
    max_total_amount: total,
    validity_end_time: until,
    ...(methods !== undefined && { allowed_payment_methods: methods }),
    ext: {
      ...iac.ext,
      commerce: {
        ...commerce,
        ...(single !== undefined && { max_single_amount: single }),
        ...(categories !== undefined && { allowed_categories: categories }),
        ...(merchants !== undefined && { allowed_merchants: merchants })
      },
      vendor_private: { ...iac.ext?.vendor_private, ...(times !== undefined && { times_limit: times }) }
    }
  })
}

const isCategory = (code: string) => Categories.codes.includes(code)
const isMerchant = (id: string) => /^[A-Za-z0-9._@-]{1,64}$/.test(id)

const fewer = (asked: ReadonlyArray<string> | undefined, granted: ReadonlyArray<string> | undefined): boolean =>
  asked === undefined || granted?.every((value) => asked.includes(value)) === true

const more = (asked: ReadonlyArray<string> | undefined, granted: ReadonlyArray<string> | undefined): boolean =>
  fewer(granted ?? [], asked ?? [])

const atMost = <A extends bigint | number>(asked: A | undefined, granted: A | undefined): boolean =>
  asked === undefined || (granted !== undefined && granted <= asked)

/** Whether everything that `granted` allows was asked for. */
export const isWithin = (asked: Iac, granted: Iac): boolean => {
  const [a, g] = [asked.ext?.commerce, granted.ext?.commerce]
  return (
    asked.currency === granted.currency &&
    asked.agent_id === granted.agent_id &&
    atMost(asked.max_total_amount.minor, granted.max_total_amount.minor) &&
    atMost(a?.max_single_amount?.minor, g?.max_single_amount?.minor) &&
    (a?.min_single_amount === undefined || a.min_single_amount.minor <= (g?.min_single_amount?.minor ?? 0n)) &&
    atMost(asked.ext?.vendor_private?.times_limit, granted.ext?.vendor_private?.times_limit) &&
    atMost(asked.validity_end_time.epochMilliseconds, granted.validity_end_time.epochMilliseconds) &&
    granted.validity_start_time.epochMilliseconds >= asked.validity_start_time.epochMilliseconds &&
    fewer(asked.allowed_payment_methods, granted.allowed_payment_methods) &&
    fewer(a?.allowed_categories, g?.allowed_categories) &&
    fewer(a?.allowed_merchants, g?.allowed_merchants) &&
    more(a?.forbidden_categories, g?.forbidden_categories) &&
    more(a?.forbidden_merchants, g?.forbidden_merchants)
  )
}
