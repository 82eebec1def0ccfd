import { encodeGlobalId } from "../../src/schema/global-id.ts";
import type { Task } from "../task.ts";

const FIRST = 50;
const ids = Array.from({ length: FIRST }, (_, index) => encodeGlobalId("SubscribeToken", index + 1));

interface Nodes {
  readonly nodes: unknown;
}
interface Edges {
  readonly edges: readonly { readonly node: unknown }[];
}
const ofPage = (data: { readonly subscribeTokens: Nodes }) => data.subscribeTokens.nodes;
const ofNodes = (data: Nodes) => data.nodes;

/** Returns the task of listing tokens with some fields. */
function listTask(id: string, title: string, fields: string, path: string): Task {
  return {
    id,
    title,
    streams: FIRST,
    path: () => path,
    wordings: [
      { name: "page", document: `{ subscribeTokens(first: ${FIRST}) { nodes { ${fields} } } }`, rows: ofPage },
      {
        name: "edges, fragments, variables",
        document: `query Tokens($first: Int!) { subscribeTokens(first: $first) { ...Page } }
          fragment Page on SubscribeTokenConnection { edges { node { ...Fields } } }
          fragment Fields on SubscribeToken { ${fields} }`,
        variables: () => ({ first: FIRST }),
        rows: (data: { readonly subscribeTokens: Edges }) => data.subscribeTokens.edges.map(({ node }) => node),
        isForPeers: false,
      },
      {
        name: "nodes(ids:)",
        document: `query Tokens($ids: [ID!]!) { nodes(ids: $ids) { ... on SubscribeToken { ${fields} } } }`,
        variables: () => ({ ids }),
        rows: ofNodes,
        isForPeers: false,
      },
      {
        name: "aliases",
        document: `{ ${ids.map((by, place) => `t${place}: subscribeToken(by: { id: "${by}" }) { ${fields} }`).join(" ")} }`,
        rows: (data: Readonly<Record<string, unknown>>) => Object.values(data),
        isForPeers: false,
      },
      {
        name: "page, partner's key",
        document: `{ subscribeTokens(first: ${FIRST}) { nodes { ${fields} } } }`,
        rows: ofPage,
        by: "partner",
        isForPeers: false,
      },
    ],
  };
}

export const list = listTask("list", "list of 50 tokens", "tokenId label trackingId", `/tokens?first=${FIRST}`);
export const list8 = listTask(
  "list-8",
  "list of 50 tokens, 8 fields",
  "tokenId label trackingId isActive addedAt bindIpsOnUsage allowedOrigins allowedIpAddresses",
  `/tokens?first=${FIRST}&fields=8`,
);
