/** Defects in how signatures are compared, and in what is done before. */
import type { Charge } from "@paylayer/core/Charge"
import type { Credential } from "@paylayer/core/Detection"
import type { Mandate } from "@paylayer/core/Mandate"
import * as PaymentError from "@paylayer/core/PaymentError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Struct from "effect/Struct"
import * as Mutant from "../Mutant.ts"
import * as Till from "../reference/Till.ts"
import * as VoucherCode from "../reference/VoucherCode.ts"
import * as VoucherProvider from "../reference/VoucherProvider.ts"
import { believing, codeOf, misreading, partsOf, signed, withCode } from "../internal/misreading.ts"

const macOf = (payload: string) => VoucherCode.mac(payload, VoucherProvider.key)

const comparesPart = Mutant.make({
  name: "compares-part-of-the-mac",
  defect: "compares the first half of the signature",
  killedBy: ["SIG-01"],
  change: believing((code) => {
    const { payload, mac } = partsOf(code)
    const real = macOf(payload)
    return mac.length === real.length && mac.slice(0, 21) === real.slice(0, 21) ? signed(payload) : undefined
  })
})

const spareBits = Mutant.make({
  name: "mac-with-spare-bits",
  defect: "decodes the signature before it compares it, so that one signature is written in four ways",
  killedBy: ["SIG-01"],
  change: believing((code) => {
    const { payload, mac } = partsOf(code)
    const bytes = (text: string) => Buffer.from(text, "base64url").toString("hex")
    return mac.length === 43 && bytes(mac) === bytes(macOf(payload)) ? signed(payload) : undefined
  })
})

const limitByPattern = Mutant.make({
  name: "limit-by-pattern",
  defect: "looks for the limit with a regular expression that knows one way to write it",
  killedBy: ["SIG-03"],
  change: misreading((mandate, { payload }) =>
    payload.includes('"limit":{"') ? mandate : Struct.omit(mandate, ["perCharge"])
  )
})

const oneOrder = Mutant.make({
  name: "fields-in-one-order",
  defect: "refuses the terms in any other order than its own",
  killedBy: ["SIG-03"],
  change: (plugin) => ({
    ...plugin,
    validate: (credential, charge) => {
      const payload = Buffer.from(partsOf(codeOf(credential)).payload, "base64url").toString()
      const [version = -1, id = -1, payer = -1] = ['"v"', '"id"', '"payer"'].map((name) => payload.indexOf(name))
      return id >= 0 && !(version < id && id < payer)
        ? PaymentError.fail(new PaymentError.CredentialMalformed({ detail: "the terms are out of order" }))
        : plugin.validate(credential, charge)
    }
  })
})

const acceptsUnsigned = Mutant.make({
  name: "accepts-unsigned",
  defect: "has nothing to compare where there is no signature, and finds no difference",
  killedBy: ["SIG-04"],
  change: believing((code) => {
    const { payload, mac } = partsOf(code)
    return mac === "" && payload !== "" ? signed(payload) : undefined
  })
})

const acceptsPayload = Mutant.make({
  name: "accepts-payload-alone",
  defect: "has nothing to compare where a credential is the terms alone, and finds no difference",
  killedBy: ["SIG-04"],
  change: believing((code) => (code === "" || code.includes(".") ? undefined : signed(code)))
})

const exampleKey = Mutant.make({
  name: "trusts-the-example-key",
  defect: "takes what is signed with the key of its own documentation, too",
  killedBy: ["SIG-05"],
  change: believing((code) => {
    const { payload, mac } = partsOf(code)
    return mac === VoucherCode.mac(payload, "a key that nobody trusts") ? signed(payload) : undefined
  })
})

const remembersApproval = Mutant.make({
  name: "remembers-approval",
  defect: "asks the till about a mandate once, and believes the answer for ever",
  killedBy: ["SIG-05"],
  change: (plugin) => {
    const approved = new Set<string>()
    return {
      ...plugin,
      verify: (mandate: Mandate, charge: Charge) =>
        Effect.suspend(() =>
          approved.has(mandate.id)
            ? Effect.succeed({ mandate })
            : Effect.tap(plugin.verify(mandate, charge), () => Effect.sync(() => approved.add(mandate.id)))
        )
    }
  }
})

const shortMac = Mutant.make({
  name: "accepts-shortened-mac",
  defect: "compares as much of the signature as was sent",
  killedBy: ["SIG-06"],
  change: believing((code) => {
    const { payload, mac } = partsOf(code)
    return mac !== "" && macOf(payload).startsWith(mac) ? signed(payload) : undefined
  })
})

const ignoresRest = Mutant.make({
  name: "ignores-what-follows",
  defect: "reads a signature of the right length and does not look whether the credential ends there",
  killedBy: ["SIG-06"],
  change: believing((code) => /^[A-Za-z0-9_-]+\.[A-Za-z0-9_-]{43}/.exec(code)?.[0])
})

const diesOnLong = Mutant.make({
  name: "dies-on-long-credential",
  defect: "throws where a credential does not fit into its buffer",
  killedBy: ["SIG-06"],
  change: (plugin) => ({
    ...plugin,
    validate: (credential, charge) =>
      codeOf(credential).length > 8_192
        ? Effect.die(new RangeError("offset is out of bounds"))
        : plugin.validate(credential, charge)
  })
})

const asksFirst = Mutant.make({
  name: "asks-before-it-looks",
  defect: "asks the till about a mandate before it has looked at the signature",
  killedBy: ["SIG-08"],
  change: (plugin, environment) => {
    const till = Context.get(environment as Context.Context<Till.Till>, Till.Till)
    return {
      ...plugin,
      validate: (credential: Credential, charge: Charge) => {
        const read = VoucherCode.read(signed(partsOf(codeOf(credential)).payload), VoucherProvider.key)
        const id = Result.isSuccess(read) ? read.success.id : "unknown"
        return Effect.andThen(
          Effect.ignore(till.hold(id, charge.id, charge.money)),
          plugin.validate(credential, charge)
        )
      }
    }
  }
})

const looksLate = Mutant.make({
  name: "signature-at-verify-only",
  defect: "looks at the signature when the charge is in the books already",
  killedBy: ["SIG-08"],
  change: (plugin) => {
    const sent = new Map<string, Credential>()
    return {
      ...plugin,
      validate: (credential: Credential, charge: Charge) => {
        sent.set(charge.id, credential)
        return plugin.validate(withCode(credential, signed(partsOf(codeOf(credential)).payload)), charge)
      },
      verify: (mandate, charge) =>
        Effect.andThen(plugin.validate(sent.get(charge.id), charge), plugin.verify(mandate, charge))
    }
  }
})

export const mutants: ReadonlyArray<Mutant.Mutant> = [
  comparesPart,
  spareBits,
  limitByPattern,
  oneOrder,
  acceptsUnsigned,
  acceptsPayload,
  exampleKey,
  remembersApproval,
  shortMac,
  ignoresRest,
  diesOnLong,
  asksFirst,
  looksLate
]
