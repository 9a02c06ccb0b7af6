// A merchant with nothing but Alipay's SDK and the tools of its system fetches the bill. Under a second.
process.env["TZ"] = "Asia/Shanghai"

import { afterAll, assert, it } from "@effect/vitest"
import { AlipaySdk } from "alipay-sdk"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/testing/TestClock"
import { inflateRawSync } from "node:zlib"
import { AlipaySandbox } from "../src/AlipaySandbox.ts"
import { SandboxServer } from "../src/SandboxServer.ts"
import { order } from "./merchant.ts"

const runtime = ManagedRuntime.make(
  SandboxServer.layer().pipe(Layer.provideMerge(AlipaySandbox.layer), Layer.provideMerge(TestClock.layer()))
)
afterAll(() => runtime.dispose())

/** The files of an archive, by the names' bytes, read from its directory at the end as the format says. */
const unzip = (archive: Buffer): Map<string, string> => {
  const files = new Map<string, string>()
  const gbk = new TextDecoder("gbk", { fatal: true })
  const end = archive.lastIndexOf(Buffer.from("PK\u0005\u0006"))
  let at = archive.readUInt32LE(end + 16)
  for (let left = archive.readUInt16LE(end + 10); left > 0; left--) {
    const nameLength = archive.readUInt16LE(at + 28)
    const name = gbk.decode(archive.subarray(at + 46, at + 46 + nameLength))
    const local = archive.readUInt32LE(at + 42)
    const start = local + 30 + archive.readUInt16LE(local + 26) + archive.readUInt16LE(local + 28)
    const content = archive.subarray(start, start + archive.readUInt32LE(at + 20))
    files.set(name, gbk.decode(archive.readUInt16LE(at + 10) === 0 ? content : inflateRawSync(content)))
    at += 46 + nameLength + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32)
  }
  return files
}

it("alipay-sdk, unchanged, learns where the bill is; the archive holds two tables in GBK with names in GBK", async () => {
  const { gateway } = await runtime.runPromise(Effect.map(SandboxServer, (address) => address))
  const sandbox = await runtime.runPromise(Effect.map(AlipaySandbox, (service) => service))
  const { alipay_public_key, app_id, application_private_key } = sandbox.config
  const sdk = new AlipaySdk({
    appId: app_id,
    privateKey: Redacted.value(application_private_key),
    keyType: "PKCS8",
    alipayPublicKey: alipay_public_key,
    gateway
  })
  const exec = (method: string, bizContent: object) => sdk.exec(method, { bizContent }, { validateSign: true })
  await runtime.runPromise(TestClock.setTime(Date.parse("2026-11-21T12:00:00+08:00")))
  const terms = { validity_end_time: "2026-12-01T00:00:00Z" }
  const { agreement_no, delegation_id } = await runtime.runPromise(sandbox.issue(terms))
  const prepaid = await exec("alipay.trade.order.prepay", order("sdk_1", "15.00"))
  const paid = await exec("alipay.trade.agent.delegation.pay", {
    prepay_id: prepaid["prepayId"],
    agreement_no,
    delegation_id
  })
  await runtime.runPromise(TestClock.setTime(Date.parse("2026-11-22T10:00:00+08:00")))
  const asked = { billType: "trade", billDate: "2026-11-21" }
  const answer = await exec("alipay.data.dataservice.bill.downloadurl.query", asked)
  assert.strictEqual(answer.code, "10000")
  const response = await fetch(answer["billDownloadUrl"])
  const files = unzip(Buffer.from(await response.arrayBuffer()))
  const name = "20880000000000000156_20261121_业务明细"
  assert.deepStrictEqual([...files.keys()], [`${name}.csv`, `${name}(汇总).csv`])
  const detail = files.get(`${name}.csv`)!.split("\r\n")
  assert.strictEqual(detail[2], "#起始日期：[2026年11月21日 00:00:00]   终止日期：[2026年11月22日 00:00:00]")
  assert.strictEqual(
    detail[5],
    `${paid["tradeNo"]}\t,sdk_1\t,交易\t,市场报告,2026-11-21 12:00:00,2026-11-21 12:00:00,\t,\t,\t,\t,***(208***001),15.00,15.00,0.00,0.00,0.00,0.00,0.00,,0.00\t,0.00,\t,0.00,0.00,`
  )
  assert.strictEqual(detail[7], "#交易合计：1笔，商家实收共15.00元，商家优惠共0.00元")
  assert.strictEqual(
    files.get(`${name}(汇总).csv`)!.split("\r\n")[5],
    "合计,,1,0,15.00,15.00,0.00,0.00,0.00,0.00,0.00,15.00"
  )
})
