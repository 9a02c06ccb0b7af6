/** Files made with OpenSSL; see `vectors/README.md`. */
import * as Fs from "node:fs"

export const vector = (name: string): string => Fs.readFileSync(new URL(`vectors/${name}`, import.meta.url), "utf8")
