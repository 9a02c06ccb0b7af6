// Everything that speaks fetch: Bun.serve({ fetch }), Deno.serve(fetch), a worker's `export default { fetch }`.
import type { Paid } from "@paylayer/init/Init"

export const fetch = (paid: Paid) => paid.fetch(async (request) => Response.json({ asked: await request.json() }))
