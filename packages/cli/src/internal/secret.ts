/** A secret of the environment, or of the file that it names: `NAME` or `NAME_FILE`. */
import * as Secret from "@paylayer/ledger-cli/Secret"
import * as Effect from "effect/Effect"
import { Misused } from "../Ending.ts"

export const secret = (name: string) =>
  Effect.mapError(Secret.secret(name), ({ sentence = `${name} cannot be read` }) => new Misused({ sentence }))
