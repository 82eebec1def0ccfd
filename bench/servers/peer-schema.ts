import { decodeGlobalId } from "../../src/schema/global-id.ts";
import {
  type Point,
  readStreamNames,
  readSubscribeTokens,
  type SubscribeToken,
  type Total,
  type Window,
} from "./platform.ts";

/** Part of the graph that the benchmark requests, as the other servers define it. */
export const typeDefs = `
  scalar Bytes
  scalar DateTime
  enum Granularity { HOUR }
  input RangeInput { from: DateTime! to: DateTime! }
  input WindowInput { range: RangeInput }
  input StreamRef { name: String }
  type SubscribeToken {
    tokenId: Int! label: String! trackingId: String isActive: Boolean! addedAt: DateTime! bindIpsOnUsage: Int!
    allowedOrigins: [String!]! allowedIpAddresses: [String!]!
  }
  type SubscribeTokens { nodes: [SubscribeToken!]! }
  scalar TimeZone
  interface Node { id: ID! }
  type TrafficPart { bytesOut: Bytes! bytesIn: Bytes! }
  type RestreamTraffic { bytesOut: Bytes! bytesIn: Bytes! secondsUsed: Bytes! }
  type Traffic { bytesOut: Bytes! bytesIn: Bytes! standard: TrafficPart restream: RestreamTraffic }
  type UsagePoint { start: DateTime! bytesOut: Bytes bytesIn: Bytes }
  type UsageColumns { start: [DateTime!]! bytesOut: [Bytes]! bytesIn: [Bytes]! }
  type UsageSeries { points: [UsagePoint!]! columns: UsageColumns! }
  type Bandwidth { total: Traffic series(granularity: Granularity! = HOUR): UsageSeries }
  type Stream implements Node {
    id: ID! name: String! bandwidth(timeZone: TimeZone! = "UTC", window: WindowInput!): Bandwidth!
  }
  type StreamEdge { node: Stream! }
  type StreamConnection { nodes: [Stream!]! edges: [StreamEdge!]! }
  type Query {
    subscribeTokens(first: Int!): SubscribeTokens
    streams(first: Int!): StreamConnection
    nodes(ids: [ID!]!): [Node]!
    stream(by: StreamRef!): Stream
  }
`;

/** Source object of the fields of `Bandwidth`. */
export interface BandwidthKey {
  readonly name: string;
  readonly window: Window;
}

interface StreamSource {
  readonly name: string;
}

/** Resolvers that do not depend on the server. */
export const resolvers = {
  Query: {
    subscribeTokens: async (_root: unknown, { first }: { readonly first: number }) => ({
      nodes: await readSubscribeTokens(first),
    }),
    streams: async (_root: unknown, { first }: { readonly first: number }) => {
      const nodes = (await readStreamNames(first)).map((name) => ({ name }));
      return { nodes, edges: nodes.map((node) => ({ node })) };
    },
    stream: (_root: unknown, { by }: { readonly by: StreamSource }): StreamSource => ({ name: by.name }),
    nodes: (_root: unknown, { ids }: { readonly ids: readonly string[] }): StreamSource[] =>
      ids.map((id) => ({ name: decodeGlobalId(id)?.key ?? "" })),
  },
  Node: { resolveType: () => "Stream" },
  SubscribeToken: {
    isActive: ({ wire }: SubscribeToken) => wire.isActive,
    addedAt: ({ wire }: SubscribeToken) => wire.addedOn,
    bindIpsOnUsage: ({ wire }: SubscribeToken) => wire.bindIpsOnUsage,
    allowedOrigins: ({ wire }: SubscribeToken) => wire.allowedOrigins,
    allowedIpAddresses: ({ wire }: SubscribeToken) => wire.allowedIpAddresses,
  },
  Stream: {
    bandwidth: ({ name }: StreamSource, { window }: { readonly window: { readonly range: Window } }): BandwidthKey => ({
      name,
      window: window.range,
    }),
  },
  Traffic: { standard: ({ standardStream }: Total) => standardStream },
  UsageSeries: { columns: ({ points }: { readonly points: readonly Point[] }) => points },
  UsageColumns: {
    start: (points: readonly Point[]) => points.map(({ start }) => start),
    bytesOut: (points: readonly Point[]) => points.map(({ bytesOut }) => bytesOut),
    bytesIn: (points: readonly Point[]) => points.map(({ bytesIn }) => bytesIn),
  },
};

/** Reads the values of keys in their order, with keys of one window in one call. */
export async function readByWindow<Value>(
  keys: readonly BandwidthKey[],
  read: (names: readonly string[], window: Window) => Promise<Value[]>,
): Promise<Value[]> {
  const groups = new Map<string, { readonly window: Window; readonly names: string[]; readonly places: number[] }>();
  keys.forEach(({ name, window }, place) => {
    const id = `${window.from}/${window.to}`;
    const group = groups.get(id) ?? { window, names: [], places: [] };
    groups.set(id, group);
    group.names.push(name);
    group.places.push(place);
  });
  const values: Value[] = [];
  await Promise.all(
    [...groups.values()].map(async ({ window, names, places }) => {
      const answers = await read(names, window);
      answers.forEach((answer, index) => {
        values[places[index] ?? 0] = answer;
      });
    }),
  );
  return values;
}
