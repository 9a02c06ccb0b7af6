/**
 * The depot: the provider of vouchers and coupons. It survives every kill, keeps its books in memory, and is no help: it checks
 * no budget, so that whatever is overspent was let through by the ledger.
 *
 * Each call takes a moment before its effect and a moment behind it, a few much longer than a host's lease, and goes on when
 * whoever asked is dead.
 */
import { TillError } from "@paylayer/conformance/reference/Till"
import type { Money } from "@paylayer/core/Money"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import type { Hold, Movement } from "./Movement.ts"

/** Evidence of a movement. */
export interface Slip {
  readonly reference: string
  readonly money: Money
  readonly atMillis: number
}

/** A coupon: what an agent paid for, and which charge it was used for. */
export interface Coupon {
  readonly number: string
  readonly merchant: string
  readonly resource: string
  readonly money: Money
  readonly used?: Slip & { readonly charge: string }
}

/** How long a call takes, before and behind its effect, in milliseconds; and how often, and how long, it takes far too long. */
export interface Pace {
  readonly usual: number
  readonly slow: { readonly share: number; readonly least: number; readonly most: number }
}

export class Depot extends Context.Service<
  Depot,
  {
    readonly hold: (mandate: string, charge: string, money: Money) => Effect.Effect<void, TillError>
    /** Takes money, once per charge. */
    readonly take: (mandate: string, charge: string, money: Money) => Effect.Effect<Slip, TillError>
    /** What became of a charge. One that was not taken never will be. */
    readonly close: (charge: string) => Effect.Effect<Slip | undefined>
    /** An agent pays for a resource. Gives the coupon's number. */
    readonly sell: (merchant: string, resource: string, money: Money) => Effect.Effect<string>
    readonly coupon: (number: string) => Effect.Effect<Coupon | undefined>
    /** Takes note that a coupon was fulfilled, by one charge for good. */
    readonly confirm: (number: string, charge: string) => Effect.Effect<Slip, TillError>
    /** What was taken and what was confirmed, in order. */
    readonly movements: Effect.Effect<ReadonlyArray<Movement>>
    readonly holds: Effect.Effect<ReadonlyArray<Hold>>
  }
>()("@paylayer/crash-test/Depot") {
  static readonly layer = (pace: Pace) => Layer.sync(Depot, () => make(pace))
}

const declined = new TillError({ code: "declined" })
const closed = new TillError({ code: "closed" })

const make = ({ usual, slow }: Pace): Depot["Service"] => {
  const holds = new Map<string, Hold>()
  const taken = new Map<string, Slip>()
  const ended = new Set<string>()
  const coupons = new Map<string, Coupon>()
  const movements: Array<Movement> = []

  const moment = Effect.gen(function* () {
    const late = (yield* Random.next) < slow.share
    yield* Effect.sleep(
      late ? yield* Random.nextIntBetween(slow.least, slow.most) : yield* Random.nextIntBetween(0, usual)
    )
  })

  const call = <A, E>(effect: (atMillis: number) => Effect.Effect<A, E>): Effect.Effect<A, E> =>
    moment.pipe(
      Effect.andThen(Effect.flatMap(Clock.currentTimeMillis, effect)),
      Effect.tap(moment),
      Effect.forkDetach,
      Effect.flatMap(Fiber.join)
    )

  const move = (movement: Omit<Movement, "reference">, atMillis: number): Slip => {
    const reference = `depot-${movements.length + 1}`
    movements.push({ ...movement, reference })
    return { reference, money: movement.money, atMillis }
  }

  return {
    hold: (mandate, charge, money) =>
      call(() => {
        if (ended.has(charge)) return Effect.fail(closed)
        if (!taken.has(charge)) holds.set(charge, { charge, mandate, money })
        return Effect.void
      }),
    take: (mandate, charge, money) =>
      call((atMillis) => {
        const before = taken.get(charge)
        if (before !== undefined) return Effect.succeed(before)
        if (ended.has(charge)) return Effect.fail(closed)
        const slip = move({ protocol: "voucher", charge, mandate, money }, atMillis)
        holds.delete(charge)
        taken.set(charge, slip)
        return Effect.succeed(slip)
      }),
    close: (charge) =>
      call(() => {
        const slip = taken.get(charge)
        if (slip === undefined) ended.add(charge)
        holds.delete(charge)
        return Effect.succeed(slip)
      }),
    sell: (merchant, resource, money) =>
      Effect.sync(() => {
        const number = `coupon-${coupons.size + 1}`
        coupons.set(number, { number, merchant, resource, money })
        return number
      }),
    coupon: (number) => call(() => Effect.succeed(coupons.get(number))),
    confirm: (number, charge) =>
      call((atMillis) => {
        const coupon = coupons.get(number)
        if (coupon === undefined) return Effect.fail(declined)
        if (coupon.used !== undefined) {
          return coupon.used.charge === charge ? Effect.succeed(coupon.used) : Effect.fail(closed)
        }
        const slip = move({ protocol: "coupon", charge, mandate: number, money: coupon.money }, atMillis)
        coupons.set(number, { ...coupon, used: { ...slip, charge } })
        return Effect.succeed(slip)
      }),
    movements: Effect.sync(() => [...movements]),
    holds: Effect.sync(() => [...holds.values()])
  }
}
