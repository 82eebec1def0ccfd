import { ApolloServer } from "@apollo/server";
import { startStandaloneServer } from "@apollo/server/standalone";
import DataLoader from "dataloader";
import { GraphQLError } from "graphql";
import { isAllowed } from "./bearer.ts";
import { type BandwidthKey, readByWindow, resolvers, typeDefs } from "./peer-schema.ts";
import { readSeries, readTotals, type Window } from "./platform.ts";

/** Context of Apollo Server: the loaders of one request. */
interface Context {
  readonly totals: DataLoader<BandwidthKey, unknown, string>;
  readonly series: DataLoader<BandwidthKey, unknown, string>;
}

const server = new ApolloServer<Context>({
  typeDefs,
  resolvers: {
    ...resolvers,
    Node: { __resolveType: resolvers.Node.resolveType },
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
    return { totals: loaderOf(readTotals), series: loaderOf((names, window) => readSeries(names, window)) };
  },
});
process.stdout.write(`${url}\n`);
