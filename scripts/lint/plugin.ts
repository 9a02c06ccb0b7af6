// Lint rules of this repository, for oxlint's `jsPlugins`.
import { numberAmount } from "./number-amount.ts"

export default { meta: { name: "paylayer" }, rules: { "number-amount": numberAmount } }
