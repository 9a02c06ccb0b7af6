// The reference plug-ins keep every law, so no law is stricter than the contract. Less is tried here than by `pnpm conformance`,
// which CI runs too.
import { conformance } from "@paylayer/conformance/vitest"
import * as Reference from "@paylayer/conformance/reference/Reference"

for (const subject of Reference.all) conformance(subject, { seed: 1, profile: "quick" })
