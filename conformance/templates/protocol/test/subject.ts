/**
 * What the conformance kit checks: the protocol, and its provider's double.
 */
import * as Subject from "@paylayer/conformance/Subject"
import { NewProtocol } from "../src/NewProtocol.ts"
import * as BankDouble from "./BankDouble.ts"

export const subject = Subject.make({
  protocol: NewProtocol,
  layer: NewProtocol.layer,
  provider: BankDouble.layer
})
