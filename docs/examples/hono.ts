// Hono: give the handler Hono's raw request.
import type { Paid } from "@paylayer/init/Init"
import { Hono } from "hono"

export const app = (paid: Paid) => {
  const app = new Hono()
  const report = paid.fetch(async (request) => Response.json({ asked: await request.json() }))
  app.post("/report", (c) => report(c.req.raw))
  return app
}
