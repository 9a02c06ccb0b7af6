/**
 * What the pages say, in each language. A sentence that names somebody or something is a template, so that the name is escaped.
 */
import type { Status } from "../delegation.ts"
import { html, type Html } from "@paylayer/pages/Html"
import type { Language } from "@paylayer/pages/Language"
import type { Problem } from "./narrowing.ts"

export interface Words {
  readonly wallet: string
  readonly sandbox: string
  readonly skip: string
  readonly otherLanguage: string
  readonly signOut: string
  readonly yours: string
  readonly beijing: string

  readonly signInTitle: string
  readonly signInFor: (agent: Html) => Html
  readonly signInNote: string
  readonly signInAs: (name: string) => string

  readonly consentTitle: string
  readonly asksTitle: (agent: Html) => Html
  readonly unverified: string
  readonly itsNumber: string
  readonly itSays: string
  readonly code: string
  readonly codeHint: string
  readonly allows: string
  readonly inTotal: (amount: Html) => Html
  readonly perCharge: (amount: Html) => Html
  readonly noPerCharge: string
  readonly atLeast: (amount: Html) => Html
  readonly times: (count: number) => string
  readonly noTimes: string
  readonly from: (time: Html) => Html
  readonly until: (time: Html) => Html
  readonly merchants: (list: Html) => Html
  readonly anyMerchant: string
  readonly notMerchants: (list: Html) => Html
  readonly categories: (list: Html) => Html
  readonly anyCategory: string
  readonly notCategories: (list: Html) => Html
  readonly methods: (list: Html) => Html
  readonly anyMethod: string
  readonly session: (id: Html) => Html

  readonly narrow: string
  readonly narrowHint: string
  readonly field: {
    readonly max_total_amount: string
    readonly max_single_amount: string
    readonly times_limit: string
    readonly validity_end_time: string
    readonly allowed_payment_methods: string
    readonly allowed_categories: string
    readonly allowed_merchants: string
  }
  readonly askedFor: (value: string) => string
  readonly noneAsked: string
  readonly onlyThese: string
  readonly onlyMerchants: string
  readonly approve: string
  readonly refuse: string
  readonly later: string
  readonly wrong: string
  readonly problem: { readonly [P in Problem]: string }

  readonly approvedTitle: string
  readonly approved: (agent: Html) => Html
  readonly refusedTitle: string
  readonly refused: (agent: Html) => Html
  readonly close: string

  readonly listTitle: string
  readonly listEmpty: string
  readonly status: { readonly [S in Status]: string }
  readonly spent: (spent: Html, total: Html) => Html
  readonly left: (amount: Html) => Html
  readonly charges: (count: number) => string
  readonly terms: string
  readonly suspend: string
  readonly resume: string
  readonly revoke: string
  readonly revokeSure: string
  readonly revokeNow: string

  readonly answeredTitle: string
  readonly answered: string
  readonly expiredTitle: string
  readonly expired: string
  readonly unknownTitle: string
  readonly unknown: string
  readonly staleTitle: string
  readonly stale: string
  readonly tryAgain: string
}

const en: Words = {
  wallet: "Sandbox wallet",
  sandbox: "This is a sandbox, not Alipay: test accounts, and money that is worth nothing.",
  skip: "Skip to the content",
  otherLanguage: "中文",
  signOut: "Sign out",
  yours: "Your delegations",
  beijing: "Beijing time",

  signInTitle: "Who are you?",
  signInFor: (agent) => html`${agent} asks for your consent. Choose an account to see what it asks for.`,
  signInNote: "There is no password here, since there is nothing to protect. Never enter a real one.",
  signInAs: (name) => `Continue as ${name}`,

  consentTitle: "Consent",
  asksTitle: (agent) => html`${agent} asks to pay for you`,
  unverified: "The wallet has not checked who this is.",
  itsNumber: "Agent",
  itSays: "It says it is for",
  code: "Code",
  codeHint: "Approve only if your agent shows you the same code.",
  allows: "What you would allow",
  inTotal: (amount) => html`It may spend up to ${amount} in total.`,
  perCharge: (amount) => html`Each payment is at most ${amount}.`,
  noPerCharge: "One payment may take all of it.",
  atLeast: (amount) => html`Each payment is at least ${amount}.`,
  times: (count) => (count === 1 ? "It may pay once." : `It may pay at most ${count} times.`),
  noTimes: "It may pay as often as it likes.",
  from: (time) => html`It may begin on ${time}.`,
  until: (time) => html`It ends by itself on ${time}.`,
  merchants: (list) => html`It may pay only merchant ${list}.`,
  anyMerchant: "It may pay any merchant.",
  notMerchants: (list) => html`It may not pay merchant ${list}.`,
  categories: (list) => html`It may buy only: ${list}.`,
  anyCategory: "It may buy anything.",
  notCategories: (list) => html`It may not buy: ${list}.`,
  methods: (list) => html`The money comes from: ${list}.`,
  anyMethod: "The money may come from your balance, your credit or Huabei instalments.",
  session: (id) => html`It works in the session ${id} only.`,

  narrow: "Allow less",
  narrowHint: "You can lower every limit. Nothing can be raised above what was asked for.",
  field: {
    max_total_amount: "In total, at most",
    max_single_amount: "Each payment, at most",
    times_limit: "Number of payments, at most",
    validity_end_time: "Until",
    allowed_payment_methods: "Pay from",
    allowed_categories: "Categories",
    allowed_merchants: "Merchants"
  },
  askedFor: (value) => `Asked for: ${value}`,
  noneAsked: "No limit was asked for; leave it empty for none.",
  onlyThese: "Any category was asked for. Choose some to allow only those.",
  onlyMerchants: "Any merchant was asked for. Enter merchant numbers to allow only those.",
  approve: "Approve",
  refuse: "Refuse",
  later: "You can suspend or revoke it at any time. If you did not ask an agent for this, refuse.",
  wrong: "Nothing was approved yet. Please look at:",
  problem: {
    amount: "enter an amount such as 15.00",
    count: "enter a whole number",
    time: "enter a date and a time",
    required: "this cannot be empty, since a limit was asked for",
    wider: "this is more than was asked for",
    past: "this is already over",
    "below-minimum": "this is less than the smallest payment that was asked for",
    "none-chosen": "choose at least one",
    "not-offered": "choose from what is offered"
  },

  approvedTitle: "Approved",
  approved: (agent) => html`${agent} may now pay for you:`,
  refusedTitle: "Refused",
  refused: (agent) => html`${agent} gets nothing, and is told so.`,
  close: "You can close this page.",

  listTitle: "Your delegations",
  listEmpty: "No agent may pay for you.",
  status: {
    SIGNING: "Being signed",
    NORMAL: "Active",
    FINISHED: "Used up",
    CANCELLED: "Revoked",
    EXPIRED: "Expired",
    TERMINATE: "Ended",
    INVALID: "Suspended"
  },
  spent: (spent, total) => html`${spent} of ${total} spent`,
  left: (amount) => html`${amount} left`,
  charges: (count) => (count === 1 ? "1 payment left" : `${count} payments left`),
  terms: "Terms",
  suspend: "Suspend",
  resume: "Resume",
  revoke: "Revoke…",
  revokeSure: "This cannot be undone. The agent would have to ask again.",
  revokeNow: "Revoke for good",

  answeredTitle: "Already answered",
  answered: "This request was answered before. It cannot be answered again.",
  expiredTitle: "Expired",
  expired: "This request waited too long. Nothing was approved. Your agent can ask again.",
  unknownTitle: "Nothing here",
  unknown: "No request has this address. Open the one that your agent shows you.",
  staleTitle: "Out of date",
  stale: "This page was made for another session, so nothing was done.",
  tryAgain: "Open it again"
}

const zh: Words = {
  wallet: "沙箱钱包",
  sandbox: "这是沙箱，不是支付宝：账户仅供测试，资金没有任何价值。",
  skip: "跳到正文",
  otherLanguage: "English",
  signOut: "退出",
  yours: "我的委托",
  beijing: "北京时间",

  signInTitle: "请选择账户",
  signInFor: (agent) => html`${agent} 请求您的授权。选择一个账户，查看它请求的内容。`,
  signInNote: "这里没有密码，因为没有需要保护的东西。请勿输入真实密码。",
  signInAs: (name) => `以 ${name} 的身份继续`,

  consentTitle: "授权",
  asksTitle: (agent) => html`${agent} 请求代您付款`,
  unverified: "钱包没有核实它的身份。",
  itsNumber: "智能体",
  itSays: "它说明的用途",
  code: "核对码",
  codeHint: "只有当您的智能体显示相同的核对码时，才可同意。",
  allows: "您将允许",
  inTotal: (amount) => html`总共最多花费 ${amount}。`,
  perCharge: (amount) => html`每笔最多 ${amount}。`,
  noPerCharge: "一笔就可能用完全部额度。",
  atLeast: (amount) => html`每笔至少 ${amount}。`,
  times: (count) => `最多付款 ${count} 次。`,
  noTimes: "付款次数不限。",
  from: (time) => html`自 ${time} 起生效。`,
  until: (time) => html`到 ${time} 自动失效。`,
  merchants: (list) => html`只能付款给商家 ${list}。`,
  anyMerchant: "可以付款给任何商家。",
  notMerchants: (list) => html`不能付款给商家 ${list}。`,
  categories: (list) => html`只能购买：${list}。`,
  anyCategory: "可以购买任何商品。",
  notCategories: (list) => html`不能购买：${list}。`,
  methods: (list) => html`付款方式：${list}。`,
  anyMethod: "可以使用余额、花呗或花呗分期付款。",
  session: (id) => html`只在会话 ${id} 中有效。`,

  narrow: "缩小授权范围",
  narrowHint: "每一项限制都可以调低，但不能超过所请求的范围。",
  field: {
    max_total_amount: "总额上限",
    max_single_amount: "单笔上限",
    times_limit: "次数上限",
    validity_end_time: "截止时间",
    allowed_payment_methods: "付款方式",
    allowed_categories: "商品类别",
    allowed_merchants: "商家"
  },
  askedFor: (value) => `请求：${value}`,
  noneAsked: "没有请求限制；留空表示不限。",
  onlyThese: "请求的是任何类别。勾选后只允许所选类别。",
  onlyMerchants: "请求的是任何商家。填写商家号后只允许这些商家。",
  approve: "同意",
  refuse: "拒绝",
  later: "您可以随时暂停或撤销。如果不是您让智能体请求的，请拒绝。",
  wrong: "尚未授权。请检查：",
  problem: {
    amount: "请输入金额，例如 15.00",
    count: "请输入整数",
    time: "请输入日期和时间",
    required: "请求中有限制，不能留空",
    wider: "超过了请求的范围",
    past: "该时间已过",
    "below-minimum": "低于请求中的单笔最低金额",
    "none-chosen": "请至少选择一项",
    "not-offered": "请从所列选项中选择"
  },

  approvedTitle: "已同意",
  approved: (agent) => html`${agent} 现在可以代您付款：`,
  refusedTitle: "已拒绝",
  refused: (agent) => html`${agent} 没有得到授权，并会收到通知。`,
  close: "您可以关闭此页面。",

  listTitle: "我的委托",
  listEmpty: "没有智能体可以代您付款。",
  status: {
    SIGNING: "签约中",
    NORMAL: "有效",
    FINISHED: "已用完",
    CANCELLED: "已撤销",
    EXPIRED: "已过期",
    TERMINATE: "已终止",
    INVALID: "已暂停"
  },
  spent: (spent, total) => html`已用 ${spent}，共 ${total}`,
  left: (amount) => html`剩余 ${amount}`,
  charges: (count) => `还可付款 ${count} 次`,
  terms: "条款",
  suspend: "暂停",
  resume: "恢复",
  revoke: "撤销…",
  revokeSure: "撤销后无法恢复，智能体需要重新请求。",
  revokeNow: "确认撤销",

  answeredTitle: "已经处理",
  answered: "这个请求已经处理过，不能再次处理。",
  expiredTitle: "已过期",
  expired: "这个请求等待太久，没有授权。您的智能体可以重新请求。",
  unknownTitle: "没有内容",
  unknown: "没有这个地址对应的请求。请打开智能体显示的地址。",
  staleTitle: "页面已失效",
  stale: "这个页面属于另一个会话，没有执行任何操作。",
  tryAgain: "重新打开"
}

export const words: { readonly [L in Language]: Words } = { en, zh }
