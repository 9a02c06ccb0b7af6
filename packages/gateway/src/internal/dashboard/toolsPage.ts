/**
 * Tools as they are configured. Headers that carry the gateway's keys to an upstream are named, never shown.
 */
import type * as Currency from "@paylayer/core/Currency"
import { html, type Html, named } from "@paylayer/pages/Html"
import * as ByteSize from "effect/ByteSize"
import * as Duration from "effect/Duration"
import type { Developer } from "../../Developer.ts"
import type { Pricing, Tool } from "../../Tool.ts"
import * as Language from "./language.ts"
import { id, money, page, title, type View } from "./layout.ts"

const amounts = (view: View, prices: ReadonlyArray<{ currency: Currency.Currency; minor: bigint }>): Html =>
  html`${prices.map((one, index) => html`${index > 0 && " · "}${money(view, one)}`)}`

const price = (view: View, pricing: Pricing): Html => {
  const { language, words } = view
  switch (pricing._tag) {
    case "Free":
      return html`${words.prices.free}`
    case "Fixed":
      return html`${amounts(view, pricing.price)} ${words.prices.each}`
    case "PerUnit":
      return html`${Object.entries(pricing.perUnit).map(
        ([currency, micro], index) =>
          html`${index > 0 && " · "}<span class="nowrap">${Language.micro(language, currency, micro)}</span>`
      )}
      ${words.prices.perUnit(pricing.unit)}, ${words.rounding[pricing.rounding]},
      ${words.prices.atMost(amounts(view, pricing.most))}`
    case "Asked":
      return html`${words.prices.computed}`
    case "PerTool":
      return html`${words.prices.perTool}
        <ul class="list">
          ${[...pricing.tools].map(
            ([name, { price }]) => html`<li><span>${named(name)}</span> <span>${amounts(view, price)}</span></li>`
          )}
        </ul>`
  }
}

const card = (view: View, developers: ReadonlyArray<Developer>, tool: Tool): Html => {
  const { language, words } = view
  const { category, description, slug, upstream } = tool
  const developer = developers.find(({ id }) => id === tool.developer)?.name ?? tool.developer
  const span = (duration: Duration.Duration) => Language.span(language, Duration.toMillis(duration))
  const headers = Object.keys(upstream.headers)
  return html`<section class="card">
    <div class="title">
      <h2>${named(tool.title ?? slug)}</h2>
      <a href="/dashboard/charges?tool=${encodeURIComponent(slug)}">${words.seeAll}</a>
    </div>
    ${description !== undefined && html`<p class="soft">${named(description)}</p>`}
    <dl class="facts">
      <dt>${words.address}</dt>
      <dd>${id(`/api/proxy/${slug}`)}</dd>
      <dt>${words.developer}</dt>
      <dd>${named(developer)}</dd>
      <dt>${words.price}</dt>
      <dd>${price(view, tool.price)}</dd>
      <dt>${words.protocolsTaken}</dt>
      <dd>${tool.protocols === undefined ? words.allProtocols : named(tool.protocols.join(", "))}</dd>
      ${
        category !== undefined &&
        html`<dt>${words.category}</dt>
          <dd>${named(category)}</dd>`
      }
      <dt>${words.upstream}</dt>
      <dd>
        ${upstream.kind.toUpperCase()} ${id(`${upstream.url.origin}${upstream.url.pathname}`)}
        ${upstream.allowPrivate && html`<span class="badge warn">${words.privateAddress}</span>`}
      </dd>
      ${
        headers.length > 0 &&
        html`<dt>${words.addedHeaders}</dt>
          <dd>${id(headers.join(", "))}</dd>`
      }
      <dt>${words.timeout}</dt>
      <dd>${words.timeouts(span(upstream.timeout.firstByte), span(upstream.timeout.total))}</dd>
      <dt>${words.request}</dt>
      <dd>${ByteSize.format(upstream.maxRequest)}</dd>
      <dt>${words.response}</dt>
      <dd>${ByteSize.format(upstream.maxResponse)}</dd>
      <dt>${words.atOnce}</dt>
      <dd>${Language.count(language, upstream.concurrency)}</dd>
    </dl>
  </section>`
}

/** The page. */
export const toolsPage = (view: View, tools: ReadonlyArray<Tool>, developers: ReadonlyArray<Developer>): Html => {
  const { words } = view
  return page(
    view,
    words.toolsTitle,
    html`${title(words.toolsTitle)}
    ${
      tools.length === 0
        ? html`<section class="card"><p class="soft">${words.noTools}</p></section>`
        : html`<div class="pair">${tools.map((tool) => card(view, developers, tool))}</div>`
    }`
  )
}
