// Every host of MCP tools, asked what every host is asked, by the official client.
import { everyHost } from "../../http/test/anyHost.ts"
import { effectful, inMemory, overHttp, transport } from "./hosts.ts"

everyHost(transport("McpServer over streamable HTTP, paid in _meta", overHttp("meta")))
everyHost(transport("McpServer over streamable HTTP, paid in headers", overHttp("headers")))
everyHost(transport("Server in memory", inMemory))
everyHost(transport("Effect's McpServer over streamable HTTP, paid in _meta", effectful("meta")))
