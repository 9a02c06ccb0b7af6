/**
 * The sandbox of a host that sells for play money.
 */
import * as Context from "effect/Context"

export interface Sandbox {
  /** Where it is, on this machine. */
  readonly url: string
  /** A fresh agent token, for the header `x-alipay-agent-token`. */
  readonly token: () => Promise<string>
  /** Pays a bill, what `Payment-Needed` holds, and gives the proof for `Payment-Proof`. Where bills are taken. */
  readonly pay: (bill: string) => Promise<string>
}

export class Play extends Context.Service<Play, Sandbox | undefined>()("@paylayer/init/Play") {}
