import SchemaBuilder from "@pothos/core";
import RelayPlugin from "@pothos/plugin-relay";
import ScopeAuthPlugin from "@pothos/plugin-scope-auth";
import type { GraphContext } from "../context.ts";
import { cacheable } from "../engine/cacheability.ts";
import { encodeGlobalId } from "./global-id.ts";
import { type AuthScopes, registerScopeChecks } from "./scope-checks.ts";

registerScopeChecks();

/**
 * The builder of every type, with its plugins. Fields are non-null unless they say otherwise: nullable is what needs a
 * call to the platform, so that a failed call costs the client that field and nothing else.
 */
export const builder = new SchemaBuilder<{
  Context: GraphContext;
  AuthScopes: AuthScopes;
  DefaultFieldNullability: false;
  DefaultNodeNullability: false;
  DefaultEdgesNullability: { list: false; items: false };
  Scalars: {
    ID: { Input: string; Output: string };
    /** Shown from epoch milliseconds as well, which is how records hold an instant. */
    DateTime: { Input: Date; Output: Date | number };
    Duration: { Input: string; Output: string };
    TimeZone: { Input: string; Output: string };
    CountryCode: { Input: string; Output: string };
    SafeInt: { Input: number; Output: number };
    Bytes: { Input: never; Output: bigint };
    Decimal: { Input: never; Output: string };
  };
  Connection: { totalCount?: number };
}>({
  plugins: [ScopeAuthPlugin, RelayPlugin],
  defaultFieldNullability: false,
  // The plugin's own checks are not in use, and would let nobody through.
  scopeAuth: { authScopes: () => ({ scope: false, staff: false, owner: false }) },
  relay: {
    clientMutationId: "omit",
    cursorType: "String",
    encodeGlobalID: encodeGlobalId,
    // The fields node and nodes are the gateway's own: they return coded errors.
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    nodesOnConnection: { description: "The objects themselves, in the order of `edges`." },
    nodeTypeOptions: {
      description: "An object with an id that is unique in the whole graph.",
      resolveType: (node) => (node as { readonly kind: string }).kind,
    },
    idFieldOptions: {
      description: "Global id of the object: unique in the graph and opaque.",
      extensions: cacheable(),
    },
    pageInfoTypeOptions: { description: "Position of a page in its list." },
    pageInfoFieldOptions: { description: "Position of this page in the list." },
    hasNextPageFieldOptions: { description: "Whether more objects follow this page." },
    hasPreviousPageFieldOptions: { description: "Whether more objects come before this page." },
    startCursorFieldOptions: { description: "Cursor of the first object of the page; null when it is empty." },
    endCursorFieldOptions: {
      description: "Cursor of the last object: pass it as `after` to get the next page; null when the page is empty.",
    },
    cursorFieldOptions: {
      description: "Position of this object in the list. The cursor stays valid when the list changes.",
    },
    nodeFieldOptions: { description: "The object that the edge leads to.", nullable: false },
    edgesFieldOptions: { description: "The objects with their cursors.", nullable: { list: false, items: false } },
    firstArgOptions: {
      description: "Maximum number of objects from the start, or after the cursor `after`: 0 to 100. Defaults to 20.",
    },
    afterArgOptions: { description: "Only objects after this cursor. Defaults to the start of the list." },
    lastArgOptions: {
      description:
        "Maximum number of objects from the end, or before the cursor `before`: 0 to 100. Not applied if left out.",
    },
    beforeArgOptions: { description: "Only objects before this cursor. Defaults to the end of the list." },
    defaultConnectionTypeOptions: { description: "One page of a list." },
    defaultEdgeTypeOptions: { description: "An object of a page with its cursor." },
  },
});

builder.queryType({ description: "All fields that read data." });
builder.mutationType({
  description: "All mutations. Failures that a client can act on are returned in `userErrors`, beside what succeeded.",
});
