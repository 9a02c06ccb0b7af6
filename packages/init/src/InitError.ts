/**
 * Everything that is wrong with what `init` was given and with the environment, at once.
 *
 * @example
 * Paylayer was not started. 2 things are wrong:
 *
 *   1. pricing.CNY: "1.105" has more than 2 decimals
 *      Write an amount in major units, such as "1.10".
 *   2. ALIPAY_APP_ID: it is not set
 *      …
 */
export interface Issue {
  /** An option, such as `pricing.CNY`, or a variable of the environment. */
  readonly where: string
  readonly message: string
  readonly hint: string
}

export class InitError extends Error {
  override readonly name = "InitError"
  readonly issues: ReadonlyArray<Issue>
  constructor(issues: ReadonlyArray<Issue>) {
    const count = issues.length === 1 ? "1 thing is" : `${issues.length} things are`
    const lines = issues.map(
      ({ hint, message, where }, index) =>
        `  ${index + 1}. ${where}: ${message}\n     ${hint.replaceAll("\n", "\n     ")}`
    )
    super(`Paylayer was not started. ${count} wrong:\n\n${lines.join("\n")}\n`)
    this.issues = issues
  }
}
