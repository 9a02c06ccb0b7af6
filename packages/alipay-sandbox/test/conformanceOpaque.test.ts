// The plug-in keeps the laws of the conformance kit, with tokens whose terms Alipay tells.
import { conformance } from "@paylayer/conformance/vitest"
import { opaqueSubject } from "../conformance/subject.ts"

conformance(opaqueSubject)
