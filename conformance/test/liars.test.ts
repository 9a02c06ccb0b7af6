// No law takes a plug-in at its word: what it says is held against what its provider did, and a refusal counts only with its reason.
import * as Conformance from "@paylayer/conformance/Conformance"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Liars from "./liars.ts"

/** Every law that breaks, whatever else breaks with it. */
const foundBy: { readonly [does: string]: string } = {
  "voucher gives receipts for money that it did not take": [
    "LIM-01 LIM-04 LIM-06 CUR-01 CUR-02 CUR-05 SIG-05 EXP-04 RPL-01 RPL-02 IDM-01 IDM-02 IDM-07 RAC-01",
    "RAC-03 RES-02 FLT-02 FLT-01 FLT-07 LIF-03 LIM-13"
  ].join(" "),
  "voucher takes the money and says that it declined": [
    "VAL-01 LIM-01 LIM-04 LIM-05 LIM-06 LIM-07 LIM-09 LIM-10 CUR-01 CUR-02 CUR-05 SIG-05 EXP-01 EXP-02",
    "EXP-04 RPL-01 RPL-02 RPL-03 IDM-01 IDM-02 IDM-07 RAC-01 RES-02 RES-01 FLT-01 FLT-07 ERR-06 LIF-04",
    "LIF-03 CMP-01 CMP-02"
  ].join(" "),
  "voucher writes one minor unit more on the receipt": [
    "LIM-04 LIM-05 LIM-06 LIM-07 LIM-09 CUR-01 CUR-02 CUR-05 SIG-05 EXP-04 RPL-01 RPL-02 RPL-03 IDM-02",
    "IDM-07 RAC-01 RES-02 LIF-03 CMP-01 CMP-02"
  ].join(" "),
  "voucher writes another charge on the receipt": [
    "LIM-04 LIM-05 LIM-06 LIM-07 LIM-09 CUR-05 SIG-05 EXP-04 RPL-01 RPL-02 RPL-03 IDM-02 IDM-07 RAC-01",
    "RES-02 LIF-03 CMP-01 CMP-02"
  ].join(" "),
  "voucher refuses everything for one and the same reason": [
    "DET-08 VAL-03 VAL-04 VAL-05 VAL-06 LIM-01 LIM-10 CUR-01 CUR-04 CUR-05 CUR-06 SIG-01 SIG-04 SIG-05",
    "SIG-06 EXP-01 EXP-02 RPL-03"
  ].join(" "),
  "voucher refuses everybody": [
    "DET-08 VAL-01 VAL-02 VAL-03 VAL-04 VAL-05 VAL-06 LIM-01 LIM-04 LIM-05 LIM-06 LIM-07 LIM-09 LIM-10",
    "CUR-01 CUR-04 CUR-05 CUR-06 SIG-01 SIG-03 SIG-04 SIG-05 SIG-06 SIG-08 EXP-01 EXP-02 EXP-04 EXP-05",
    "RPL-01 RPL-02 RPL-03 IDM-01 IDM-02 IDM-07 RAC-01 RAC-03 RES-01 FLT-01 LIF-04 LIF-03 CMP-01 CMP-02"
  ].join(" "),
  "voucher does not say what is wrong with a credential": "VAL-03 VAL-04",
  "voucher answers with a word that nobody knows": "DET-01 DET-03 DET-07 SIG-06",
  "voucher hands the secret out in the open": "DET-01 ERR-02",
  "voucher finds something in every request": "DET-01 DET-03 DET-07",
  "voucher finds the same in every request of its own": "DET-02 DET-06",
  "voucher finds nothing where another protocol is": "DET-06",
  "ticket gives receipts for money that it did not take": [
    "LIM-06 CUR-01 CUR-02 CUR-05 RPL-01 RPL-02 IDM-01 IDM-02 IDM-07 RAC-01 RAC-03 RES-02 FLT-02 FLT-01",
    "FLT-07 LIF-03"
  ].join(" "),
  "ticket takes the money and says that it declined": [
    "VAL-01 CUR-01 CUR-02 EXP-01 IDM-01 RAC-01 RES-02 RES-01 FLT-01 FLT-07 ERR-06 LIF-04 LIF-03"
  ].join(" "),
  "ticket writes one minor unit more on the receipt": "CUR-01 CUR-02 RAC-01 RES-02 FLT-01 FLT-07 LIF-03",
  "ticket writes another charge on the receipt": "RAC-01 RES-02 FLT-01 FLT-07 LIF-03",
  "ticket refuses everything for one and the same reason": [
    "VAL-03 VAL-04 VAL-06 CUR-04 CUR-05 SIG-01 SIG-04 SIG-05 SIG-06 EXP-01 RPL-02 RPL-03 IDM-02"
  ].join(" "),
  "ticket refuses everybody": [
    "VAL-01 VAL-02 VAL-03 VAL-04 VAL-05 VAL-06 LIM-04 LIM-05 LIM-06 LIM-07 LIM-09 CUR-01 CUR-04 CUR-05",
    "SIG-01 SIG-03 SIG-04 SIG-05 SIG-06 SIG-08 EXP-01 EXP-05 RPL-01 RPL-02 RPL-03 IDM-01 IDM-02 IDM-07",
    "RAC-01 RAC-03 RES-01 FLT-01 ERR-06 LIF-04 LIF-03 CMP-01 CMP-02"
  ].join(" "),
  "ticket does not say what is wrong with a credential": "VAL-03 VAL-04",
  "ticket answers with a word that nobody knows": "DET-01 DET-03 DET-07",
  "ticket hands the secret out in the open": "DET-01 ERR-02",
  "ticket finds something in every request": "DET-01 DET-03 DET-07",
  "ticket finds the same in every request of its own": "DET-02 DET-06",
  "ticket finds nothing where another protocol is": "DET-06",
  "voucher fails with a text": "DET-08 CUR-05 SIG-01 SIG-04 SIG-05 SIG-06 RPL-03 ERR-02 ERR-01",
  "voucher dies when its provider fails": "ERR-02 ERR-06",
  "voucher does not know what became of any charge": "FLT-01 FLT-07 LIF-03",
  "voucher calls every charge settled that it looks up": "FLT-02 FLT-01 LIF-03",
  "voucher calls no charge settled that it looks up": "FLT-02 FLT-07 ERR-06 LIF-03",
  "voucher names another settlement when it looks a charge up": "FLT-07 LIF-03",
  "voucher leaves a timer behind": "RES-01",
  "voucher does not look at the first byte of a mac": "SIG-01",
  "voucher does not look at the last byte of a mac": "SIG-01",
  "voucher looks at seven bits of each byte of a mac": "SIG-01",
  "voucher knows how every payload begins": "SIG-01",
  "voucher lets one byte of a mac be another": "SIG-01",
  "voucher reads what stands before the padding": "SIG-06",
  "voucher reads through white space": "SIG-06",
  "voucher reads what stands before a zero byte": "SIG-06",
  "voucher reads what fits into its buffer": "SIG-06",
  "voucher takes the first of two credentials": "SIG-06",
  "voucher takes letters in either case": "SIG-06",
  "voucher reads the letters of other alphabets": "SIG-06",
  "voucher dies of a credential that is JSON": "SIG-06",
  "voucher dies of a credential of dots": "SIG-06",
  "voucher dies of a credential without dots": "SIG-06",
  "voucher dies of a credential of 150000 letters": "SIG-06",
  "voucher takes every charge twice": [
    "LIM-01 LIM-02 LIM-06 CUR-02 CUR-05 SIG-05 RPL-01 RPL-02 IDM-01 IDM-02 IDM-07 RAC-02 RAC-01 RAC-03",
    "RES-02 RES-01 FLT-01 FLT-07 LIF-03"
  ].join(" "),
  "voucher takes what it refuses": [
    "DET-08 VAL-03 VAL-04 VAL-06 LIM-01 LIM-10 CUR-02 CUR-03 CUR-04 CUR-05 CUR-06 SIG-01 SIG-02 SIG-04",
    "SIG-05 SIG-06 SIG-08 EXP-01 EXP-02 EXP-05 RPL-03 LIF-03"
  ].join(" "),
  "voucher refuses charges of one minor unit": "LIM-05 LIM-10 CUR-05 CUR-06 IDM-02 CMP-01",
  "voucher gives nothing back when the charge has run out": "LIM-06",
  "voucher forgets budgets when it has seen a second mandate": "LIM-05 LIM-10 LIM-13 RAC-01",
  "voucher forgets how often when it has seen a second mandate": "LIM-05",
  "ticket confirms every charge twice": [
    "LIM-06 CUR-02 CUR-05 EXP-04 RPL-01 RPL-02 IDM-01 IDM-02 IDM-07 RAC-01 RAC-03 RES-02 RES-01 FLT-02",
    "FLT-01 FLT-07 LIF-03"
  ].join(" "),
  "ticket takes every ticket for every charge": [
    "VAL-03 VAL-04 VAL-06 LIM-01 LIM-03 CUR-02 CUR-03 CUR-04 CUR-05 SIG-01 SIG-02 SIG-04 SIG-05 SIG-06",
    "SIG-08 EXP-01 EXP-05 RPL-02 RPL-03"
  ].join(" "),
  "ticket takes tickets for less than was paid": "LIM-01",
  "ticket takes tickets for more than was paid": "LIM-01 LIM-03 CUR-02 SIG-02 SIG-08",
  "ticket names the payer after whatever is in the ticket": "VAL-05",
  "voucher is not signed for its amounts": "SIG-02"
}

describe("liars", () => {
  it("are all looked for", () => {
    assert.sameMembers(
      Liars.all.map(({ does }) => does),
      Object.keys(foundBy)
    )
  })

  for (const { does, subject } of Liars.all) {
    describe(`a ${does}`, () => {
      for (const law of foundBy[does]?.split(" ") ?? []) {
        it.live(`and ${law} finds it`, () =>
          Effect.gen(function* () {
            const { laws } = yield* Conformance.check(subject, { only: [law], seed: 1, runs: 40 })
            assert.deepStrictEqual(
              laws.map(({ verdict }) => verdict._tag),
              ["fail"]
            )
          })
        )
      }
    })
  }
})
