/**
 * What Paylayer tells of its work, by name. All of it goes through Effect, so any exporter (OpenTelemetry, Prometheus) takes it.
 *
 * Spans are made where a tracer is provided: `paylayer.sale` around a request, and one below it for each call into a protocol,
 * `paylayer.validate` to `paylayer.release`, and for the handler, `paylayer.handler`. Metrics are always counted. No name, label
 * or attribute ever holds a credential; labels are of few values, so that no client can make them many.
 *
 * @example
 * const app = Layer.provide(server, Otlp.layerJson({ baseUrl: "http://127.0.0.1:4318", resource: { serviceName: "research" } }))
 */
import * as Metric from "effect/Metric"

/** Attributes of spans and annotations of logs. */
export const attributes = {
  /** The manifest id; `none` while no credential was found. */
  protocol: "paylayer.protocol",
  chargeId: "paylayer.charge.id",
  /** A decimal in major units. */
  amount: "paylayer.amount",
  /** ISO 4217. */
  currency: "paylayer.currency",
  merchant: "paylayer.merchant",
  /** A route's pattern, or a tool's name. */
  tool: "paylayer.tool",
  /** `sold`, `replayed`, `handler_failed`, `interrupted`, or the code of the error. */
  outcome: "paylayer.outcome",
  /** `no`, `unknown` or `yes`. */
  moved: "paylayer.moved"
} as const

/** Requests by `protocol` and `outcome`, which is as in `attributes`. */
export const sales = Metric.counter("paylayer_sales", { description: "Paid requests by outcome", incremental: true })

/** Refused requests by `protocol`, `code` and `moved`. */
export const refusals = Metric.counter("paylayer_refusals", { description: "Refusals by code", incremental: true })

/** Minor units that the provider settled, by `protocol` and `currency`. */
export const movements = Metric.counter("paylayer_movements", {
  description: "Settled money in minor units",
  bigint: true,
  incremental: true
})

/** Seconds by `protocol`, `step` and `result` (`ok` or `failed`); `step` is a method of the contract, or `handler`. */
export const stepDuration = Metric.histogram("paylayer_step_duration_seconds", {
  description: "How long a step of a paid request takes",
  boundaries: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]
})
