import { type FieldNode, type GraphQLNamedType, type GraphQLResolveInfo, getNamedType } from "graphql";
import type { GraphContext } from "../context.ts";
import { selectedFields } from "../engine/selections.ts";
import type { BatchGroup } from "../loaders/batch-scheduler.ts";
import { isPromise, type MaybePromise } from "../primitives/maybe-promise.ts";

/** Marks a field, in its `extensions`, as loading usage through this group of loaders. */
export function loadsUsage(family: BatchGroup): { readonly loadsUsage: BatchGroup } {
  return { loadsUsage: family };
}

/**
 * Holds the usage batches until the list is there, if the client selected usage below the list.
 *
 * @returns the list itself
 */
export function holdBatchesFor<T>(
  { loaders }: GraphContext,
  info: GraphQLResolveInfo,
  list: MaybePromise<T>,
): MaybePromise<T> {
  if (!isPromise(list)) return list;
  const groups = groupsBelow(info);
  return groups.size > 0 ? loaders.batchScheduler.holdUntil(groups, list) : list;
}

/** Groups by field: a document is parsed once and executed often. */
const groupsOfFields = new WeakMap<FieldNode, ReadonlySet<BatchGroup>>();

function groupsBelow(info: GraphQLResolveInfo): ReadonlySet<BatchGroup> {
  const [field] = info.fieldNodes;
  if (!field) return new Set();
  let groups = groupsOfFields.get(field);
  if (!groups) {
    groups = new Set(groupsIn(info.fieldNodes, getNamedType(info.returnType), info));
    groupsOfFields.set(field, groups);
  }
  return groups;
}

function groupsIn(nodes: readonly FieldNode[], type: GraphQLNamedType, info: GraphQLResolveInfo): BatchGroup[] {
  const sets = nodes.map(({ selectionSet }) => selectionSet);
  return selectedFields(sets, type, info).flatMap(({ node, parentType }) => {
    const field = "getFields" in parentType ? parentType.getFields()[node.name.value] : undefined;
    if (!field) return [];
    const group = field.extensions["loadsUsage"] as BatchGroup | undefined;
    return [...(group ? [group] : []), ...groupsIn([node], getNamedType(field.type), info)];
  });
}
