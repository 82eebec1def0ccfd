import { type DocumentNode, type FragmentDefinitionNode, Kind, type SelectionSetNode } from "graphql";

/** How large what is selected is, each fragment counted as often as it is spread. Counts may be as large as numbers go. */
export interface SelectionSize {
  /** Fields of the first level. */
  readonly rootFields: number;
  readonly fields: number;
  /** Levels of fields. */
  readonly depth: number;
  readonly aliases: number;
  readonly directives: number;
}

/** The size of a document: of its largest operation or fragment in each respect. */
export interface DocumentSize extends SelectionSize {
  readonly operations: number;
}

const EMPTY: SelectionSize = { rootFields: 0, fields: 0, depth: 0, aliases: 0, directives: 0 };

/**
 * Measures a document as it would be executed, in time that grows with its text alone: a fragment is counted once and
 * multiplied by its spreads, where expanding it would take exponential time. It needs no valid document: what is spread
 * within itself or nowhere defined counts nothing, and validation refuses it.
 */
export function measureDocument({ definitions }: DocumentNode): DocumentSize {
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments.set(definition.name.value, definition);
  }
  const sizes = new Map<string, SelectionSize>();

  const fragmentSize = (name: string): SelectionSize => {
    const known = sizes.get(name);
    if (known) return known;
    const fragment = fragments.get(name);
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
      // Its fields are of no operation's first level.
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
