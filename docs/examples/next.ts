// A Next.js route handler, app/markets/[market]/route.ts: `export const POST = route(paid)`. Parameters are in the second
// argument, so the paid handler is made per request.
import type { Paid } from "@paylayer/init/Init"

interface Context {
  readonly params: Promise<{ readonly market: string }>
}

export const route =
  (paid: Paid) =>
  (request: Request, { params }: Context) =>
    paid.fetch(async (request) => Response.json({ market: (await params).market, asked: await request.json() }))(
      request
    )
