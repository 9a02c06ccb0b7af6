/** Defects that let a secret out. */
import type { Credential } from "@paylayer/core/Detection"
import type { Mandate } from "@paylayer/core/Mandate"
import * as PaymentError from "@paylayer/core/PaymentError"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import type { LawId } from "../Law.ts"
import * as Mutant from "../Mutant.ts"
import * as VoucherProvider from "../reference/VoucherProvider.ts"

type Reading = Effect.Effect<Mandate, PaymentError.PaymentError>

/** A plug-in that does something with the credential when it has read it. */
const telling = (
  name: string,
  defect: string,
  killedBy: LawId,
  tell: (code: string, read: Reading) => Reading
): Mutant.Mutant =>
  Mutant.make({
    name,
    defect,
    killedBy: [killedBy],
    change: (plugin: AnyProtocol): AnyProtocol => ({
      ...plugin,
      validate: (credential: Credential, charge) =>
        tell(Redacted.value(credential.secret), plugin.validate(credential, charge) as Reading)
    })
  })

const base64 = (text: string) => Buffer.from(text).toString("base64")

const keyInDetail = Mutant.make({
  name: "key-in-error-detail",
  defect: "quotes the call that failed, with the key that it was made with",
  killedBy: ["RED-01"],
  change: (plugin) => ({
    ...plugin,
    settle: (authorization, charge) =>
      Effect.mapError(plugin.settle(authorization, charge), ({ moved }) =>
        PaymentError.make(
          new PaymentError.OutcomeUnknown({ detail: `POST /take?key=${VoucherProvider.key} did not go well` }),
          { moved }
        )
      )
  })
})

export const mutants: ReadonlyArray<Mutant.Mutant> = [
  telling("credential-in-debug-log", "logs the credential while debugging", "RED-02", (code, read) =>
    Effect.tap(read, () => Effect.logDebug("read", code))
  ),
  telling(
    "encoded-credential-in-log-annotation",
    "annotates its logs with the credential in Base64",
    "RED-02",
    (code, read) => Effect.andThen(Effect.logInfo("reading"), read).pipe(Effect.annotateLogs("id", base64(code)))
  ),
  telling("credential-in-span", "puts the credential into an attribute of a span", "RED-02", (code, read) =>
    Effect.withSpan(read, "read", { attributes: { voucher: code } })
  ),
  telling("credential-in-metric-label", "counts purchases by credential", "RED-02", (code, read) =>
    Effect.tap(read, () => Metric.update(Metric.counter("vouchers", { attributes: { voucher: code } }), 1))
  ),
  telling(
    "credential-in-authorization",
    "keeps the credential in the authorization, since settling might need it",
    "RED-03",
    (code, read) => Effect.map(read, (mandate) => ({ ...mandate, session: code }))
  ),
  keyInDetail
]
