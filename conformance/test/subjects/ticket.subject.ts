export { ticket as subject } from "@paylayer/conformance/reference/Reference"
