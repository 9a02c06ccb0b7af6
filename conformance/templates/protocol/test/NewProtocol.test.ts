// Every law of the contract, one test each.
import { conformance } from "@paylayer/conformance/vitest"
import { subject } from "./subject.ts"

conformance(subject)
