export { voucher as subject } from "@paylayer/conformance/reference/Reference"
