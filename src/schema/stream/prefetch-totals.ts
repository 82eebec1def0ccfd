import {
  type FieldNode,
  type GraphQLResolveInfo,
  getArgumentValues,
  isObjectType,
  Kind,
  type SelectionSetNode,
} from "graphql";
import type { GraphContext } from "../../context.ts";
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
 * @see docs/decisions/0070-prefetched-totals.md
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

/** Selections by field node: documents are parsed once and executed often. */
const selectionsByField = new WeakMap<FieldNode, readonly FieldNode[]>();

/**
 * Returns the connection's selections of `Stream.bandwidth`.
 *
 * Empty if its streams select other fields that need a call.
 */
function totalsBelow(info: GraphQLResolveInfo): readonly FieldNode[] {
  const [connection] = info.fieldNodes;
  if (!connection) return [];
  const found = selectionsByField.get(connection) ?? findSelections(info);
  selectionsByField.set(connection, found);
  return found;
}

/** Fields that need no call, by the type that has them. A field with a type is searched further. */
const fieldsWithoutCalls: Readonly<Record<Parent, Readonly<Record<string, Parent | null>>>> = {
  CONNECTION: { __typename: null, totalCount: null, pageInfo: null, nodes: "STREAM", edges: "EDGE" },
  EDGE: { __typename: null, cursor: null, node: "STREAM" },
  STREAM: { __typename: null, id: null, name: null, bandwidth: "BANDWIDTH" },
  BANDWIDTH: { __typename: null, window: null, freshUntil: null, total: null },
};
type Parent = "CONNECTION" | "EDGE" | "STREAM" | "BANDWIDTH";

function findSelections({ fieldNodes, fragments }: GraphQLResolveInfo): readonly FieldNode[] {
  const found: FieldNode[] = [];
  const needsNoCalls = (selections: SelectionSetNode["selections"], parent: Parent): boolean =>
    selections.every((selection) => {
      if (selection.directives?.length) return false;
      if (selection.kind === Kind.FIELD) {
        const next = fieldsWithoutCalls[parent][selection.name.value];
        if (next === undefined) return false;
        if (next === "BANDWIDTH") found.push(selection);
        return next === null || needsNoCalls(selection.selectionSet?.selections ?? [], next);
      }
      const fragment = selection.kind === Kind.FRAGMENT_SPREAD ? fragments[selection.name.value] : selection;
      return needsNoCalls(fragment?.selectionSet.selections ?? [], parent);
    });
  const isAll = fieldNodes.every(({ selectionSet }) => needsNoCalls(selectionSet?.selections ?? [], "CONNECTION"));
  return isAll ? found : [];
}
