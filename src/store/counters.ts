import pg from "pg";

/** Counting is waited for by every request: what takes longer is counted in memory instead. */
const PATIENCE_MS = 500;
const MAX_CONNECTIONS = 4;

/** Connections on which several gateways count together; they are made when the first is needed. */
export type Counters = pg.Pool;

/**
 * @param url of the PostgreSQL that holds the store as well, which has been opened before and has made their table; they
 *   have connections of their own, so that counting never waits behind the store's queries
 * @param patienceMs for a connection, and for each query
 */
export function openCounters(url: string, patienceMs = PATIENCE_MS): Counters {
  const pool = new pg.Pool({
    connectionString: url,
    application_name: "syndigraph-counters",
    max: MAX_CONNECTIONS,
    connectionTimeoutMillis: patienceMs,
    statement_timeout: patienceMs,
    query_timeout: patienceMs,
    keepAlive: true,
  });
  // A connection that breaks is replaced when one is needed again. Without listeners it would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}
