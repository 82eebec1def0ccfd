import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type FragmentSpreadNode,
  type GraphQLNamedType,
  type GraphQLSchema,
  type InlineFragmentNode,
  isAbstractType,
  isCompositeType,
  isObjectType,
  Kind,
  type SelectionNode,
  type SelectionSetNode,
} from "graphql";

/** Fragments of a document by name. */
export type Fragments = Readonly<Record<string, FragmentDefinitionNode>>;

/** A field of a selection set, reached directly or through fragments. */
export interface SelectedField {
  readonly node: FieldNode;
  /** The type that the field belongs to, narrowed by type conditions. */
  readonly parentType: GraphQLNamedType;
  /** Whether a directive stands at the field or at a fragment around it. */
  readonly hasDirectives: boolean;
}

export interface SelectionScope {
  readonly schema: GraphQLSchema;
  readonly fragments: Fragments;
  /** Returns whether `@skip` and `@include` leave a selection in; all are left in by default. */
  readonly isIncluded?: (selection: SelectionNode) => boolean;
}

/** Returns the fragments of a document by name. */
export function fragmentsOf({ definitions }: DocumentNode): Fragments {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  return fragments;
}

/**
 * Returns the fields that selection sets select of a type, in order.
 *
 * Each named fragment is expanded once.
 */
export function selectedFields(
  sets: readonly (SelectionSetNode | undefined)[],
  type: GraphQLNamedType,
  scope: SelectionScope,
): readonly SelectedField[] {
  const { schema, fragments, isIncluded = () => true } = scope;
  const found: SelectedField[] = [];
  const expanded = new Set<string>();
  const collect = ({ selections }: SelectionSetNode, parentType: GraphQLNamedType, isBelowDirective: boolean) => {
    for (const selection of selections) {
      if (!isIncluded(selection)) continue;
      const hasDirectives = isBelowDirective || (selection.directives?.length ?? 0) > 0;
      if (selection.kind === Kind.FIELD) {
        found.push({ node: selection, parentType, hasDirectives });
        continue;
      }
      if (selection.kind === Kind.FRAGMENT_SPREAD) {
        if (expanded.has(selection.name.value)) continue;
        expanded.add(selection.name.value);
      }
      const fragment = fragmentAt(selection, fragments);
      const narrowed = fragment && narrowedType(schema, parentType, fragment.typeCondition?.name.value);
      if (narrowed) collect(fragment.selectionSet, narrowed, hasDirectives);
    }
  };
  for (const set of sets) if (set) collect(set, type, false);
  return found;
}

/** Returns the fragment that a spread names, or the inline fragment itself. */
export function fragmentAt(
  selection: FragmentSpreadNode | InlineFragmentNode,
  fragments: Fragments,
): FragmentDefinitionNode | InlineFragmentNode | undefined {
  return selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection;
}

/**
 * Returns the type that a fragment with this condition selects of.
 *
 * Returns null for an object that the condition excludes.
 */
export function narrowedType(
  schema: GraphQLSchema,
  type: GraphQLNamedType,
  condition: string | undefined,
): GraphQLNamedType | null {
  if (condition === undefined || condition === type.name) return type;
  const conditionType = schema.getType(condition);
  if (!isCompositeType(conditionType)) return null;
  if (!isObjectType(type)) return conditionType;
  return isAbstractType(conditionType) && schema.isSubType(conditionType, type) ? type : null;
}
