/**
 * The port to what pays Alipay's bills for an agent. Alipay gives agents a closed program for it, which Paylayer does not build
 * on; whoever has an agreement with Alipay provides this service. The sandbox has its own.
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"

/** The bill was not paid, or nobody knows whether it was. */
export class BillNotPaid extends Schema.TaggedError<BillNotPaid>()("BillNotPaid", {
  /** For people, without secrets. */
  message: Schema.String,
  moved: Schema.Literals(["no", "unknown"])
}) {}

export class BillPayer extends Context.Service<
  BillPayer,
  {
    /**
     * Pays the bill of a header `Payment-Needed`, and gives the value of the header `Payment-Proof`. An order is paid once: the
     * same bill again gives the same proof, also after a restart.
     */
    readonly pay: (bill: string) => Effect.Effect<Redacted.Redacted<string>, BillNotPaid>
  }
>()("@paylayer/alipay-agent/BillPayer") {}
