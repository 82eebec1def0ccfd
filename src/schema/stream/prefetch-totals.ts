import {
  type FieldNode,
  type GraphQLNamedType,
  type GraphQLResolveInfo,
  getArgumentValues,
  getNamedType,
  isObjectType,
} from "graphql";
import type { GraphContext } from "../../context.ts";
import { selectedFields } from "../../engine/selections.ts";
import { prefetchTotal } from "../../loaders/bandwidth.ts";
import type { StreamRecord } from "../../model/stream/stream.ts";
import type { UsageWindow } from "../../model/usage/time-window.ts";
import { isPromise, type MaybePromise, settleMaybe } from "../../primitives/maybe-promise.ts";
import { usageWindow, type WindowArguments } from "../window.ts";

/**
 * Reads the totals that the client selects of streams, which the field returns as a connection or as they are.
 *
 * The calls are the same either way; a stream whose total is already read resolves without a promise of its own.
 * Nothing is prefetched if the streams' selection has other fields that need a call, so that those never start later. A
 * failed read fails again in its field, which reports it.
 *
 * @see docs/decisions/0026-prefetched-totals.md
 */
export function prefetchTotals(
  streams: readonly StreamRecord[],
  position: "CONNECTION" | "STREAM",
  info: GraphQLResolveInfo,
  context: GraphContext,
): MaybePromise<void> {
  const [first, last] = [streams.at(0), streams.at(-1)];
  if (!first || !last || !context.caller.scopes.has("usage:read")) return;
  const windows = windowsOf(info, position, context);
  const unread = (some: readonly StreamRecord[]) =>
    windows.flatMap((window) => some.map(({ name }) => prefetch(name, window, context)).filter(Boolean));
  // If the totals of the first and the last stream are cached, those between them normally are too.
  if (windows.length === 0 || unread([first, last]).length === 0) return;
  const promised = unread(streams).filter(isPromise);
  return settleMaybe([context.loaders.batchScheduler.idle(), ...promised]);
}

function prefetch(name: string, window: UsageWindow, { loaders }: GraphContext): Promise<unknown> | boolean {
  try {
    return prefetchTotal(loaders.streamBandwidth(name), window);
  } catch {
    return false;
  }
}

/** Returns the windows of the selected totals, mostly one or none. */
function windowsOf(info: GraphQLResolveInfo, position: Position, context: GraphContext): UsageWindow[] {
  const stream = info.schema.getType("Stream");
  const definition = isObjectType(stream) ? stream.getFields()["bandwidth"] : undefined;
  if (!definition) return [];
  return totalsBelow(info, position).flatMap((field) => {
    try {
      const args = getArgumentValues(definition, field, info.variableValues);
      return [usageWindow(args as unknown as WindowArguments, context)];
    } catch {
      return [];
    }
  });
}

/** Fields `bandwidth` by the field of the streams: a document is parsed once and executed often. */
const totalsOfFields = new WeakMap<FieldNode, readonly FieldNode[]>();

/** Returns the fields `bandwidth` of the streams; none if the streams have other fields that are read. */
function totalsBelow(info: GraphQLResolveInfo, position: Position): readonly FieldNode[] {
  const [field] = info.fieldNodes;
  if (!field) return [];
  const totals =
    totalsOfFields.get(field) ?? totalsIn(info.fieldNodes, getNamedType(info.returnType), position, info) ?? [];
  totalsOfFields.set(field, totals);
  return totals;
}

type Position = "CONNECTION" | "EDGE" | "STREAM" | "BANDWIDTH";

/** Fields that need no read, by position; the value is the position of the field's own selection. */
const plainFields: Readonly<Record<Position, Readonly<Record<string, Position | null>>>> = {
  CONNECTION: { __typename: null, totalCount: null, pageInfo: null, nodes: "STREAM", edges: "EDGE" },
  EDGE: { __typename: null, cursor: null, node: "STREAM" },
  STREAM: { __typename: null, id: null, name: null, bandwidth: "BANDWIDTH" },
  BANDWIDTH: { __typename: null, window: null, freshUntil: null, total: null },
};

/** Returns null if a field is read, or left out by a directive. */
function totalsIn(
  nodes: readonly FieldNode[],
  type: GraphQLNamedType,
  position: Position,
  info: GraphQLResolveInfo,
): readonly FieldNode[] | null {
  const sets = nodes.map(({ selectionSet }) => selectionSet);
  const totals: FieldNode[] = [];
  for (const { node, parentType, hasDirectives } of selectedFields(sets, type, info)) {
    const next = plainFields[position][node.name.value];
    if (next === undefined || hasDirectives) return null;
    if (next === null) continue;
    if (next === "BANDWIDTH") totals.push(node);
    const field = "getFields" in parentType ? parentType.getFields()[node.name.value] : undefined;
    const below = field ? totalsIn([node], getNamedType(field.type), next, info) : null;
    if (below === null) return null;
    totals.push(...below);
  }
  return totals;
}
