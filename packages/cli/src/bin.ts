#!/usr/bin/env node
/**
 * The command line as a process: `paylayer doctor`.
 */
import { enableCompileCache } from "node:module"

// Most of what a short command takes is the compiler's time.
enableCompileCache()
void import("./internal/main.ts")
