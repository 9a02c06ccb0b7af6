// The plug-in keeps the laws of the conformance kit, with tokens whose terms a merchant reads. Less is tried here than by
// `pnpm conformance`, which CI runs too.
import { conformance } from "@paylayer/conformance/vitest"
import { subject } from "../conformance/subject.ts"

conformance(subject, { profile: "quick" })
