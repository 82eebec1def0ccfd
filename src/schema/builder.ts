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
    // The fields node and nodes are our own: they answer with coded errors.
    nodeQueryOptions: false,
    nodesQueryOptions: false,
    nodesOnConnection: { description: "The objects themselves, in the order of `edges`." },
    nodeTypeOptions: {
      description: "An object with an id that is unique in the whole graph.",
      resolveType: (node) => (node as { readonly kind: string }).kind,
    },
    idFieldOptions: {
      description: "Unique in the whole graph, and opaque: pass it back as it is.",
      extensions: cacheable(),
    },
    pageInfoTypeOptions: { description: "Where a page stands in its list." },
    pageInfoFieldOptions: { description: "Where this page stands in the list." },
    hasNextPageFieldOptions: { description: "More objects follow this page." },
    hasPreviousPageFieldOptions: { description: "More objects come before this page." },
    startCursorFieldOptions: { description: "Cursor of the first object of the page; null when it is empty." },
    endCursorFieldOptions: {
      description: "Cursor of the last object: pass it as `after` to get the next page; null when the page is empty.",
    },
    cursorFieldOptions: { description: "Where this object stands in the list. It stays valid when the list changes." },
    nodeFieldOptions: { description: "The object itself.", nullable: false },
    edgesFieldOptions: { description: "The objects with their cursors.", nullable: { list: false, items: false } },
    firstArgOptions: { description: "At most so many objects from the beginning, or after the cursor `after`." },
    afterArgOptions: { description: "Begin behind the object with this cursor." },
    lastArgOptions: { description: "At most so many objects from the end, or before the cursor `before`." },
    beforeArgOptions: { description: "End before the object with this cursor." },
    defaultConnectionTypeOptions: { description: "One page of a list." },
    defaultEdgeTypeOptions: { description: "An object of a page with its cursor." },
  },
});

builder.queryType({ description: "Everything that can be read." });
builder.mutationType({
  description:
    "Everything that can be changed. What a client can act on comes back in `userErrors`, beside what succeeded.",
});
