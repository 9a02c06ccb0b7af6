/**
 * What the process says when it listens.
 */
import type { Address } from "../SandboxServer.ts"

export const startMessage = ({ gateway, url }: Address): string =>
  `Alipay sandbox on ${url} (this machine only; test money, in memory)

  gateway   ${gateway}
  settings  curl -s ${url}/sandbox/config
  token     curl -s -X POST ${url}/sandbox/tokens -H 'content-type: application/json' \\
              -d '{"max_total_amount":"50.00","ext":{"commerce":{"max_single_amount":"15.00"}}}'
  wallet    ${url}/wallet   (a principal's page, for a browser)
  ledger    curl -s ${url}/sandbox/movements
  more      curl -s ${url}/sandbox

Stop with Ctrl-C.`
