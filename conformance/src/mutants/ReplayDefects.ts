/** Defects in what, and whom, a credential is good for. */
import type { Charge } from "@paylayer/core/Charge"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import * as Struct from "effect/Struct"
import * as Mutant from "../Mutant.ts"
import type { Paid } from "../reference/Kiosk.ts"
import * as Reference from "../reference/Reference.ts"
import { codeOf, misreading } from "../internal/misreading.ts"

/** Tickets that are bound to less than the whole request. */
export const binding =
  (of: (charge: Charge) => ReadonlyArray<string>) =>
  (plugin: AnyProtocol): AnyProtocol => {
    const loosely = (charge: Charge): Charge => ({ ...charge, binding: JSON.stringify(of(charge)) })
    return {
      ...plugin,
      challenge: (charge) => plugin.challenge(loosely(charge)),
      validate: (credential, charge) => plugin.validate(credential, loosely(charge))
    }
  }

const unbound = Mutant.make({
  name: "resource-unbound",
  defect: "binds a payment to merchant and amount, so that it buys anything of the same price",
  killedBy: ["RPL-02"],
  of: Reference.ticket,
  change: binding(({ merchant }) => [merchant])
})

const pathOnly = Mutant.make({
  name: "binds-path-only",
  defect: "binds a payment to the path, and not to the query behind it",
  killedBy: ["RPL-02"],
  of: Reference.ticket,
  change: binding(({ merchant, method, resource }) => [merchant, method, resource.split("?")[0] ?? ""])
})

const bodyUnbound = Mutant.make({
  name: "body-unbound",
  defect: "binds a payment to method and resource, so that the body can be swapped after it was paid for",
  killedBy: ["RPL-02"],
  of: Reference.ticket,
  change: binding(({ merchant, method, resource }) => [merchant, method, resource])
})

const methodUnbound = Mutant.make({
  name: "method-unbound",
  defect: "binds a payment to the resource and not to what is done with it",
  killedBy: ["RPL-02"],
  of: Reference.ticket,
  change: binding(({ merchant, resource }) => [merchant, resource])
})

const payeeUnbound = Mutant.make({
  name: "payee-unbound",
  defect: "takes a payment that was made to another merchant",
  killedBy: ["RPL-03"],
  of: Reference.ticket,
  change: (plugin) => {
    const { challenge, validate } = binding(({ method, resource }) => [method, resource])(plugin)
    return {
      ...plugin,
      challenge,
      validate: (credential, charge) => {
        const [body = ""] = codeOf(credential).split("~")
        const { merchant }: Paid = JSON.parse(Buffer.from(body, "base64url").toString())
        return validate(credential, { ...charge, merchant })
      }
    }
  }
})

const merchantsIgnored = Mutant.make({
  name: "merchants-ignored",
  defect: "does not look whom a mandate may pay",
  killedBy: ["RPL-03"],
  change: misreading((mandate) => Struct.omit(mandate, ["merchants"]))
})

const merchantByPrefix = Mutant.make({
  name: "merchant-by-prefix",
  defect: "lets a merchant in whose name begins like an allowed one",
  killedBy: ["RPL-03"],
  change: misreading((mandate, { charge: { merchant } }) =>
    mandate.merchants?.allowed?.some((name) => name !== "" && merchant.startsWith(name)) === true
      ? { ...mandate, merchants: { ...mandate.merchants, allowed: [merchant] } }
      : mandate
  )
})

const forbiddenIgnored = Mutant.make({
  name: "forbidden-merchants-ignored",
  defect: "reads the list of allowed merchants, and not that of forbidden ones",
  killedBy: ["RPL-03"],
  change: misreading((mandate) =>
    mandate.merchants === undefined ? mandate : { ...mandate, merchants: Struct.omit(mandate.merchants, ["forbidden"]) }
  )
})

export const mutants: ReadonlyArray<Mutant.Mutant> = [
  unbound,
  pathOnly,
  bodyUnbound,
  methodUnbound,
  payeeUnbound,
  merchantsIgnored,
  merchantByPrefix,
  forbiddenIgnored
]
