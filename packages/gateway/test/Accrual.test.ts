import { accrualLaws } from "./accrualLaws.ts"
import { freshSqlite } from "./stores.ts"

accrualLaws("SQLite", freshSqlite, { runs: 40 })
