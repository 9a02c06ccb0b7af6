/**
 * What PostgreSQL says, as a `LedgerError`. Never a parameter, never the connection's url.
 */
import { LedgerError } from "@paylayer/core/Ledger"
import type { SqlError } from "effect/sql/SqlError"

/**
 * Classes of SQLSTATE whose messages name objects of the database and no values: connection, authorization, transaction,
 * syntax and access, resources, operator, system.
 * See https://www.postgresql.org/docs/current/errcodes-appendix.html
 */
const telling = new Set(["08", "25", "28", "3D", "3F", "40", "42", "53", "55", "57", "58", "XX"])

const said = ({ reason }: SqlError): string => {
  const { cause } = reason
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined
  // Without a code, or with one of the operating system (ECONNREFUSED), it is the client that speaks.
  if (code === undefined || !/^[0-9A-Z]{5}$/.test(code))
    return `${reason.message ?? reason._tag}${code === undefined ? "" : ` (${code})`}`
  return telling.has(code.slice(0, 2)) && cause instanceof Error ? `${cause.message} (${code})` : `error ${code}`
}

/** An operation failed, and nothing is known to be recorded. */
export const failed =
  (doing: string) =>
  (error: SqlError): LedgerError =>
    new LedgerError({ message: `PostgreSQL could not ${doing}: ${said(error)}` })
