import {
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  getNamedType,
  isCompositeType,
  isInterfaceType,
  isObjectType,
  type SelectionSetNode,
} from "graphql";
import type { GraphContext } from "../context.ts";
import type { BatchGroup } from "../loaders/batch-scheduler.ts";
import { isPromise, type MaybePromise } from "../primitives/maybe-promise.ts";

/** Marks a field as giving figures that loaders of this family read: put it into the field's `extensions`. */
export function loadsUsage(family: BatchGroup): { readonly loadsUsage: BatchGroup } {
  return { loadsUsage: family };
}

/**
 * Lets the batches of figures wait for a list that will name more of their subjects. It looks at what the client selected
 * below the list: a list of bare names is waited for by nobody.
 *
 * @returns the list itself
 */
export function holdBatchesFor<T>(
  { loaders }: GraphContext,
  info: GraphQLResolveInfo,
  list: MaybePromise<T>,
): MaybePromise<T> {
  if (!isPromise(list)) return list;
  const families = familiesBelow(info);
  return families.size > 0 ? loaders.batchScheduler.holdUntil(families, list) : list;
}

/** Documents are parsed once and asked often. */
const known = new WeakMap<object, ReadonlySet<BatchGroup>>();

function familiesBelow(info: GraphQLResolveInfo): ReadonlySet<BatchGroup> {
  const [field] = info.fieldNodes;
  if (!field) return new Set();
  let families = known.get(field);
  if (!families) {
    const found = new Set<BatchGroup>();
    for (const { selectionSet } of info.fieldNodes) {
      if (selectionSet) collect(selectionSet, getNamedType(info.returnType), info, found, new Set());
    }
    families = found;
    known.set(field, families);
  }
  return families;
}

function collect(
  { selections }: SelectionSetNode,
  type: GraphQLNamedType,
  info: GraphQLResolveInfo,
  found: Set<BatchGroup>,
  seen: Set<object>,
): void {
  for (const selection of selections) {
    if (selection.kind === "Field") {
      const field = isObjectType(type) || isInterfaceType(type) ? type.getFields()[selection.name.value] : undefined;
      if (!field) continue;
      const family = field.extensions["loadsUsage"];
      if (family) found.add(family as BatchGroup);
      if (selection.selectionSet) collect(selection.selectionSet, getNamedType(field.type), info, found, seen);
      continue;
    }
    const fragment = selection.kind === "FragmentSpread" ? info.fragments[selection.name.value] : selection;
    if (!fragment || seen.has(fragment)) continue;
    seen.add(fragment);
    const condition = fragment.typeCondition ? info.schema.getType(fragment.typeCondition.name.value) : type;
    if (condition && isCompositeType(condition)) collect(fragment.selectionSet, condition, info, found, seen);
  }
}
