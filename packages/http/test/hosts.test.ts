// Every host of this package, asked with one list of cases.
import { hosts } from "./hosts.ts"
import { everyHttpHost } from "./httpCases.ts"

for (const host of hosts) everyHttpHost(host)
