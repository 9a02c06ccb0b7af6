/**
 * What `AlipayA402` needs to know beside `AlipayConfig`, from the environment.
 *
 * | variable | what | default |
 * |---|---|---|
 * | `ALIPAY_SELLER_ID` | who is paid, `2088…` | required |
 * | `ALIPAY_SELLER_NAME` | the seller's name on the bill | required |
 * | `ALIPAY_SERVICE_ID` | what is registered with Alipay as sold, with its price | required |
 * | `ALIPAY_A402_MAXIMUM` | the most that one bill may ask, in yuan | `50.00` |
 * | `ALIPAY_A402_VALIDATION` | `on`: answers carry `Payment-Validation`, which ACT has and Alipay's product has not | `off` |
 *
 * Alipay compares a bill's amount with the price that is registered for its service, so a host with several prices has several
 * services: it provides an `A402Config` of its own, with a `serviceId` that looks at the charge.
 */
import type { Charge } from "@paylayer/core/Charge"
import * as Money from "@paylayer/core/Money"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { AlipayConfigError } from "./AlipayConfig.ts"
import * as Variable from "./internal/configVariable.ts"

/** The most that Ant's published seller lets a bill ask. */
export const defaultMaximum = Money.of("CNY", 50_00n)

const text = (what: string) => (value: string) =>
  // oxlint-disable-next-line no-control-regex -- what a bill may not hold
  value.length <= 256 && !/[\u0000-\u001f\u007f&=]/.test(value)
    ? Result.succeed(value)
    : Result.fail({ message: `${what} has 256 characters at most, and no & or =`, hint: "Copy it from the console." })

const sellerId = (value: string) =>
  /^2088[0-9]{12}$/.test(value)
    ? Result.succeed(value)
    : Result.fail({
        message: "a merchant id is 2088 and twelve more digits",
        hint: "It is the PID on the merchant's account page."
      })

const maximum = (value: string) =>
  Result.mapError(Money.parse("CNY", value), ({ message }) => ({ message, hint: 'Write it in yuan, as "50.00".' }))

const validation = (value: string) =>
  value === "on" || value === "off"
    ? Result.succeed(value === "on")
    : Result.fail({ message: "this is neither on nor off", hint: "Leave it out, or set it to on." })

/** Checked settings. */
export class A402Config extends Context.Service<
  A402Config,
  {
    readonly sellerId: string
    readonly sellerName: string
    /** What is registered with Alipay for the charge's price. */
    readonly serviceId: (charge: Charge) => string
    /** The most that one bill may ask. */
    readonly maximum: Money.Money<"CNY">
    /** Whether an answer that was paid for carries `Payment-Validation`. */
    readonly validation: boolean
  }
>()("@paylayer/alipay/A402Config") {
  /** Reads the environment through `Config`, and files through `FileSystem`. */
  static readonly layer: Layer.Layer<A402Config, AlipayConfigError, FileSystem.FileSystem> = Layer.effect(
    A402Config,
    Effect.gen(function* () {
      const read = yield* Variable.reader
      const seller = yield* read.required("ALIPAY_SELLER_ID", sellerId)
      const sellerName = yield* read.required("ALIPAY_SELLER_NAME", text("a seller's name"))
      const service = yield* read.required("ALIPAY_SERVICE_ID", text("a service's id"))
      const most = yield* read.optional("ALIPAY_A402_MAXIMUM", maximum)
      const validated = yield* read.optional("ALIPAY_A402_VALIDATION", validation)
      if (seller === undefined || sellerName === undefined || service === undefined || read.issues.length > 0) {
        return yield* new AlipayConfigError({ issues: read.issues })
      }
      return {
        sellerId: seller,
        sellerName,
        serviceId: () => service,
        maximum: most ?? defaultMaximum,
        validation: validated ?? false
      }
    })
  )
}
