/** Defects in what is taken for a credential: too little, too much, and one of two. */
import * as Detection from "@paylayer/core/Detection"
import type { Manifest } from "@paylayer/core/Manifest"
import type { AnyProtocol } from "@paylayer/core/PaymentProtocol"
import type { RequestHeaders } from "@paylayer/core/RequestHeaders"
import * as Redacted from "effect/Redacted"
import * as PaymentError from "@paylayer/core/PaymentError"
import * as Effect from "effect/Effect"
import type { LawId } from "../Law.ts"
import * as Mutant from "../Mutant.ts"
import * as Rereading from "./Rereading.ts"

type Detect = (headers: RequestHeaders, detect: AnyProtocol["detect"]) => Detection.Detection<Detection.Credential>

/** The reference with another `detect`. */
const detecting = (name: string, defect: string, killedBy: readonly [LawId, ...ReadonlyArray<LawId>], detect: Detect) =>
  Mutant.make({
    name,
    defect,
    killedBy,
    change: (plugin) => ({ ...plugin, detect: (headers) => detect(headers, plugin.detect) })
  })

const finds = (code: string) => Detection.found({ secret: Redacted.make(code) })

/** Another secret than the one that was found. */
const changing = (
  answer: Detection.Detection<Detection.Credential>,
  change: (secret: string) => string
): Detection.Detection<Detection.Credential> =>
  answer._tag === "Found" ? finds(change(Redacted.value(answer.credential.secret))) : answer

/** Headers whose values are changed, before the reference reads them. */
const rewriting = (
  headers: RequestHeaders,
  change: (name: string, values: ReadonlyArray<string>) => ReadonlyArray<string>
): RequestHeaders =>
  Object.fromEntries(Object.entries(headers).map(([name, values = []]) => [name, change(name, values)] as const))

const isOwnHeader = (name: string) => name === "x-voucher" || name === "authorization"

const undeclaredHeader = Mutant.make({
  name: "undeclared-header",
  defect: "leaves the header in which its credentials come out of its manifest",
  killedBy: ["DET-02"],
  change: (plugin) => ({
    ...plugin,
    manifest: { ...plugin.manifest, triggers: [{ header: "x-voucher" }] } satisfies Manifest
  })
})

const cutsLong = detecting(
  "cuts-long-credential",
  "keeps the first 100 characters of a credential",
  ["DET-02"],
  (headers, detect) => changing(detect(headers), (secret) => secret.slice(0, 100))
)

const takesBearer = detecting(
  "takes-any-bearer",
  "reads whatever is sent as a bearer token",
  ["DET-03"],
  (headers, detect) => {
    const token = /^bearer +(.+)$/i.exec(headers["authorization"]?.[0] ?? "")?.[1]
    return token === undefined ? detect(headers) : finds(token)
  }
)

const takesForeign = detecting(
  "reads-another-protocols-header",
  "looks for its credential in the headers of another protocol too",
  ["DET-03"],
  (headers, detect) => {
    const answer = detect(headers)
    const [sent] = headers["x-payment"] ?? headers["payment-signature"] ?? headers["payment-proof"] ?? []
    return answer._tag === "None" && sent !== undefined ? finds(sent) : answer
  }
)

const keepsSpace = detecting(
  "keeps-white-space",
  "takes the white space around a credential for a part of it",
  ["DET-05"],
  (headers, detect) => {
    const [sent = ""] = headers["authorization"] ?? headers["x-voucher"] ?? []
    return changing(detect(headers), (secret) => secret + sent.slice(sent.trimEnd().length))
  }
)

const firstHeaderOnly = detecting(
  "looks-at-first-header",
  "finds its header only when it is the first one",
  ["DET-05"],
  (headers, detect) => {
    const [first = ""] = Object.keys(headers)
    return isOwnHeader(first) ? detect(headers) : Detection.none
  }
)

const oneOf = (name: string, defect: string, choose: (values: ReadonlyArray<string>) => string | undefined) =>
  detecting(name, defect, ["DET-06"], (headers, detect) =>
    detect(
      rewriting(headers, (header, values) => {
        const chosen = isOwnHeader(header) ? choose(values) : undefined
        return chosen === undefined ? values : [chosen]
      })
    )
  )

const firstPlaceWins = detecting(
  "first-place-wins",
  "does not look at the authorization header where x-voucher is sent",
  ["DET-06"],
  (headers, detect) => {
    const { authorization: _, ...others } = headers
    return detect(headers["x-voucher"] === undefined ? headers : others)
  }
)

const tellsBoth = detecting(
  "tells-both-credentials",
  "lists the credentials themselves where it found two",
  ["DET-06"],
  (headers, detect) => {
    const answer = detect(headers)
    return answer._tag === "Ambiguous"
      ? Detection.ambiguous([...(headers["authorization"] ?? []), ...(headers["x-voucher"] ?? [])])
      : answer
  }
)

/** Reads a header of another name as its own. */
const reads = (name: string, defect: string, isNear: (header: string) => boolean) =>
  detecting(name, defect, ["DET-07"], (headers, detect) => {
    const near = Object.keys(headers).find((header) => !isOwnHeader(header) && isNear(header))
    return near === undefined ? detect(headers) : detect({ "x-voucher": headers[near] ?? [] })
  })

/** Reads another scheme as its own. */
const takesScheme = (name: string, defect: string, scheme: RegExp) =>
  detecting(name, defect, ["DET-07"], (headers, detect) =>
    detect(
      rewriting(headers, (header, values) =>
        header === "authorization" ? values.map((value) => value.replace(scheme, "Voucher ")) : values
      )
    )
  )

const otherVersion = /"v":(?!1\b)\d+/

const isOtherVersion = (code: string) =>
  otherVersion.test(Buffer.from(code.split(".")[0] ?? "", "base64url").toString())

const notMine = detecting(
  "other-version-not-mine",
  "does not see a credential of another version",
  ["DET-08"],
  (headers, detect) => {
    const answer = detect(headers)
    return answer._tag === "Found" && isOtherVersion(Redacted.value(answer.credential.secret)) ? Detection.none : answer
  }
)

const anyVersion = Rereading.ofText(
  "takes-any-version",
  "reads a credential of another version as one of its own",
  ["DET-08"],
  (text) => text.replace(otherVersion, '"v":1')
)

const versionIsForm = Mutant.make({
  name: "other-version-malformed",
  defect: "says that a credential of another version cannot be read",
  killedBy: ["DET-08"],
  change: (plugin) => ({
    ...plugin,
    validate: (credential, charge) =>
      Effect.catchIf(
        Rereading.steps(plugin).validate(credential, charge),
        ({ reason }) => reason._tag === "UnsupportedVersion",
        () => PaymentError.fail(new PaymentError.CredentialMalformed({ detail: "the voucher cannot be read at /v" }))
      )
  })
})

export const mutants: ReadonlyArray<Mutant.Mutant> = [
  undeclaredHeader,
  cutsLong,
  takesBearer,
  takesForeign,
  keepsSpace,
  firstHeaderOnly,
  oneOf("first-header-wins", "takes the first of several credentials", ([first]) => first?.split(",")[0]),
  oneOf("last-header-wins", "takes the last of several credentials", (values) => values.at(-1)?.split(",").at(-1)),
  oneOf("first-before-comma", "takes what stands before the comma where a proxy joined two credentials", (values) =>
    values.length === 1 ? values[0]?.split(",")[0] : undefined
  ),
  firstPlaceWins,
  tellsBoth,
  reads("header-by-prefix", "takes every header whose name begins like its own", (name) =>
    name.startsWith("x-voucher")
  ),
  reads("underscore-for-hyphen", "takes underscores and hyphens in a header's name for one", (name) =>
    /^x[_.-]?voucher$/.test(name)
  ),
  reads("header-by-suffix", "takes every header whose name ends like its own", (name) => name.endsWith("voucher")),
  takesScheme("scheme-by-prefix", "takes every scheme that begins like its own", /^voucher\S* +/i),
  takesScheme("scheme-anywhere", "looks for its scheme anywhere in the header", /^.*voucher +/i),
  notMine,
  anyVersion,
  versionIsForm
]
