import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import DataLoader from "dataloader";
import { GraphQLError } from "graphql";
import { isAllowed } from "./bearer.ts";
import { type BandwidthKey, readByWindow, typeDefs } from "./peer-schema.ts";
import { readSeries, readStreamNames, readSubscribeTokens, readTotals, type Window } from "./platform.ts";

/** Context of Apollo Server: the loaders of one request. */
interface Context {
  readonly totals: DataLoader<BandwidthKey, unknown, string>;
  readonly series: DataLoader<BandwidthKey, unknown, string>;
}

const server = new ApolloServer<Context>({
  typeDefs,
  resolvers: {
    Query: {
      subscribeTokens: async (_root, { first }: { first: number }) => ({ nodes: await readSubscribeTokens(first) }),
      streams: async (_root, { first }: { first: number }) => ({
        nodes: (await readStreamNames(first)).map((name) => ({ name })),
      }),
      stream: (_root, { by }: { by: { name: string } }) => ({ name: by.name }),
    },
    Stream: {
      bandwidth: ({ name }: { name: string }, { window }: { window: { range: Window } }): BandwidthKey => ({
        name,
        window: window.range,
      }),
    },
    Bandwidth: {
      total: (key: BandwidthKey, _arguments, { totals }) => totals.load(key),
      series: async (key: BandwidthKey, _arguments, { series }) => ({ points: await series.load(key) }),
    },
  },
});

function loaderOf(read: (names: readonly string[], window: Window) => Promise<unknown[]>) {
  return new DataLoader<BandwidthKey, unknown, string>((keys) => readByWindow(keys, read), {
    cacheKeyFn: ({ name, window }) => `${window.from}/${window.to}/${name}`,
  });
}

const { url } = await startStandaloneServer(server, {
  listen: { port: 0, host: "127.0.0.1" },
  context: async ({ req }) => {
    if (!isAllowed(req.headers.authorization)) {
      throw new GraphQLError("unauthenticated", { extensions: { http: { status: 401 } } });
    }
    return { totals: loaderOf(readTotals), series: loaderOf(readSeries) };
  },
});
process.stdout.write(`${url}\n`);
