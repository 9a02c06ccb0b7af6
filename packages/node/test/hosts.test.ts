// Both hosts of this package, asked with the cases of every host.
import { everyHttpHost } from "../../http/test/httpCases.ts"
import { hosts } from "./hosts.ts"

for (const host of hosts) everyHttpHost(host)
