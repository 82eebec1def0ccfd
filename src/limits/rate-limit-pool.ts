import type pg from "pg";
import { cancelQuery, createPool, isQueryTimeout } from "../store/postgres-pool.ts";

/** Counting is waited for by every request: what takes longer is counted in memory instead. */
const PATIENCE_MS = 500;
const MAX_CONNECTIONS = 4;

/** Connections on which several gateways count together; they are made when the first is needed. */
export interface RateLimitPool {
  /**
   * Runs a query. A `name` is passed over: a statement that was prepared under a name is unknown to the next connection that
   * a pooler gives us.
   */
  query(query: pg.QueryConfig): Promise<pg.QueryResult>;
  end(): Promise<void>;
}

/**
 * @param url of the PostgreSQL that holds the store as well, which has been opened before and has made their table; they
 *   have connections of their own, so that counting never waits behind the store's queries
 * @param patienceMs for a connection, and for each query
 */
export function openRateLimitPool(url: string, patienceMs = PATIENCE_MS): RateLimitPool {
  const pool = createPool(url, {
    name: "syndigraph-counters",
    maxConnections: MAX_CONNECTIONS,
    connectTimeoutMs: patienceMs,
    queryTimeoutMs: patienceMs,
  });
  return {
    query: async ({ text, values }) => {
      const client = await pool.connect();
      try {
        const result = await client.query({ text, ...(values && { values }) });
        client.release();
        return result;
      } catch (error) {
        if (isQueryTimeout(error)) cancelQuery(client);
        client.release(true);
        throw error;
      }
    },
    end: () => pool.end(),
  };
}
