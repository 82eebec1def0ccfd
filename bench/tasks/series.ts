import { encodeCursor } from "../../src/schema/connection.ts";
import { encodeGlobalId } from "../../src/schema/global-id.ts";
import { streamName } from "../servers/account.ts";
import type { Task, Wording } from "../task.ts";
import { HOUR_WINDOWS, hourWindow, type Window, windowPath } from "../windows.ts";

const SERIES = 10;
/** Number of streams with series: enough that the same stream and window seldom repeat. */
export const SERIES_STREAMS = 1_000;
const places = Array.from({ length: SERIES }, (_, place) => place);

interface Points {
  readonly points: unknown;
}
interface Columns {
  readonly columns: Readonly<Record<string, readonly unknown[]>>;
}
interface Stream<Series> {
  readonly name: string;
  readonly bandwidth: { readonly series: Series };
}
const withPoints = ({ name, bandwidth }: Stream<Points>) => ({ name, points: bandwidth.series.points });
const withColumns = ({ name, bandwidth }: Stream<Columns>) => ({ name, points: pointsOf(bandwidth.series.columns) });
const ofAliases = (data: Readonly<Record<string, Stream<Points>>>) => Object.values(data).map(withPoints);
const ofNodes = (data: { readonly nodes: readonly Stream<Points>[] }) => data.nodes.map(withPoints);

function pointsOf(columns: Columns["columns"]): unknown[] {
  const fields = Object.entries(columns);
  const [[, starts] = ["", []]] = fields;
  return starts.map((_, bucket) => Object.fromEntries(fields.map(([field, values]) => [field, values[bucket]])));
}

/** Returns the n-th ten of streams with a window: each window with the first ten, then each with the next. */
function requestAt(index: number): {
  readonly names: readonly string[];
  readonly after: string;
  readonly before: string;
  readonly window: Window;
} {
  const before = (Math.floor(index / HOUR_WINDOWS) % (SERIES_STREAMS / SERIES)) * SERIES;
  return {
    names: places.map((place) => streamName(before + place + 1)),
    // A cursor is valid whether or not there is a stream of its name.
    after: encodeCursor(streamName(before)),
    before: encodeCursor(streamName(before + SERIES + 1)),
    window: hourWindow(index),
  };
}

const RANGE = "$from: DateTime!, $to: DateTime!";
const WINDOW = "window: { range: { from: $from, to: $to } }";
const selected = (fields: string, window = WINDOW) =>
  `name bandwidth(${window}) { series(granularity: HOUR) { ${fields} } }`;

function aliases(fields: string): Wording {
  return {
    name: "aliases, fragment, variables",
    document: `query Series(${RANGE}, ${places.map((place) => `$n${place}: String!`).join(", ")}) {
      ${places.map((place) => `s${place}: stream(by: { name: $n${place} }) { ...Hours }`).join("\n      ")}
    }
    fragment Hours on Stream { ${selected(fields)} }`,
    variables: (index) => {
      const { names, window } = requestAt(index);
      return { ...window, ...Object.fromEntries(names.map((name, place) => [`n${place}`, name])) };
    },
    rows: ofAliases,
  };
}

function literals(fields: string): Wording {
  return {
    name: "aliases, all in the document",
    document: (index) => {
      const { names, window } = requestAt(index);
      const range = `window: { range: { from: "${window.from}", to: "${window.to}" } }`;
      return `{ ${names.map((name, place) => `s${place}: stream(by: { name: "${name}" }) { ${selected(fields, range)} }`).join(" ")} }`;
    },
    rows: ofAliases,
  };
}

function nodes(fields: string): Wording {
  return {
    name: "nodes(ids:)",
    document: `query Series(${RANGE}, $ids: [ID!]!) { nodes(ids: $ids) { ... on Stream { ${selected(fields)} } } }`,
    variables: (index) => {
      const { names, window } = requestAt(index);
      return { ...window, ids: names.map((name) => encodeGlobalId("Stream", name)) };
    },
    rows: ofNodes,
  };
}

function page(fields: string): Wording {
  return {
    name: "page after a cursor",
    document: `query Series(${RANGE}, $after: String) {
      streams(first: ${SERIES}, after: $after) { nodes { ${selected(fields)} } }
    }`,
    variables: (index) => {
      const { after, window } = requestAt(index);
      return { ...window, after };
    },
    rows: (data: { readonly streams: { readonly nodes: readonly Stream<Points>[] } }) =>
      data.streams.nodes.map(withPoints),
    isForPeers: false,
  };
}

interface Chart {
  readonly name: string;
  readonly usage: { readonly hourly: { readonly points: readonly { readonly x: string; readonly y: string }[] } };
}

const charts: Wording = {
  name: "streamsByName, directives, renamed fields",
  document: `query Charts($names: [String!]!, $asTable: Boolean!, $by: Granularity = HOUR, $window: WindowInput!) {
    streamsByName(names: $names) {
      ... on Node { id }
      name
      usage: bandwidth(window: $window) {
        hourly: series(granularity: $by) {
          points @skip(if: $asTable) { x: start y: bytesOut }
          columns @include(if: $asTable) { start bytesOut }
        }
      }
    }
  }`,
  variables: (index) => {
    const { names, window } = requestAt(index);
    return { names, asTable: false, window: { range: window } };
  },
  rows: (data: { readonly streamsByName: readonly Chart[] }) =>
    data.streamsByName.map(({ name, usage }) => ({
      name,
      points: usage.hourly.points.map(({ x, y }) => ({ start: x, bytesOut: y })),
    })),
  isForPeers: false,
};

const backwards: Wording = {
  name: "by GET, edges before a cursor, operations",
  document: `query Names($before: String) { streams(last: ${SERIES}, before: $before) { nodes { id name } } }
    query Series($before: String, ${RANGE}) {
      streams(before: $before, last: ${SERIES}) {
        pageInfo { hasPreviousPage startCursor }
        edges {
          cursor
          node { ... on Stream { id name bandwidth(timeZone: "UTC", ${WINDOW}) { series { points { start bytesOut } } } } }
        }
      }
    }`,
  operationName: () => "Series",
  method: () => "GET",
  variables: (index) => {
    const { before, window } = requestAt(index);
    return { before, ...window };
  },
  rows: (data: { readonly streams: { readonly edges: readonly { readonly node: Stream<Points> }[] } }) =>
    data.streams.edges.map(({ node }) => withPoints(node)),
  isForPeers: false,
};

const inColumns = (fields: string): readonly Wording[] => [
  {
    ...aliases(`columns { ${fields} }`),
    name: "columns, aliases",
    rows: (data: Readonly<Record<string, Stream<Columns>>>) => Object.values(data).map(withColumns),
  },
  {
    ...nodes(`columns { ${fields} }`),
    name: "columns, nodes(ids:)",
    rows: (data: { readonly nodes: readonly Stream<Columns>[] }) => data.nodes.map(withColumns),
  },
];

const inPoints = (fields: string) => `points { ${fields} }`;
const pathWith = (fields: string) => (index: number) => {
  const { names, window } = requestAt(index);
  return `/series?${names.map((name) => `name=${name}`).join("&")}&${windowPath(window)}${fields}`;
};

export const series: Task = {
  id: "series",
  title: "10 hourly series",
  streams: SERIES_STREAMS,
  path: pathWith(""),
  wordings: [
    aliases(inPoints("start bytesOut")),
    literals(inPoints("start bytesOut")),
    nodes(inPoints("start bytesOut")),
    page(inPoints("start bytesOut")),
    ...inColumns("start bytesOut"),
    charts,
    backwards,
  ],
};

export const series3: Task = {
  id: "series-3",
  title: "10 hourly series, 3 fields",
  streams: SERIES_STREAMS,
  path: pathWith("&fields=3"),
  wordings: [
    aliases(inPoints("start bytesIn bytesOut")),
    nodes(inPoints("start bytesIn bytesOut")),
    ...inColumns("start bytesIn bytesOut"),
  ],
};

const FIELDS =
  "start bytesOut bytesIn traffic { standard { bytesOut bytesIn } restream { bytesOut bytesIn secondsUsed } }";

export const series8: Task = {
  id: "series-8",
  title: "10 hourly series, 8 fields",
  streams: SERIES_STREAMS,
  path: pathWith("&fields=8"),
  wordings: [
    { ...aliases(inPoints(FIELDS)), isForPeers: false },
    { ...nodes(inPoints(FIELDS)), isForPeers: false },
  ],
};
