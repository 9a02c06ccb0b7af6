// Express: the handler is wrapped, and its response is held until the money is settled.
import type { Paid } from "@paylayer/init/Init"
import express from "express"

export const app = (paid: Paid) => {
  const app = express()
  app.use(express.json())
  app.post(
    "/report",
    paid.express((req: express.Request, res: express.Response) => res.json({ asked: req.body }))
  )
  return app
}
