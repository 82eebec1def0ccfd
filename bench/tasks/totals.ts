import { encodeCursor } from "../../src/schema/connection.ts";
import { encodeGlobalId } from "../../src/schema/global-id.ts";
import { streamName } from "../servers/account.ts";
import type { Task, Wording } from "../task.ts";
import { dayWindow, shortWindow, type Window, windowPath } from "../windows.ts";

const FIRST = 50;
const places = Array.from({ length: FIRST }, (_, place) => place);
const names = places.map((place) => streamName(place + 1));
const ids = names.map((name) => encodeGlobalId("Stream", name));

interface Stream {
  readonly name: string;
  readonly bandwidth: { readonly total: object };
}
const rowOf = ({ name, bandwidth }: Stream) => ({ name, ...bandwidth.total });
const ofPage = (data: { readonly streams: { readonly nodes: readonly Stream[] } }) => data.streams.nodes.map(rowOf);
const ofEdges = (data: { readonly streams: { readonly edges: readonly { readonly node: Stream }[] } }) =>
  data.streams.edges.map(({ node }) => rowOf(node));
const ofNodes = (data: { readonly nodes: readonly Stream[] }) => data.nodes.map(rowOf);
interface Renamed {
  readonly nodes: readonly {
    readonly title: string;
    readonly traffic: { readonly sum: { readonly sent: string } };
  }[];
}
const ofHalves = ({ upper, lower }: { readonly upper: Renamed; readonly lower: Renamed }) =>
  [...upper.nodes, ...lower.nodes].map(({ title, traffic }) => ({ name: title, bytesOut: traffic.sum.sent }));
interface Tokens {
  readonly subscribeTokens: {
    readonly nodes: readonly {
      readonly grants: readonly { readonly streams: { readonly nodes: readonly Stream[] } }[];
    }[];
  };
}
const ofTokens = ({ subscribeTokens }: Tokens) =>
  subscribeTokens.nodes.flatMap(({ grants }) => grants.flatMap(({ streams }) => streams.nodes.map(rowOf)));
const ofAliases = (data: Readonly<Record<string, Stream>>) => Object.values(data).map(rowOf);

const RANGE = "$from: DateTime!, $to: DateTime!";
const WINDOW = "window: { range: { from: $from, to: $to } }";
const ofDays = (index: number) => ({ ...dayWindow(index) });
const selected = (fields: string, window = WINDOW) => `name bandwidth(${window}) { total { ${fields} } }`;

function page(first: number, fields: string): Wording {
  return {
    name: "page",
    document: `query Totals(${RANGE}) { streams(first: ${first}) { nodes { ${selected(fields)} } } }`,
    variables: ofDays,
    rows: ofPage,
  };
}

function nodes(fields: string): Wording {
  return {
    name: "nodes(ids:)",
    document: `query Totals(${RANGE}, $ids: [ID!]!) { nodes(ids: $ids) { ... on Stream { ${selected(fields)} } } }`,
    variables: (index) => ({ ...dayWindow(index), ids }),
    rows: ofNodes,
  };
}

/** Returns the task of listing the first streams of an account with their totals. */
export function totalsTask(first: number, streams: number): Task {
  return {
    id: "totals",
    title: `${first} streams, each with its total`,
    streams,
    path: (index) => `/streams?first=${first}&${windowPath(dayWindow(index))}`,
    wordings: [page(first, "bytesOut")],
  };
}

const literalWindow = ({ from, to }: Window) => `window: { range: { from: "${from}", to: "${to}" } }`;

export const totals: Task = {
  ...totalsTask(FIRST, FIRST),
  wordings: [
    page(FIRST, "bytesOut"),
    {
      name: "page, window in the document",
      document: (index) =>
        `{ streams(first: ${FIRST}) { nodes { ${selected("bytesOut", literalWindow(dayWindow(index)))} } } }`,
      rows: ofPage,
    },
    {
      name: "edges, fragments",
      document: `query Totals(${RANGE}, $first: Int!) { streams(first: $first) { ...Page } }
        fragment Page on StreamConnection { edges { node { ...Total } } }
        fragment Total on Stream { name bandwidth(${WINDOW}) { ...Bytes } }
        fragment Bytes on Bandwidth { total { bytesOut } }`,
      variables: (index) => ({ ...dayWindow(index), first: FIRST }),
      rows: ofEdges,
    },
    nodes("bytesOut"),
    {
      name: "aliases, fragment, variables",
      document: `query Totals(${RANGE}, ${places.map((place) => `$n${place}: String!`).join(", ")}) {
        ${places.map((place) => `s${place}: stream(by: { name: $n${place} }) { ...Total }`).join(" ")}
      }
      fragment Total on Stream { ${selected("bytesOut")} }`,
      variables: (index) => ({
        ...dayWindow(index),
        ...Object.fromEntries(names.map((name, place) => [`n${place}`, name])),
      }),
      rows: ofAliases,
    },
    {
      name: "aliases, names in the document",
      document: `query Totals(${RANGE}) {
        ${names.map((name, place) => `s${place}: stream(by: { name: "${name}" }) { ...Total }`).join(" ")}
      }
      fragment Total on Stream { ${selected("bytesOut")} }`,
      variables: ofDays,
      rows: ofAliases,
    },
    { ...page(FIRST, "bytesOut"), name: "page, partner's key", by: "partner", isForPeers: false },
    {
      name: "two pages by a cursor, renamed fields",
      document: `query Overview($window: WindowInput!, $half: Int!, $after: String!) {
        upper: streams(first: $half) { ...Rows }
        lower: streams(after: $after, first: $half) { ...Rows }
      }
      fragment Rows on StreamConnection {
        pageInfo { hasNextPage endCursor }
        nodes { key: id title: name traffic: bandwidth(window: $window) { sum: total { sent: bytesOut } } }
      }`,
      variables: (index) => ({
        window: { range: dayWindow(index) },
        half: FIRST / 2,
        after: encodeCursor(streamName(FIRST / 2)),
      }),
      rows: ofHalves,
      isForPeers: false,
    },
    {
      name: "list of tokens with their streams, directives",
      document: `query TokenTraffic(${RANGE}, $isCollapsed: Boolean!, $showLabels: Boolean!) {
        subscribeTokens(first: ${FIRST}) {
          nodes {
            tokenId
            label @include(if: $showLabels)
            trackingId
            grants {
              streams(first: 1) { nodes { name bandwidth(${WINDOW}) @skip(if: $isCollapsed) { total { bytesOut } } } }
            }
          }
        }
      }`,
      variables: (index) => ({ ...dayWindow(index), isCollapsed: false, showLabels: true }),
      rows: ofTokens,
      isForPeers: false,
    },
  ],
};

const FIELDS = "bytesOut bytesIn standard { bytesOut bytesIn } restream { bytesOut bytesIn secondsUsed }";

export const totals8: Task = {
  id: "totals-8",
  title: "50 streams, 8 fields each",
  streams: FIRST,
  path: (index) => `/streams?first=${FIRST}&fields=8&${windowPath(dayWindow(index))}`,
  wordings: [page(FIRST, FIELDS), nodes(FIELDS)],
};

const ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Sydney"];
const zoneAt = (index: number) => ZONES[index % ZONES.length];

/** Windows differ by hours and by zone. */
export const totalsHours: Task = {
  id: "totals-hours",
  title: "50 streams, each with its total over hours",
  streams: FIRST,
  path: (index) => `/streams?first=${FIRST}&${windowPath(shortWindow(index))}`,
  wordings: [
    {
      name: "page, time zone",
      document: `query Totals(${RANGE}, $zone: TimeZone!) {
        streams(first: ${FIRST}) { nodes { ${selected("bytesOut", `timeZone: $zone, ${WINDOW}`)} } }
      }`,
      variables: (index) => ({ ...shortWindow(index), zone: zoneAt(index) }),
      rows: ofPage,
    },
    {
      name: "nodes(ids:), time zone",
      document: `query Totals(${RANGE}, $zone: TimeZone!, $ids: [ID!]!) {
        nodes(ids: $ids) { ... on Stream { ${selected("bytesOut", `timeZone: $zone, ${WINDOW}`)} } }
      }`,
      variables: (index) => ({ ...shortWindow(index), zone: zoneAt(index), ids }),
      rows: ofNodes,
    },
  ],
};
