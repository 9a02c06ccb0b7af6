/**
 * Where a thread of the crew begins. It takes what is compiled already from the cache, so it has to say so before it loads anything.
 */
import { enableCompileCache } from "node:module"

enableCompileCache()
void import("./crewWork.ts")
