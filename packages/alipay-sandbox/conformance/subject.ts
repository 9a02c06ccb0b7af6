/**
 * `alipay-trust` for the conformance kit, with both kinds of agent token.
 */
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import * as Subject from "@paylayer/conformance/Subject"
import * as SandboxProvider from "./SandboxProvider.ts"

/** With VC-JWTs, whose terms a merchant reads. */
export const subject = Subject.make({
  protocol: AlipayTrust,
  layer: AlipayTrust.layer,
  provider: SandboxProvider.layer
})

/** With opaque tokens, whose terms Alipay tells. */
export const opaqueSubject = Subject.make({
  name: "alipay-trust, opaque tokens",
  protocol: AlipayTrust,
  layer: AlipayTrust.layer,
  provider: SandboxProvider.layerOpaque
})
