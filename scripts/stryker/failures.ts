// An ignore plugin for Stryker: the words of a failure are not mutated. Laws are measured by what they refuse, not by how they say it.

interface Node {
  readonly type: string
  readonly name?: string
  readonly callee?: Node
  readonly id?: Node
  readonly key?: Node
  readonly properties?: ReadonlyArray<Node>
  readonly elements?: ReadonlyArray<Node | null>
}

interface Path {
  readonly node: Node
  readonly parent: Node | undefined
}

const isNamed = (node: Node | undefined, name: string) => node?.type === "Identifier" && node.name === name

/** `new Broken({ … })` */
const isBroken = ({ node, parent }: Path) =>
  parent?.type === "NewExpression" && parent.callee !== node && isNamed(parent.callee, "Broken")

/** `const facts = […]` and `{ facts: […] }` */
const isFacts = ({ node, parent }: Path) =>
  (parent?.type === "VariableDeclarator" && parent.id !== node && isNamed(parent.id, "facts")) ||
  (node.properties?.length === 1 && isNamed(node.properties[0]?.key, "facts"))

/** A list of sentences. */
const isSentences = ({ node: { elements = [] } }: Path) =>
  elements.length > 0 && elements.every((element) => element?.type === "TemplateLiteral")

const shouldIgnore = (path: Path): string | undefined =>
  isBroken(path) || isFacts(path) || isSentences(path) ? "the words of a failure" : undefined

export const strykerPlugins = [{ kind: "Ignore", name: "failures", value: { shouldIgnore } }]
