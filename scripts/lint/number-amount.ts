// No amount of money is a `number`: a float cannot hold CNY 0.10. An amount is `Money`, or a `bigint` of minor units.
//
// The rule reads names. `amount: number`, `feeMinor?: number | undefined`, `prices: ReadonlyArray<number>`,
// `total(): number`, `type Price = number` and `Schema.Struct({ amount: Schema.Number })` are flagged; a number that only
// counts or scales money (`amountCount`, `limitBytes`) is not, because a word in its name says so.

const words = (text: string): ReadonlySet<string> => new Set(text.split(" "))

/** Words that mean money wherever they stand in a name. */
const money = words("amount price budget fee balance cost minor refund payout cents fen yuan")

/** Words that mean money when they end a name: `perChargeLimit`, but not `limitPolicy`. */
const moneyAtTheEnd = words("limit total remaining spent spend charged paid owed subtotal discount tax")

/** Words that say that a number counts or scales: an `amountCount`, a `bodyLimitBytes`, a `timesLimit`. */
const measures = words(
  "attempts bps byte bytes calls code count day days decimals depth digits exponent index length millis minutes ms " +
    "pattern percent rank rate ratio regex requests scale seconds size status times uses version width"
)

const singular = (word: string) =>
  measures.has(word) || !/[^s]s$/.test(word) || word === "cents" ? word : word.slice(0, -1)

/** Whether a name reads as an amount of money. */
export const isAmountName = (name: string): boolean => {
  const parts = name
    .replace(/([a-z0-9])([A-Z])/g, "$1 $2")
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter(Boolean)
    .map(singular)
  const last = parts.at(-1)
  if (last === undefined || measures.has(last)) return false
  return moneyAtTheEnd.has(last) ? !parts.some((word) => measures.has(word)) : parts.some((word) => money.has(word))
}

type Node = { readonly type: string; readonly [key: string]: any }
type Visitor = (node: Node) => void

/** Whether a value of the type carries a `number`: directly, in a union, a list, a type argument, or as a function's result. */
const isNumber = (type: Node | null | undefined): boolean => {
  switch (type?.type) {
    case "TSNumberKeyword":
      return true
    case "TSTypeAnnotation":
    case "TSTypeOperator":
    case "TSParenthesizedType":
    case "TSOptionalType":
    case "TSRestType":
      return isNumber(type["typeAnnotation"])
    case "TSUnionType":
    case "TSIntersectionType":
      return type["types"].some(isNumber)
    case "TSArrayType":
      return isNumber(type["elementType"])
    case "TSTupleType":
      return type["elementTypes"].some(isNumber)
    case "TSFunctionType":
      return isNumber(type["returnType"])
    case "TSTypeReference":
      return (type["typeArguments"]?.params ?? []).some(isNumber)
    default:
      return false
  }
}

const numericSchemas = words(
  "Number Finite Int Natural NumberFromString FiniteFromString Positive NonNegative NonNegativeInt"
)

/** Whether the expression is a number schema: `Schema.Number`, `Schema.Int.check(…)`, `Schema.optional(Schema.Number)`. */
const isNumberSchema = (expression: Node | null | undefined): boolean => {
  switch (expression?.type) {
    case "MemberExpression":
      return expression["object"].type === "Identifier" && expression["object"].name === "Schema"
        ? numericSchemas.has(expression["property"].name)
        : isNumberSchema(expression["object"])
    case "CallExpression":
      return isNumberSchema(expression["callee"]) || expression["arguments"].slice(0, 1).some(isNumberSchema)
    default:
      return false
  }
}

const nameOf = (key: Node | null | undefined): string | undefined =>
  key?.type === "Identifier" || key?.type === "PrivateIdentifier"
    ? key["name"]
    : key?.type === "Literal" && typeof key["value"] === "string"
      ? key["value"]
      : undefined

export const numberAmount = {
  meta: { type: "problem" as const, docs: { description: "amounts of money are Money or bigint, never number" } },
  create(context: {
    readonly report: (descriptor: { readonly node: any; readonly message: string }) => void
  }): Record<string, Visitor> {
    const check = (key: Node | null | undefined, bad: boolean) => {
      const name = nameOf(key)
      if (bad && name !== undefined && isAmountName(name)) {
        context.report({
          node: key,
          message: `"${name}" reads as an amount of money and is a number. Use Money or a bigint of minor units; if it is no amount, name it for what it counts.`
        })
      }
    }
    const typed: Visitor = (node) => check(node["key"], isNumber(node["typeAnnotation"]))
    const returning: Visitor = (node) =>
      check(node["key"] ?? node["id"], isNumber(node["returnType"] ?? node["value"]?.returnType))
    return {
      TSPropertySignature: typed,
      PropertyDefinition: typed,
      AccessorProperty: typed,
      Identifier: (node) => check(node, isNumber(node["typeAnnotation"])), // parameters and annotated variables
      TSMethodSignature: returning,
      MethodDefinition: returning,
      FunctionDeclaration: returning,
      TSTypeAliasDeclaration: (node) => check(node["id"], isNumber(node["typeAnnotation"])),
      VariableDeclarator: (node) =>
        check(node["id"], isNumber(node["init"]?.returnType) || isNumberSchema(node["init"])),
      Property: (node) => check(node["key"], isNumber(node["value"]?.returnType) || isNumberSchema(node["value"]))
    }
  }
}
