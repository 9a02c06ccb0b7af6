// The plug-in keeps the laws of the conformance kit, with tokens whose terms Alipay tells. Less is tried here than by
// `pnpm conformance`, which CI runs too.
import { conformance } from "@paylayer/conformance/vitest"
import { opaqueSubject } from "../conformance/subject.ts"

conformance(opaqueSubject, { profile: "quick" })
