/**
 * The areas of the catalogue, in the order in which a report lists them.
 */
export const areas = {
  DET: "detection",
  VAL: "validation",
  LIM: "limits",
  CUR: "currency",
  SIG: "signatures",
  EXP: "expiry and clock",
  RPL: "replay",
  IDM: "idempotency",
  RAC: "concurrency",
  RES: "resources and interruption",
  FLT: "faults",
  ERR: "errors",
  RED: "redaction",
  LIF: "lifecycle",
  CMP: "composition"
} as const

/** `"DET"`, `"LIM"` … */
export type AreaId = keyof typeof areas

/** All ids, in order. */
export const ids = Object.keys(areas) as ReadonlyArray<AreaId>
