import { encodeGlobalId } from "../../src/schema/global-id.ts";
import type { Task } from "../task.ts";

const FIRST = 50;
const tokenIds = Array.from({ length: FIRST }, (_, index) => index + 1);
const ids = tokenIds.map((tokenId) => encodeGlobalId("SubscribeToken", tokenId));

interface Nodes {
  readonly nodes: unknown;
}
interface Edges {
  readonly edges: readonly { readonly node: unknown }[];
}
interface Typed {
  readonly __typename: string;
  readonly id: string;
}
interface Table {
  readonly tokens: { readonly edges: readonly { readonly node: Typed }[] };
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
      {
        name: "edges, cursors, typenames",
        document: `query TokenTable($after: String, $pageSize: Int = ${FIRST}) {
          tokens: subscribeTokens(after: $after, first: $pageSize) {
            __typename
            totalCount
            edges { __typename cursor node { __typename id ${fields} } }
            pageInfo { __typename endCursor hasNextPage }
          }
        }`,
        variables: () => ({ after: null }),
        rows: ({ tokens }: Table) => tokens.edges.map(({ node: { __typename, id, ...row } }) => row),
        isForPeers: false,
      },
      {
        name: "by GET, subscribeTokensById, operations, directives",
        document: `query TokenCount { subscribeTokens(first: 0) { totalCount } }
          query TokenDetails($tokenIds: [SafeInt!]!, $isDetailed: Boolean!, $showSecret: Boolean = false) {
            subscribeTokensById(tokenIds: $tokenIds) {
              ... on Token { tokenId label }
              ...Details @include(if: $isDetailed)
              secret @include(if: $showSecret)
            }
          }
          fragment Details on SubscribeToken { ${fields} }`,
        operationName: () => "TokenDetails",
        method: () => "GET",
        variables: () => ({ tokenIds, isDetailed: true }),
        rows: (data: { readonly subscribeTokensById: unknown }) => data.subscribeTokensById,
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
