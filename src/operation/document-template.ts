import {
  type ArgumentNode,
  type ASTNode,
  BREAK,
  type DocumentNode,
  type FieldNode,
  type GraphQLArgument,
  GraphQLError,
  type GraphQLInputType,
  type GraphQLSchema,
  getNamedType,
  getNullableType,
  isInputObjectType,
  isListType,
  Kind,
  Location,
  OperationTypeNode,
  OverlappingFieldsCanBeMergedRule,
  Source,
  Token,
  TokenKind,
  TypeInfo,
  type ValueNode,
  type VariableNode,
  validate,
  valueFromAST,
  valueFromASTUntyped,
  visit,
  visitWithTypeInfo,
} from "graphql";
import { FieldFailure } from "../engine/error-collector.ts";
import { requestLimits } from "../model/request-limits.ts";

/**
 * A valid document of queries with variables in place of literals, for all documents that differ from it in literals alone. The
 * n-th literal is the variable `n`, a name that no client can declare.
 *
 * @see docs/decisions/0030-document-templates.md
 */
export interface DocumentTemplate {
  readonly document: DocumentNode;
  readonly literals: readonly TemplateLiteral[];
}

interface TemplateLiteral {
  readonly text: string;
  /** Offset in the document that the template was created from. */
  readonly start: number;
  /** Type of the variable; null if there is none, so that the literal must be the same in each document. */
  type: GraphQLInputType | null;
}

/** Values of a document's literals, by their numbers. */
export interface LiteralValues {
  /** As a client would send them in variables. */
  readonly raw: Readonly<Record<string, unknown>>;
  /** As resolvers take them. */
  readonly coerced: Readonly<Record<string, unknown>>;
}

/** A document in two parts. */
export interface SplitDocument {
  /** The text with a mark in place of each literal. */
  readonly skeleton: string;
  /** Strings and numbers as they are written, in order. */
  readonly literals: readonly string[];
  /** Offset of each literal in the text. */
  readonly starts: readonly number[];
}

/**
 * Strings and numbers, and what a document is not split with: strings that are blocks, or have escapes or characters that GraphQL
 * does not accept everywhere, and the mark itself. A literal in a comment is found as well, and must be the same in each document.
 */
const createPattern = () =>
  /"[ !#-[\]-\ud7ff\ue000-\uffff]*"(?!")|(?<!\w)-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?(?![\w.])|["\0]/g;
const MARK = "\0";
/** Literals that a document is split with at most: with more than it may have tokens, most are in comments. */
const MAX_LITERALS = requestLimits.maxTokens.max;

/** Splits a document; returns null if it has no literals, unusual ones, or more than {@link MAX_LITERALS}. */
export function splitDocument(text: string): SplitDocument | null {
  const pattern = createPattern();
  const literals: string[] = [];
  const starts: number[] = [];
  let skeleton = "";
  let end = 0;
  for (let match = pattern.exec(text); match; match = pattern.exec(text)) {
    const [found] = match;
    if (found === '"' || found === MARK || literals.length === MAX_LITERALS) return null;
    skeleton += text.slice(end, match.index) + MARK;
    literals.push(found);
    starts.push(match.index);
    end = match.index + found.length;
  }
  return literals.length === 0 ? null : { skeleton: skeleton + text.slice(end), literals, starts };
}

/**
 * Creates the template of a valid document.
 *
 * Returns null if the document has operations that are no queries, or fields that can be merged because their literals are equal.
 */
export function createTemplate(
  schema: GraphQLSchema,
  document: DocumentNode,
  { literals: texts, starts }: SplitDocument,
): DocumentTemplate | null {
  const literals = texts.map((each, index): TemplateLiteral => ({ text: each, start: starts[index] ?? 0, type: null }));
  const numbers = new Map(starts.map((start, index) => [start, index]));

  const withVariables = (node: ValueNode, type: GraphQLInputType): ValueNode => {
    const [named, nullable] = [getNamedType(type), getNullableType(type)];
    if (node.kind === Kind.LIST && isListType(nullable)) {
      return { ...node, values: node.values.map((value) => withVariables(value, nullable.ofType)) };
    }
    if (node.kind === Kind.OBJECT && isInputObjectType(named)) {
      const fields = named.getFields();
      return {
        ...node,
        fields: node.fields.map((field) => {
          const declared = fields[field.name.value];
          return declared ? { ...field, value: withVariables(field.value, declared.type) } : field;
        }),
      };
    }
    const number = numbers.get(node.loc?.start ?? -1);
    const literal = number === undefined ? undefined : literals[number];
    if (!literal || !isLiteral(node)) return node;
    literal.type = type;
    return variable(String(number), node);
  };
  const withVariable = (node: ArgumentNode, declared: readonly GraphQLArgument[]): ArgumentNode => {
    const argument = declared.find(({ name }) => name === node.name.value);
    // The message of an error in a client's variable quotes the whole argument.
    return argument && !hasVariables(node) ? { ...node, value: withVariables(node.value, argument.type) } : node;
  };
  const typeInfo = new TypeInfo(schema);
  let isOfQueries = true;
  const template = visit(
    document,
    visitWithTypeInfo(typeInfo, {
      OperationDefinition: ({ operation }) => {
        if (operation !== OperationTypeNode.QUERY) isOfQueries = false;
      },
      Field: (node: FieldNode) => {
        const declared = typeInfo.getFieldDef()?.args ?? [];
        if (!node.arguments?.length) return undefined;
        return { ...node, arguments: node.arguments.map((argument) => withVariable(argument, declared)) };
      },
    }),
  );
  if (!isOfQueries || validate(schema, template, [OverlappingFieldsCanBeMergedRule]).length > 0) return null;
  return { document: template, literals };
}

function variable(name: string, { loc }: ValueNode): VariableNode {
  return { kind: Kind.VARIABLE, name: { kind: Kind.NAME, value: name }, ...(loc && { loc }) };
}

function isLiteral({ kind }: ValueNode): boolean {
  return kind === Kind.STRING || kind === Kind.INT || kind === Kind.FLOAT;
}

function hasVariables(node: ArgumentNode): boolean {
  let found = false;
  visit(node, {
    Variable: () => {
      found = true;
      return BREAK;
    },
  });
  return found;
}

/** Returns the values of a document's literals; null if one of them is invalid, or is no variable and differs. */
export function literalValues(template: DocumentTemplate, texts: readonly string[]): LiteralValues | null {
  const raw: Record<string, unknown> = {};
  const coerced: Record<string, unknown> = {};
  for (const [index, { type, text: expected }] of template.literals.entries()) {
    const text = texts[index] ?? "";
    if (type === null) {
      if (text !== expected) return null;
      continue;
    }
    const node = valueNode(text);
    const value = valueFromAST(node, type);
    if (value === undefined || value === null) return null;
    raw[index] = valueFromASTUntyped(node);
    coerced[index] = value;
  }
  return { raw, coerced };
}

function valueNode(text: string): ValueNode {
  if (text.startsWith('"')) return { kind: Kind.STRING, value: text.slice(1, -1) };
  return { kind: /[.eE]/.test(text) ? Kind.FLOAT : Kind.INT, value: text };
}

/**
 * Returns the errors of a template with the locations that they have in a document.
 *
 * @param text a document that differs from the template in literals alone
 */
export function locateErrors(
  errors: readonly unknown[],
  { literals }: DocumentTemplate,
  text: string,
): readonly unknown[] {
  const source = new Source(text);
  const { literals: texts = [], starts = [] } = splitDocument(text) ?? {};
  /** Failures of one field have the same nodes. */
  const moved = new Map<readonly ASTNode[], readonly ASTNode[]>();

  const offsetOf = (offset: number): number => {
    const last = countBefore(literals, offset) - 1;
    const literal = literals[last];
    if (!literal) return offset;
    return offset - literal.start - literal.text.length + (starts[last] ?? 0) + (texts[last] ?? "").length;
  };
  const token = (offset: number) => {
    const at = offsetOf(offset);
    return new Token(TokenKind.NAME, at, at, 0, 0);
  };
  const move = <Node extends ASTNode>(nodes: readonly Node[]): readonly Node[] => {
    const found = moved.get(nodes) as readonly Node[] | undefined;
    if (found) return found;
    const result = nodes.map((node) =>
      node.loc ? { ...node, loc: new Location(token(node.loc.start), token(node.loc.end), source) } : node,
    );
    moved.set(nodes, result);
    return result;
  };
  const locate = (error: unknown): unknown => {
    if (error instanceof FieldFailure) return new FieldFailure(locate(error.cause), move(error.nodes), error.path);
    if (!(error instanceof GraphQLError && error.nodes)) return error;
    const { message, nodes, path = null, originalError, extensions } = error;
    return new GraphQLError(message, { nodes: move(nodes), path, originalError: originalError ?? null, extensions });
  };
  return errors.map(locate);
}

/** Returns how many literals start before an offset. */
function countBefore(literals: readonly TemplateLiteral[], offset: number): number {
  let [low, high] = [0, literals.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((literals[middle]?.start ?? offset) < offset) low = middle + 1;
    else high = middle;
  }
  return low;
}
