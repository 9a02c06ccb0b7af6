// The plug-in keeps the laws of the conformance kit, with tokens whose terms Alipay tells. Less is tried here than by
// `pnpm conformance`, which CI runs too: most of it is tried with the other tokens as well.
import { conformance } from "@paylayer/conformance/vitest"
import { opaqueSubject } from "../conformance/subject.ts"

conformance(opaqueSubject, { profile: "quick" })
