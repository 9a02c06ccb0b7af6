import { assert, describe, it } from "@effect/vitest"
import * as UpstreamAddress from "../src/UpstreamAddress.ts"

describe("an address is public", () => {
  it("when anybody on the internet could have it", () => {
    for (const address of [
      "1.1.1.1",
      "93.184.216.34",
      "172.32.0.1",
      "2606:4700::1111",
      "[2a00:1450::1]",
      "100.128.0.1"
    ])
      assert.isTrue(UpstreamAddress.isPublic(address), address)
  })

  it("and else is not: private, local, mapped, translated, reserved, or no address at all", () => {
    for (const address of [
      "0.0.0.0",
      "10.255.0.1",
      "100.64.0.1",
      "127.0.0.1",
      "127.255.255.255",
      "169.254.169.254",
      "172.16.0.1",
      "172.31.255.255",
      "192.168.1.1",
      "192.0.2.1",
      "198.18.0.1",
      "203.0.113.9",
      "224.0.0.1",
      "255.255.255.255",
      "::",
      "::1",
      "[::1]",
      "::ffff:127.0.0.1",
      "::ffff:10.0.0.1",
      "::ffff:1.1.1.1",
      "::127.0.0.1",
      "fe80::1",
      "fe80::1%eth0",
      "fc00::1",
      "fdff::1",
      "ff02::1",
      "64:ff9b::7f00:1",
      "2002:7f00:1::",
      "2001::1",
      "2001:db8::1",
      "100::1",
      "fec0::1",
      "localhost",
      "",
      "1.2.3",
      "999.1.1.1"
    ])
      assert.isFalse(UpstreamAddress.isPublic(address), address)
  })

  it("whatever way a URL writes it", () => {
    for (const url of [
      "http://2130706433/",
      "http://0x7f.1/",
      "http://0177.0.0.1/",
      "http://[::ffff:7f00:1]/",
      "http://127。0。0。1/"
    ])
      assert.isFalse(UpstreamAddress.isPublic(UpstreamAddress.literal(new URL(url).hostname) ?? "1.1.1.1"), url)
  })
})
