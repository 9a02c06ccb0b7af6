/**
 * Names of merchant categories (ISO 18245) that agents commonly buy from. Others are shown by their number.
 */

export const names: { readonly [code: string]: { readonly en: string; readonly zh: string } } = {
  "4121": { en: "Taxis", zh: "出租车" },
  "4511": { en: "Airlines", zh: "航空" },
  "4814": { en: "Telecommunication", zh: "通信服务" },
  "4816": { en: "Networks and information services", zh: "网络与信息服务" },
  "5411": { en: "Groceries", zh: "食品杂货" },
  "5734": { en: "Computer software", zh: "计算机软件" },
  "5812": { en: "Restaurants", zh: "餐饮" },
  "5815": { en: "Digital books, films and music", zh: "数字图书、影音" },
  "5818": { en: "Digital goods", zh: "数字商品" },
  "7011": { en: "Hotels", zh: "酒店住宿" },
  "7372": { en: "Data processing", zh: "数据处理" },
  "7375": { en: "Information retrieval", zh: "信息检索" }
}

/** The codes that a principal may choose from where the agent named none. */
export const codes = Object.keys(names)
