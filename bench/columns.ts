import { streamName } from "./servers/account.ts";
import { dayWindow, HOUR_WINDOWS, hourWindow, type Window } from "./windows.ts";

/** One request of the benchmark, in the form of a graph and of the proxy. */
export interface Column {
  readonly id: string;
  readonly title: string;
  /** Number of streams of the account. */
  readonly streams: number;
  readonly document: string;
  readonly variables: (index: number) => Readonly<Record<string, unknown>>;
  /** Path of the same request to the proxy. */
  readonly path: (index: number) => string;
  /** Converts the graph's `data` to the form of the proxy's response, with figures as strings. */
  readonly ofGraph: (data: never) => unknown;
  /** Converts the proxy's response, with figures as strings. */
  readonly ofProxy: (body: never) => unknown;
}

const FIRST = 50;
const SERIES = 10;
/** Number of streams with series: enough that the same stream and window seldom repeat. */
const SERIES_STREAMS = 1_000;

interface TotalsData {
  readonly streams: {
    readonly nodes: readonly {
      readonly name: string;
      readonly bandwidth: { readonly total: { readonly bytesOut: string | number } };
    }[];
  };
}
interface Point {
  readonly start: string;
  readonly bytesOut: string | number;
}
type SeriesData = Readonly<
  Record<string, { name: string; bandwidth: { series: { readonly points: readonly Point[] } } }>
>;

const windowPath = ({ from, to }: Window) => `from=${encodeURIComponent(from)}&to=${encodeURIComponent(to)}`;

const list: Column = {
  id: "list",
  title: "list of 50 tokens",
  streams: FIRST,
  document: `{ subscribeTokens(first: ${FIRST}) { nodes { tokenId label trackingId } } }`,
  variables: () => ({}),
  path: () => `/tokens?first=${FIRST}`,
  ofGraph: (data: { readonly subscribeTokens: { readonly nodes: unknown } }) => data.subscribeTokens.nodes,
  ofProxy: (body: unknown) => body,
};

/** Returns a request for the totals of the first streams of an account. */
export function totalsColumn(first: number, streams: number): Column {
  return {
    id: "totals",
    title: `${first} streams, each with its total`,
    streams,
    document: `query Totals($from: DateTime!, $to: DateTime!) {
      streams(first: ${first}) { nodes { name bandwidth(window: { range: { from: $from, to: $to } }) { total { bytesOut } } } }
    }`,
    variables: (index) => ({ ...dayWindow(index) }),
    path: (index) => `/streams?first=${first}&${windowPath(dayWindow(index))}`,
    ofGraph: (data: TotalsData) =>
      data.streams.nodes.map(({ name, bandwidth }) => ({ name, bytesOut: String(bandwidth.total.bytesOut) })),
    ofProxy: (body: readonly { readonly name: string; readonly bytesOut: number }[]) =>
      body.map(({ name, bytesOut }) => ({ name, bytesOut: String(bytesOut) })),
  };
}

/** Returns the n-th ten of streams with a window: each window with the first ten, then each with the next. */
function seriesRequest(index: number): { readonly names: readonly string[]; readonly window: Window } {
  const ten = Math.floor(index / HOUR_WINDOWS) % (SERIES_STREAMS / SERIES);
  return {
    names: Array.from({ length: SERIES }, (_, place) => streamName(ten * SERIES + place + 1)),
    window: hourWindow(index),
  };
}

const places = Array.from({ length: SERIES }, (_, place) => place);
const written = (points: readonly Point[]) =>
  points.map(({ start, bytesOut }) => ({ start: new Date(start).getTime(), bytesOut: String(bytesOut) }));

const series: Column = {
  id: "series",
  title: "10 hourly series",
  streams: SERIES_STREAMS,
  document: `query Series($from: DateTime!, $to: DateTime!, ${places.map((place) => `$n${place}: String!`).join(", ")}) {
    ${places.map((place) => `s${place}: stream(by: { name: $n${place} }) { ...Hours }`).join("\n    ")}
  }
  fragment Hours on Stream {
    name bandwidth(window: { range: { from: $from, to: $to } }) { series(granularity: HOUR) { points { start bytesOut } } }
  }`,
  variables: (index) => {
    const { names, window } = seriesRequest(index);
    return { ...window, ...Object.fromEntries(names.map((name, place) => [`n${place}`, name])) };
  },
  path: (index) => {
    const { names, window } = seriesRequest(index);
    return `/series?${names.map((name) => `name=${name}`).join("&")}&${windowPath(window)}`;
  },
  ofGraph: (data: SeriesData) =>
    Object.values(data).map(({ name, bandwidth }) => ({ name, points: written(bandwidth.series.points) })),
  ofProxy: (body: readonly { readonly name: string; readonly points: readonly Point[] }[]) =>
    body.map(({ name, points }) => ({ name, points: written(points) })),
};

const typename: Column = {
  id: "typename",
  title: "`{ __typename }`",
  streams: FIRST,
  document: "{ __typename }",
  variables: () => ({}),
  path: () => "/typename",
  ofGraph: (data: unknown) => data,
  ofProxy: (body: unknown) => body,
};

/** Requests that are measured, by id. */
export const columns = { list, totals: totalsColumn(FIRST, FIRST), series, typename };
