/**
 * Chromium from npm, with the libraries and fonts it comes with: nothing of the system is needed. Unpacks once for a machine. It
 * is built for Linux; elsewhere the tests use the Chrome that is installed.
 */
import Chromium, { inflate, setupLambdaEnvironment } from "@sparticuz/chromium"
import * as Fs from "node:fs"
import * as Module from "node:module"
import * as Os from "node:os"
import * as Path from "node:path"
import { type Browser, chromium as playwright } from "playwright-core"

const packed = Path.join(
  Path.dirname(Module.createRequire(import.meta.url).resolve("@sparticuz/chromium")),
  "../bin/al2023.tar.br"
)

export const launch = async (): Promise<Browser> => {
  if (process.platform !== "linux") return playwright.launch({ channel: "chrome" })
  const executablePath = await Chromium.executablePath()
  const libraries = Path.join(Os.tmpdir(), "al2023", "lib")
  if (!Fs.existsSync(libraries)) await inflate(packed)
  setupLambdaEnvironment(libraries)
  return playwright.launch({ executablePath, args: ["--no-sandbox", "--no-zygote", "--disable-gpu"] })
}
