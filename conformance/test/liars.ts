// Plug-ins whose answers are one thing and whose deeds are another. Unlike the mutants each has a defect that breaks many laws.
import * as Reference from "@paylayer/conformance/reference/Reference"
import * as Kiosk from "@paylayer/conformance/reference/Kiosk"
import * as Till from "@paylayer/conformance/reference/Till"
import * as VoucherProvider from "@paylayer/conformance/reference/VoucherProvider"
import { Provider } from "@paylayer/conformance/Provider"
import * as Subject from "@paylayer/conformance/Subject"
import type { Charge } from "@paylayer/core/Charge"
import { type Credential, found, none } from "@paylayer/core/Detection"
import type { Mandate } from "@paylayer/core/Mandate"
import * as Money from "@paylayer/core/Money"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { AnyProtocol, Outcome } from "@paylayer/core/PaymentProtocol"
import type { Receipt } from "@paylayer/core/Receipt"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Struct from "effect/Struct"
import * as Credulous from "./credulous.ts"
import { misreading } from "../src/internal/misreading.ts"

type Environment = Context.Context<never>
type Change = (plugin: AnyProtocol, environment: Environment) => AnyProtocol
type Fails<A> = Effect.Effect<A, PaymentError.PaymentError>

/** What both references can be changed into. */
const ofBoth: { readonly [defect: string]: Change } = {
  "gives receipts for money that it did not take": (plugin) => ({
    ...plugin,
    settle: (_authorization, charge) => Effect.succeed(madeUp(plugin, charge))
  }),
  "takes the money and says that it declined": (plugin) => ({
    ...plugin,
    settle: (authorization, charge) => Effect.andThen(plugin.settle(authorization, charge), decline("after all"))
  }),
  "writes one minor unit more on the receipt": (plugin) =>
    withReceipts(plugin, ({ money, ...receipt }) => ({
      ...receipt,
      money: Money.of(money.currency, money.minor + 1n)
    })),
  "writes another charge on the receipt": (plugin) =>
    withReceipts(plugin, (receipt) => ({ ...receipt, chargeId: "ch_another" })),
  "refuses everything for one and the same reason": (plugin) => {
    const alike = <A>(effect: Fails<A>) =>
      Effect.mapError(effect, (error) =>
        error.moved === "no" && error.retryAfter === undefined ? PaymentError.make(declined("no")) : error
      )
    return {
      ...plugin,
      validate: (credential, charge) => alike(plugin.validate(credential, charge)),
      verify: (mandate, charge) => alike(plugin.verify(mandate, charge))
    }
  },
  "refuses everybody": (plugin) => ({ ...plugin, validate: () => decline("not today") }),
  "does not say what is wrong with a credential": (plugin) => ({
    ...plugin,
    validate: (credential, charge) =>
      Effect.mapError(plugin.validate(credential, charge) as Fails<Mandate>, (error) =>
        error.reason._tag === "CredentialMalformed"
          ? PaymentError.make(new PaymentError.CredentialMalformed({ detail: "it is wrong" }))
          : error
      )
  }),
  "answers with a word that nobody knows": (plugin) => ({
    ...plugin,
    detect: (headers) => {
      const answer = plugin.detect(headers)
      return answer._tag === "None" ? ({ _tag: "Perhaps" } as never) : answer
    }
  }),
  "hands the secret out in the open": (plugin) => ({
    ...plugin,
    detect: (headers) => {
      const answer = plugin.detect(headers)
      return answer._tag === "Found" ? ({ _tag: "Found", credential: { secret: "in the open" } } as never) : answer
    }
  }),
  "finds something in every request": (plugin) => ({
    ...plugin,
    detect: (headers) => {
      const answer = plugin.detect(headers)
      return answer._tag === "None" ? found({ secret: Redacted.make("anything") }) : answer
    }
  }),
  "finds the same in every request of its own": (plugin) => ({
    ...plugin,
    detect: (headers) => {
      const answer = plugin.detect(headers)
      return answer._tag === "Found" ? found({ secret: Redacted.make("the same") }) : answer
    }
  }),
  "finds nothing where another protocol is": (plugin) => ({
    ...plugin,
    detect: (headers) => (headers["x-conformance-decoy"] === undefined ? plugin.detect(headers) : none)
  })
}

const ofVouchers: { readonly [defect: string]: Change } = {
  "fails with a text": (plugin) => ({
    ...plugin,
    validate: (credential, charge) =>
      Effect.mapError(plugin.validate(credential, charge), (error) => String(error)) as unknown as Fails<Mandate>
  }),
  "dies when its provider fails": (plugin) => ({
    ...plugin,
    settle: (authorization, charge) =>
      Effect.catchIf(
        plugin.settle(authorization, charge),
        ({ moved }) => moved === "unknown",
        () => Effect.die("no answer")
      )
  }),
  "does not know what became of any charge": (plugin) => ({
    ...plugin,
    lookup: () => Effect.succeed({ _tag: "Unknown" })
  }),
  "calls every charge settled that it looks up": (plugin) => ({
    ...plugin,
    lookup: (authorization, charge) =>
      Effect.map(plugin.lookup(authorization, charge), (outcome) =>
        outcome._tag === "Settled" ? outcome : { _tag: "Settled", receipt: madeUp(plugin, charge) }
      )
  }),
  "calls no charge settled that it looks up": (plugin) => ({
    ...plugin,
    lookup: (authorization, charge) =>
      Effect.as(plugin.lookup(authorization, charge), { _tag: "NotSettled" } satisfies Outcome)
  }),
  "names another settlement when it looks a charge up": (plugin) => ({
    ...plugin,
    lookup: (authorization, charge) =>
      Effect.map(plugin.lookup(authorization, charge), (outcome) =>
        outcome._tag === "Settled" ? { ...outcome, receipt: { ...outcome.receipt, reference: "another" } } : outcome
      )
  }),
  "leaves a timer behind": (plugin) => {
    setTimeout(() => {}, 5_000)
    return plugin
  },
  "takes every charge twice": (plugin, environment) => ({
    ...plugin,
    settle: andAlso(plugin.settle, takingForItself(environment))
  }),
  "takes what it refuses": (plugin, environment) => {
    const take = takingForItself(environment)
    return {
      ...plugin,
      validate: (credential, charge) => Effect.tapError(plugin.validate(credential, charge), () => take(charge)),
      verify: (mandate, charge) => Effect.tapError(plugin.verify(mandate, charge), () => take(charge))
    }
  },
  "refuses charges of one minor unit": (plugin) => ({
    ...plugin,
    validate: (credential, charge) =>
      charge.money.minor === 1n ? decline("too small") : plugin.validate(credential, charge)
  }),
  "gives nothing back when the charge has run out": (plugin) => {
    const { release } = plugin
    return release === undefined
      ? plugin
      : {
          ...plugin,
          release: (authorization, charge) =>
            Effect.flatMap(Clock.currentTimeMillis, (now) =>
              now < charge.expiresAt.epochMilliseconds ? release(authorization, charge) : Effect.void
            )
        }
  }
}

const ofLaxTills: { readonly [defect: string]: Change } = {
  "forgets budgets when it has seen a second mandate": forgetting("budget"),
  "forgets how often when it has seen a second mandate": forgetting("uses")
}

const ofTickets: { readonly [defect: string]: Change } = {
  "confirms every charge twice": (plugin, environment) => ({
    ...plugin,
    settle: andAlso(plugin.settle, payingForItself(environment))
  }),
  "takes every ticket for every charge": believing(() => true),
  "takes tickets for less than was paid": believing(
    (paid, { money }) => paid.currency === money.currency && BigInt(paid.minor) > money.minor
  ),
  "takes tickets for more than was paid": believing(
    (paid, { money }) => paid.currency === money.currency && BigInt(paid.minor) < money.minor
  ),
  "names the payer after whatever is in the ticket": (plugin) => ({
    ...plugin,
    validate: (credential, charge) =>
      Effect.map(plugin.validate(credential, charge) as Fails<Mandate>, (mandate) => ({
        ...mandate,
        payer: `${mandate.payer} ${Object.keys(billOf(credential) ?? {}).length}`
      }))
  })
}

const declined = (detail: string) => new PaymentError.PaymentDeclined({ detail })
const decline = (detail: string) => PaymentError.fail(declined(detail))

const madeUp = (plugin: AnyProtocol, charge: Charge): Receipt => ({
  chargeId: charge.id,
  protocol: plugin.manifest.id,
  merchant: charge.merchant,
  resource: charge.resource,
  money: charge.money,
  reference: "never",
  settledAt: charge.openedAt
})

const withReceipts = (plugin: AnyProtocol, change: (receipt: Receipt) => Receipt): AnyProtocol => ({
  ...plugin,
  settle: (authorization, charge) => Effect.map(plugin.settle(authorization, charge), change)
})

/** Something done once for each charge that is settled. */
const andAlso =
  (settle: AnyProtocol["settle"], more: (charge: Charge) => Effect.Effect<void>): AnyProtocol["settle"] =>
  (authorization, charge) =>
    Effect.tap(settle(authorization, charge), () => more(charge))

const once = (act: (charge: Charge) => Effect.Effect<void>) => {
  const done = new Set<string>()
  return (charge: Charge) =>
    Effect.suspend(() => {
      if (done.has(charge.id)) return Effect.void
      done.add(charge.id)
      return act(charge)
    })
}

/** Takes the charge's money from an account of its own. */
const takingForItself = (environment: Environment) => {
  const till = Context.get(environment as Context.Context<Till.Till>, Till.Till)
  return once((charge) => {
    const id = `own-${charge.id}`
    return Effect.andThen(till.open({ id, payer: "nobody" }), Effect.ignore(till.take(id, charge.id, charge.money)))
  })
}

/** Pays the charge's bill itself and confirms it. */
const payingForItself = (environment: Environment) => {
  const kiosk = Context.get(environment as Context.Context<Kiosk.Kiosk>, Kiosk.Kiosk)
  return once(({ binding, id, merchant, money: { currency, minor } }) => {
    const bill = { binding, merchant, currency, minor: String(minor), payer: "nobody", until: "2099-01-01T00:00:00Z" }
    return Effect.flatMap(kiosk.pay(bill), ({ number }) => Effect.ignore(kiosk.confirm(number, id)))
  })
}

function forgetting(term: "budget" | "uses"): Change {
  return (plugin) => {
    const seen = new Set<string>()
    return misreading((mandate) => {
      seen.add(mandate.id)
      return seen.size === 1 ? mandate : Struct.omit(mandate, [term])
    })(plugin)
  }
}

const Bill = Schema.fromJsonString(Schema.Record(Schema.String, Schema.Unknown))
const PaidBill = Schema.Struct({
  number: Schema.String,
  payer: Schema.String,
  currency: Schema.String,
  minor: Schema.String.check(Schema.isPattern(/^[0-9]+$/)),
  until: Schema.DateTimeUtcFromString
})
type PaidBill = (typeof PaidBill)["Type"]

/** The bill inside a ticket, whoever signed it. */
const billOf = ({ secret }: Credential) => {
  const [body = ""] = Redacted.value(secret).split("~")
  return Option.getOrElse(Schema.decodeUnknownOption(Bill)(Buffer.from(body, "base64url").toString()), () => ({}))
}

/** Takes a ticket that is refused after all if its bill is good enough. */
function believing(goodEnough: (bill: PaidBill, charge: Charge) => boolean): Change {
  return (plugin) => ({
    ...plugin,
    validate: (credential, charge) =>
      (plugin.validate(credential, charge) as Fails<Mandate>).pipe(
        Effect.catch((error) =>
          Schema.decodeUnknownEffect(PaidBill)(billOf(credential)).pipe(
            Effect.filterOrFail((bill) => goodEnough(bill, charge)),
            Effect.map(({ number, payer, until }): Mandate => ({ id: number, payer, expiresAt: until })),
            Effect.mapError(() => error)
          )
        )
      )
  })
}

/** A double whose credentials are signed for less than decides about money. */
const signingNot = (covers: string): Subject.Subject => ({
  ...Reference.voucher,
  provider: Layer.effect(
    Provider,
    Effect.map(Provider, (provider) => {
      const signed = provider.abilities.signed.filter((field) => field.covers !== covers)
      return { ...provider, abilities: { ...provider.abilities, signed } }
    })
  ).pipe(Layer.provideMerge(Reference.voucher.provider))
})

const laxVoucher: Subject.Subject = {
  ...Reference.voucher,
  provider: VoucherProvider.layerOver(Till.Till.layerOf({ budgets: false }))
}

export interface Liar {
  readonly does: string
  readonly subject: Subject.Subject
}

const liars = (of: Subject.Subject, changes: { readonly [does: string]: Change }): ReadonlyArray<Liar> =>
  Object.entries(changes).map(([does, change]) => ({
    does: `${of.name} ${does}`,
    subject: Subject.mapPlugin(of, change)
  }))

export const all: ReadonlyArray<Liar> = [
  ...liars(Reference.voucher, ofBoth),
  ...liars(Reference.ticket, ofBoth),
  ...liars(Reference.voucher, ofVouchers),
  ...liars(Reference.voucher, Credulous.bits),
  ...liars(Reference.voucher, Credulous.forms),
  ...liars(laxVoucher, ofLaxTills),
  ...liars(Reference.ticket, ofTickets),
  { does: "voucher is not signed for its amounts", subject: signingNot("amount") }
]
