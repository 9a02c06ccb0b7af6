// The plug-in keeps the laws of the conformance kit, with both kinds of agent token.
import { conformance } from "@paylayer/conformance/vitest"
import { opaqueSubject, subject } from "../conformance/subject.ts"

conformance(subject)
conformance(opaqueSubject)
