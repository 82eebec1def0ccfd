import type { Window } from "./platform.ts";

/** Part of the graph that the benchmark requests, as the other servers define it. */
export const typeDefs = `
  scalar Bytes
  scalar DateTime
  enum Granularity { HOUR }
  input RangeInput { from: DateTime! to: DateTime! }
  input WindowInput { range: RangeInput }
  input StreamRef { name: String }
  type SubscribeToken { tokenId: Int! label: String! trackingId: String }
  type SubscribeTokens { nodes: [SubscribeToken!]! }
  type Traffic { bytesOut: Bytes! }
  type UsagePoint { start: DateTime! bytesOut: Bytes }
  type UsageSeries { points: [UsagePoint!]! }
  type Bandwidth { total: Traffic series(granularity: Granularity! = HOUR): UsageSeries }
  type Stream { name: String! bandwidth(window: WindowInput!): Bandwidth! }
  type Streams { nodes: [Stream!]! }
  type Query {
    subscribeTokens(first: Int!): SubscribeTokens
    streams(first: Int!): Streams
    stream(by: StreamRef!): Stream
  }
`;

/** Source object of the fields of `Bandwidth`. */
export interface BandwidthKey {
  readonly name: string;
  readonly window: Window;
}

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
