// A browser without a window: keeps its cookies, sends what browsers send, and follows no redirect by itself.
export interface Page {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

export const origin = "http://localhost"

export const visitor = (handler: (request: Request) => Promise<Response>, at = origin) => {
  const cookies = new Map<string, string>()
  const send = async (
    path: string,
    init: RequestInit & { readonly headers?: Record<string, string> } = {}
  ): Promise<Page> => {
    const cookie = [...cookies].map(([name, value]) => `${name}=${value}`).join("; ")
    const host = new URL(at).host
    const headers = { host, ...(cookie === "" ? {} : { cookie }), ...init.headers }
    const response = await handler(new Request(`${at}${path}`, { redirect: "manual", ...init, headers }))
    for (const line of response.headers.getSetCookie()) {
      const [, name, value] = /^([^=]+)=([^;]*)/.exec(line)!
      if (value === "") cookies.delete(name!)
      else cookies.set(name!, value!)
    }
    return { status: response.status, headers: response.headers, text: await response.text() }
  }
  const get = (path: string, headers: Record<string, string> = {}) => send(path, { headers })
  const post = (path: string, fields: Record<string, string>, headers: Record<string, string> = {}) =>
    send(path, {
      method: "POST",
      body: new URLSearchParams(fields).toString(),
      headers: {
        "content-type": "application/x-www-form-urlencoded",
        origin: at,
        "sec-fetch-site": "same-origin",
        ...headers
      }
    })
  return { cookies, get, post }
}

const characters: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', "#39": "'" }
const plain = (text: string) => text.replaceAll(/&(amp|lt|gt|quot|#39);/g, (_, name: string) => characters[name]!)

/** The hidden fields of a page's form that goes to this path, as a browser would send them. */
export const fieldsOf = ({ text }: Page, action: string): Record<string, string> => {
  const form = text.split("<form").find((part) => part.includes(`action="${action}"`)) ?? ""
  const inputs = form.split("</form>")[0]!.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"/g)
  return Object.fromEntries([...inputs].map(([, name, value]) => [name!, plain(value!)]))
}
