/**
 * What the dashboard says, in each language.
 */
import type { Language } from "@paylayer/pages/Language"
import { en } from "./wordsEn.ts"
import { zh } from "./wordsZh.ts"

export type Words = typeof en

export const words: { readonly [L in Language]: Words } = { en, zh }
