/**
 * The reference subjects: two plug-ins of two flows, written apart from each other, that keep every law. They keep the laws from
 * being stricter than the contract.
 */
import * as Subject from "../Subject.ts"
import * as Ticket from "./Ticket.ts"
import * as TicketProvider from "./TicketProvider.ts"
import * as Voucher from "./Voucher.ts"
import * as VoucherProvider from "./VoucherProvider.ts"

/** `authorize-then-settle`, used many times. */
export const voucher = Subject.make({
  name: "voucher",
  protocol: Voucher.Voucher,
  layer: Voucher.Voucher.layer,
  provider: VoucherProvider.layer
})

/** `prepaid-then-confirm`, used once. */
export const ticket = Subject.make({
  name: "ticket",
  protocol: Ticket.Ticket,
  layer: Ticket.Ticket.layer,
  provider: TicketProvider.layer
})

/** Both. */
export const all = [voucher, ticket] as const
