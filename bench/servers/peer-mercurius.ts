import { fastify } from "fastify";
import { mercurius } from "mercurius";
import { isAllowed } from "./bearer.ts";
import { type BandwidthKey, readByWindow, resolvers, typeDefs } from "./peer-schema.ts";
import { readSeries, readTotals } from "./platform.ts";

/** Mercurius over Fastify, compiled by graphql-jit and batched by Mercurius' loaders. */
const app = fastify();

app.addHook("onRequest", async (request, reply) => {
  if (!isAllowed(request.headers.authorization)) await reply.code(401).send({ error: "unauthenticated" });
});

const keysOf = (queries: readonly { readonly obj: BandwidthKey }[]) => queries.map(({ obj }) => obj);

await app.register(mercurius, {
  schema: typeDefs,
  jit: 1,
  resolvers,
  loaders: {
    Bandwidth: {
      total: {
        loader: (queries: { readonly obj: BandwidthKey }[]) => readByWindow(keysOf(queries), readTotals),
        opts: { cache: false },
      },
      series: {
        loader: async (queries: { readonly obj: BandwidthKey }[]) =>
          (await readByWindow(keysOf(queries), (names, window) => readSeries(names, window))).map((points) => ({
            points,
          })),
        opts: { cache: false },
      },
    },
  },
});

process.stdout.write(`${await app.listen({ port: 0, host: "127.0.0.1" })}\n`);
