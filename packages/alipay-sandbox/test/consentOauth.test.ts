/** A client that others wrote, `oauth4webapi`, asks for a delegation and fetches its token, by the RFCs alone. */
import { afterAll, assert, beforeAll, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FetchHttpClient from "effect/http/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as OAuth from "oauth4webapi"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"
import * as SandboxPrincipal from "../src/SandboxPrincipal.ts"
import { SandboxServer } from "../src/SandboxServer.ts"

const runtime = ManagedRuntime.make(
  SandboxServer.layer().pipe(Layer.provideMerge(AlipaySandbox.layer), Layer.provideMerge(FetchHttpClient.layer))
)
let issuer: URL
beforeAll(async () => {
  issuer = new URL((await runtime.runPromise(SandboxServer.use(Effect.succeed))).url)
})
afterAll(() => runtime.dispose())

const options = { [OAuth.allowInsecureRequests]: true }
const client = { client_id: "agent_witness" }

it("an independent client discovers, asks, waits, fetches and introspects", async () => {
  const discovered = await OAuth.discoveryRequest(issuer, { algorithm: "oauth2", ...options })
  const server = await OAuth.processDiscoveryResponse(issuer, discovered)
  const verifier = OAuth.generateRandomCodeVerifier()
  const asked = await OAuth.deviceAuthorizationRequest(
    server,
    client,
    OAuth.None(),
    {
      code_challenge: await OAuth.calculatePKCECodeChallenge(verifier),
      code_challenge_method: "S256",
      authorization_details: JSON.stringify([{ type: "alipay_agent_payment", max_total_amount: 8 }])
    },
    options
  )
  const request = await OAuth.processDeviceAuthorizationResponse(server, client, asked)
  const fetchToken = async () =>
    OAuth.processDeviceCodeResponse(
      server,
      client,
      await OAuth.deviceCodeGrantRequest(server, client, OAuth.None(), request.device_code, {
        additionalParameters: { code_verifier: verifier },
        ...options
      })
    )
  const early = await fetchToken().catch((error: unknown) => error)
  assert.instanceOf(early, OAuth.ResponseBodyError)
  assert.strictEqual(early.error, "authorization_pending")
  const page = await runtime.runPromise(
    Effect.flatMap(SandboxPrincipal.make(), (principal) => principal.approve(request.verification_uri_complete!))
  )
  assert.include(page.html, "Approved")
  const token = await fetchToken()
  assert.match(token.access_token, /^alipay_agent_token_/)
  assert.strictEqual(token.token_type, "bearer")
  assert.deepInclude(token.authorization_details?.[0], { type: "alipay_agent_payment", max_total_amount: 8 })
  const introspected = await OAuth.processIntrospectionResponse(
    server,
    client,
    await OAuth.introspectionRequest(server, client, OAuth.None(), token.access_token, options)
  )
  assert.deepInclude(introspected, { active: true, client_id: "agent_witness", remaining_amount: 8 })
})
