/**
 * For hosts that are not here: the one way from a request to its answer, and what a host needs to go it.
 *
 * A host turns its request into an `Incoming`, and its handler into an effect that gives an `HttpServerResponse` without
 * sending it. `answer` sells: what comes out is to be sent, whether the handler made it or not. A body that is the handler's
 * own (`===`) may be one that the host wrapped (`HttpBody.raw`), which is how streams pass through.
 */
export { answer, type Incoming, tooLarge, Unreadable } from "./internal/answering.ts"
export { bodyLimit, incomingRequest, resourceOf } from "./internal/incomingRequest.ts"
export { largest as largestKept } from "./internal/keptAnswer.ts"
