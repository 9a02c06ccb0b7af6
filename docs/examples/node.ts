// Plain node:http.
import type { Paid } from "@paylayer/init/Init"
import { createServer } from "node:http"

export const server = (paid: Paid) =>
  createServer(
    paid.node(async (request, response) => {
      const chunks: Array<Uint8Array> = []
      for await (const chunk of request) chunks.push(chunk as Uint8Array)
      response.setHeader("content-type", "application/json")
      response.end(JSON.stringify({ asked: JSON.parse(Buffer.concat(chunks).toString()) }))
    })
  )
