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

/** Names of metrics, each with what its labels are. */
export const metrics = {
  /** Counter: requests by `protocol` and `outcome`, which is as in `attributes`. */
  sales: "paylayer_sales",
  /** Counter: refused requests by `protocol`, `code` and `moved`. */
  refusals: "paylayer_refusals",
  /** Counter: minor units that a provider settled, by `protocol` and `currency`. */
  movements: "paylayer_movements",
  /** Histogram: seconds by `protocol`, `step` (a method of the contract, or `handler`) and `result` (`ok` or `failed`). */
  stepDuration: "paylayer_step_duration_seconds"
} as const
