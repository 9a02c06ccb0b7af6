/**
 * The authorisation flow: an agent asks over HTTP, a principal decides on a page, the agent fetches its token.
 *
 * Requests and sign-ins live as long as the HTTP application, delegations as long as the platform.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { RandomBytes } from "../RandomBytes.ts"
import { oauth } from "./consent/oauth.ts"
import * as Requests from "./consent/requests.ts"
import * as Sessions from "./consent/sessions.ts"
import { wallet } from "./consent/wallet.ts"

/** The routes of both sides. */
export const consent = Layer.unwrap(
  Effect.map(RandomBytes, (bytes) => {
    const requests = Requests.make(bytes)
    return Layer.mergeAll(oauth(requests), wallet(requests, Sessions.make(bytes)))
  })
)
