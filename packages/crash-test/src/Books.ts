/**
 * The books: whether what the ledger says, what the providers moved and what agents heard are one story.
 */
import * as Ledger from "@paylayer/core/Ledger"
import * as Money from "@paylayer/core/Money"
import type { Evidence } from "./Evidence.ts"
import type { Movement } from "./Movement.ts"
import type { Order } from "./Order.ts"
import * as Terms from "./Terms.ts"

/** Something that must not be, and the charges that it is about. */
export interface Violation {
  readonly what: string
  readonly charges: ReadonlyArray<string>
}

const violation = (what: string, ...charges: ReadonlyArray<string>): Violation => ({ what, charges })

const grouped = <A>(list: ReadonlyArray<A>, key: (item: A) => string): ReadonlyMap<string, ReadonlyArray<A>> => {
  const groups = new Map<string, Array<A>>()
  for (const item of list) {
    const group = groups.get(key(item))
    if (group === undefined) groups.set(key(item), [item])
    else group.push(item)
  }
  return groups
}

/** The provider's movements are the ledger's settled charges, one for one, for the same money. */
const movements = ({ entries, movements }: Evidence): ReadonlyArray<Violation> => {
  const byCharge = grouped(movements, ({ charge }) => charge)
  const settled = new Map(entries.filter(({ state }) => state === "settled").map((entry) => [entry.charge.id, entry]))
  const unsettled = [...byCharge.keys()].filter((id) => !settled.has(id))
  return [
    ...unsettled.map((id) => violation("the provider moved money for a charge that is not settled", id)),
    ...[...settled].flatMap(([id, { charge, protocol, receipt }]) => {
      const [moved, ...more] = byCharge.get(id) ?? []
      if (moved === undefined) return violation("a charge is settled, but the provider moved nothing", id)
      if (more.length > 0) return violation(`the provider moved money ${more.length + 1} times for one charge`, id)
      const same =
        moved.protocol === protocol &&
        Money.equals(moved.money, charge.money) &&
        receipt?.reference === moved.reference &&
        Money.equals(receipt.money, moved.money)
      return same ? [] : violation("receipt and movement of a charge differ", id)
    })
  ]
}

/** Every charge has come to its end. */
const ended = ({ entries }: Evidence): ReadonlyArray<Violation> =>
  entries
    .filter(({ state }) => Ledger.isOpen(state) || state === "unknown")
    .map(({ charge, state }) => violation(`a charge is still ${state}`, charge.id))

/** Only the host that owns an open charge moves it: one that was stopped meanwhile does not, once another took over. */
const fenced = ({ entries }: Evidence): ReadonlyArray<Violation> =>
  entries
    .filter(({ journal }) =>
      journal.some(({ cause, owner }, index) => {
        const before = journal[index - 1]
        return before !== undefined && Ledger.isOpen(before.state) && cause !== Ledger.adopted && owner !== before.owner
      })
    )
    .map(({ charge }) => violation("a host moved a charge that was another's", charge.id))

/** Nothing is held any more. */
const holds = ({ holds }: Evidence): ReadonlyArray<Violation> =>
  holds.map(({ charge }) => violation("the provider still holds money for a charge", charge))

const spentBy = (movements: ReadonlyArray<Movement>): bigint =>
  movements.reduce((sum, { money }) => sum + money.minor, 0n) / Terms.price.minor

/** No budget is overspent, and what is left of it after all can be spent: nothing stays reserved for nothing. */
const budgets = ({ late, movements, wallets }: Evidence): ReadonlyArray<Violation> => {
  const byMandate = grouped(movements, ({ mandate }) => mandate)
  return wallets.flatMap(({ agent, tokens }) => {
    const taken = tokens.map(({ id }) => byMandate.get(id) ?? [])
    const all = taken.flat()
    const [spent, limit] = [spentBy(all), Terms.answersPerAgent]
    const charges = all.map(({ charge }) => charge)
    return [
      ...taken.flatMap((own, index) =>
        spentBy(own) > Terms.answersPerToken
          ? violation(
              `token ${tokens[index]!.id} of ${agent} paid for ${spentBy(own)} answers, its budget is for ${Terms.answersPerToken}`,
              ...own.map(({ charge }) => charge)
            )
          : []
      ),
      ...(spent > limit ? [violation(`${agent} paid for ${spent} answers, its limit is ${limit}`, ...charges)] : []),
      ...(spent < limit && late.length === 0
        ? [violation(`${agent} could only pay for ${spent} answers of ${limit}`, ...charges)]
        : [])
    ]
  })
}

/** What an agent heard of an order is what happened: one charge, one answer, one movement; or none of them. */
const order = (
  { heard, headers, number, protocol, resource }: Order,
  entries: ReadonlyArray<Ledger.Entry>
): ReadonlyArray<Violation> => {
  const charges = entries.map(({ charge }) => charge.id)
  const said = (what: string) => violation(`order ${number} (${protocol}, ${resource}) ${what}`, ...charges)
  const key = headers["idempotency-key"] === undefined ? "" : ` under its key`
  const answers = heard.filter((one) => one._tag === "Answered")
  const settled = entries.filter(({ state }) => state === "settled")
  const wrong = heard.filter((one) => one._tag === "Unexpected")
  const violations = wrong.map(({ body, status }) => said(`heard ${status}: ${body}`))
  if (new Set(answers.map(({ body }) => body)).size > 1) violations.push(said(`got different answers${key}`))
  if (settled.length > 1) violations.push(said(`was paid for ${settled.length} times`))
  if (answers.length === 0) {
    if (settled.length > 0) violations.push(said("was paid for and never answered"))
    if (protocol === "coupon" && heard.length > 0) violations.push(said("was paid for before and refused"))
    if (heard.length === 0) violations.push(said("never got a last word"))
    return violations
  }
  const paid = settled[0]?.charge.id
  if (paid === undefined) violations.push(said("was answered and never paid for"))
  else {
    if (answers.some(({ charge }) => charge !== paid))
      violations.push(said(`got an answer of another charge than ${paid}`))
    if (answers.some(({ receipt }) => receipt !== undefined && receipt.chargeId !== paid))
      violations.push(said("got a receipt of another charge"))
    if (protocol !== "coupon" && answers.some(({ receipt }) => receipt === undefined))
      violations.push(said("got an answer without a receipt"))
  }
  if (heard.at(-1)?._tag !== "Answered") violations.push(said(`has an answer that cannot be had again${key}`))
  return violations
}

const orders = ({ entries, orders }: Evidence): ReadonlyArray<Violation> => {
  const byResource = grouped(entries, ({ charge }) => charge.resource)
  return orders.flatMap((one) => order(one, byResource.get(one.resource) ?? []))
}

const charge = /ch_[0-9a-f]{32}/

/** Everything that must not be. */
export const violations = (evidence: Evidence): ReadonlyArray<Violation> => [
  ...evidence.failures.map((said) => violation(`a host ended by itself:\n${said}`)),
  ...evidence.late.map((what) => violation(what)),
  ...ended(evidence),
  ...movements(evidence),
  ...fenced(evidence),
  ...holds(evidence),
  ...budgets(evidence),
  ...orders(evidence),
  ...evidence.audit.map((what) => violation(`the ledger's audit: ${what}`, ...(charge.exec(what) ?? [])))
]

const journal = ({ charge, journal, owner, protocol, state }: Ledger.Entry): string =>
  [
    `    ${charge.id} ${protocol} ${Money.print(charge.money)} ${charge.resource}: ${state}, ${owner}`,
    ...journal.map(
      (line) =>
        `      ${String(line.atMillis - charge.openedAt.epochMilliseconds).padStart(7)} ms  ${line.state.padEnd(10)} ${line.owner}  ${line.cause ?? ""}`
    )
  ].join("\n")

/** A violation for people, with the journals of its charges. */
export const explain = ({ charges, what }: Violation, { entries }: Evidence): string =>
  [what, ...entries.filter(({ charge }) => charges.slice(0, 12).includes(charge.id)).map(journal)].join("\n")
