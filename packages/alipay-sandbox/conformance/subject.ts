/**
 * Alipay's protocols for the conformance kit: `alipay-trust` with both kinds of agent token, and `alipay-a402`.
 */
import { AlipayA402 } from "@paylayer/alipay/AlipayA402"
import { AlipayTrust } from "@paylayer/alipay/AlipayTrust"
import * as Subject from "@paylayer/conformance/Subject"
import * as A402Provider from "./A402Provider.ts"
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

/** Metered payments: bills that agents pay by themselves. */
export const a402Subject = Subject.make({
  protocol: AlipayA402,
  layer: AlipayA402.layer,
  provider: A402Provider.layer
})
