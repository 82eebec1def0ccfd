import { type DocumentNode, GraphQLError, Kind, type SelectionSetNode } from "graphql";
import { fragmentsOf } from "../engine/selections.ts";
import { requestLimits } from "../model/request-limits.ts";
import { type RequestError, requestError } from "./request-error.ts";

/** Size of a selection, each fragment counted as often as it is spread. Counts may reach infinity. */
export interface SelectionSize {
  /** Fields of the first level. */
  readonly rootFields: number;
  readonly fields: number;
  /** Levels of fields. */
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
}

/** Size of a document: the largest of its operations and fragments in each respect. */
export interface DocumentSize extends SelectionSize {
  readonly operations: number;
}

const EMPTY: SelectionSize = { rootFields: 0, fields: 0, depth: 0, aliases: 0, directives: 0 };

/**
 * Measures a document as it would be executed, in time linear in its text: a fragment is counted once and multiplied by its
 * spreads. The document need not be valid: a fragment that is undefined, or spread within itself, counts nothing.
 */
export function measureDocument(document: DocumentNode): DocumentSize {
  const { definitions } = document;
  const fragments = fragmentsOf(document);
  const sizes = new Map<string, SelectionSize>();

  const fragmentSize = (name: string): SelectionSize => {
    const measured = sizes.get(name);
    if (measured) return measured;
    const fragment = fragments[name];
    if (!fragment) return EMPTY;
    sizes.set(name, EMPTY);
    const size = withDirectives(selectionSize(fragment.selectionSet), fragment.directives);
    sizes.set(name, size);
    return size;
  };

  const selectionSize = ({ selections }: SelectionSetNode): SelectionSize => {
    let [rootFields, fields, depth, aliases, directives] = [0, 0, 0, 0, 0];
    for (const selection of selections) {
      const isField = selection.kind === Kind.FIELD;
      const below = isField
        ? selection.selectionSet
          ? selectionSize(selection.selectionSet)
          : EMPTY
        : selection.kind === Kind.INLINE_FRAGMENT
          ? selectionSize(selection.selectionSet)
          : fragmentSize(selection.name.value);
      rootFields += isField ? 1 : below.rootFields;
      fields += below.fields + (isField ? 1 : 0);
      depth = Math.max(depth, below.depth + (isField ? 1 : 0));
      aliases += below.aliases + (isField && selection.alias ? 1 : 0);
      directives += below.directives + (selection.directives?.length ?? 0);
    }
    return { rootFields, fields, depth, aliases, directives };
  };

  let operations = 0;
  let largest = EMPTY;
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) {
      // A fragment has no root fields.
      largest = larger(largest, { ...fragmentSize(definition.name.value), rootFields: 0 });
    } else if (definition.kind === Kind.OPERATION_DEFINITION) {
      operations += 1;
      largest = larger(largest, withDirectives(selectionSize(definition.selectionSet), definition.directives));
    }
  }
  return { ...largest, operations };
}

function withDirectives(size: SelectionSize, directives: readonly unknown[] | undefined): SelectionSize {
  return directives?.length ? { ...size, directives: size.directives + directives.length } : size;
}

function larger(a: SelectionSize, b: SelectionSize): SelectionSize {
  return {
    rootFields: Math.max(a.rootFields, b.rootFields),
    fields: Math.max(a.fields, b.fields),
    depth: Math.max(a.depth, b.depth),
    aliases: Math.max(a.aliases, b.aliases),
    directives: Math.max(a.directives, b.directives),
  };
}

/** @throws RequestError of the first limit that a document exceeds */
export function assertWithinLimits(size: DocumentSize): void {
  if (size.operations > requestLimits.maxOperations.max) throw tooComplex("maxOperations", size.operations);
  if (size.rootFields > requestLimits.maxRootFields.max) throw tooComplex("maxRootFields", size.rootFields);
  if (size.fields > requestLimits.maxFields.max) throw tooComplex("maxFields", size.fields);
  if (size.depth > requestLimits.maxDepth.max) throw tooComplex("maxDepth", size.depth);
  if (size.aliases > requestLimits.maxAliases.max) throw tooComplex("maxAliases", size.aliases);
  if (size.directives > requestLimits.maxDirectives.max) throw tooComplex("maxDirectives", size.directives);
}

/** @param count how many the document has; left out if they were not counted to the end */
export function tooComplex(limit: Exclude<keyof typeof requestLimits, "maxErrors">, count?: number): RequestError {
  const { max, code, description } = requestLimits[limit];
  const actual = count === undefined ? undefined : Math.min(count, Number.MAX_SAFE_INTEGER);
  const facts = { limit, max, ...(actual !== undefined && { actual }) };
  const got = actual === undefined ? "" : `; got ${actual}`;
  return requestError(code, `${description.replace(/\.$/, "")}: must be at most ${max}${got}.`, { status: 400 }, facts);
}

/** Returns whether parsing ended at the limit of tokens, or ran out of stack, which a small stack does before the limit. */
export function isTooManyTokens(error: unknown): boolean {
  return error instanceof RangeError || (error instanceof GraphQLError && error.message.includes("Parsing aborted"));
}
