import pg from "pg";

/** Counting is waited for by every request: what takes longer is counted in memory instead. */
const PATIENCE_MS = 500;
const MAX_CONNECTIONS = 4;

/** Connections on which several gateways count together; they are made when the first is needed. */
export type Counters = pg.Pool;

/** @param url of the PostgreSQL that holds the store as well; its counters must not wait behind the store's own queries */
export function openCounters(url: string): Counters {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "syndigraph-counters",
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: PATIENCE_MS,
    statement_timeout: PATIENCE_MS,
    query_timeout: PATIENCE_MS,
    keepAlive: true,
  });
  // A connection that breaks is replaced when one is needed again. Without listeners it would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}
