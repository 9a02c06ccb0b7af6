#!/usr/bin/env node
/**
 * The sandbox as a process: `pnpm sandbox --port 8800`.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as NodeServices from "@effect/platform-node/NodeServices"
import * as Command from "effect/cli/Command"
import * as Effect from "effect/Effect"
import { sandbox } from "./SandboxCommand.ts"

sandbox.pipe(Command.run({ version: "0.1.0" }), Effect.provide(NodeServices.layer), NodeRuntime.runMain)
