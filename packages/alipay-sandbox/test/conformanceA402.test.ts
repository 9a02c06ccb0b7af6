// The seller of metered payments keeps the laws of the conformance kit. CI tries more of it, with `pnpm conformance`.
import { conformance } from "@paylayer/conformance/vitest"
import { a402Subject } from "../conformance/subject.ts"

conformance(a402Subject, { profile: "quick" })
