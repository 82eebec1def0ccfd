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
import type { Page } from "../connection.ts";
import { usageWindow, type WindowArguments } from "../window.ts";

/**
 * Returns the page after reading the totals that the client selects of its streams.
 *
 * The calls are the same either way; a stream whose total is already read resolves without a promise of its own.
 * Nothing is prefetched if the streams' selection has other fields that need a call, so that those never start later. A
 * failed read fails again in its field, which reports it.
 *
 * @see docs/decisions/0026-prefetched-totals.md
 */
export function prefetchTotals(
  page: Page<StreamRecord>,
  info: GraphQLResolveInfo,
  context: GraphContext,
): MaybePromise<Page<StreamRecord>> {
  const { edges } = page;
  const [first, last] = [edges.at(0), edges.at(-1)];
  if (!first || !last || !context.caller.scopes.has("usage:read")) return page;
  const windows = windowsOf(info, context);
  const unread = (nodes: readonly StreamRecord[]) =>
    windows.flatMap((window) => nodes.map(({ name }) => prefetch(name, window, context)).filter(Boolean));
  // If the totals of both ends of the page are cached, those between them normally are too.
  if (windows.length === 0 || unread([first.node, last.node]).length === 0) return page;
  const promised = unread(edges.map(({ node }) => node)).filter(isPromise);
  return settleMaybe([context.loaders.batchScheduler.idle(), ...promised]).then(() => page);
}

function prefetch(name: string, window: UsageWindow, { loaders }: GraphContext): Promise<unknown> | boolean {
  try {
    return prefetchTotal(loaders.streamBandwidth(name), window);
  } catch {
    return false;
  }
}

/** Returns the windows of the selected totals, mostly one or none. */
function windowsOf(info: GraphQLResolveInfo, context: GraphContext): UsageWindow[] {
  const stream = info.schema.getType("Stream");
  const definition = isObjectType(stream) ? stream.getFields()["bandwidth"] : undefined;
  if (!definition) return [];
  return totalsBelow(info).flatMap((field) => {
    try {
      const args = getArgumentValues(definition, field, info.variableValues);
      return [usageWindow(args as unknown as WindowArguments, context)];
    } catch {
      return [];
    }
  });
}

/** Fields `bandwidth` by connection: a document is parsed once and executed often. */
const totalsOfConnections = new WeakMap<FieldNode, readonly FieldNode[]>();

/** Returns the fields `bandwidth` of the streams of a connection; none if the streams have other fields that are read. */
function totalsBelow(info: GraphQLResolveInfo): readonly FieldNode[] {
  const [connection] = info.fieldNodes;
  if (!connection) return [];
  const totals =
    totalsOfConnections.get(connection) ??
    totalsIn(info.fieldNodes, getNamedType(info.returnType), "CONNECTION", info) ??
    [];
  totalsOfConnections.set(connection, totals);
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
