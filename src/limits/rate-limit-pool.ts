import type pg from "pg";
import { cancelQuery, createPool, isQueryTimeout } from "../store/postgres-pool.ts";

/** Time-out of a connection and of a query, in milliseconds: every request waits for it. */
const TIMEOUT_MS = 500;
const MAX_CONNECTIONS = 4;

/** Connections by which several gateways count together, opened on first use. */
export interface RateLimitPool {
  /**
   * Runs a query, without its `name`: a statement prepared by name is unknown to the next connection of an external pooler.
   */
  query(query: pg.QueryConfig): Promise<pg.QueryResult>;
  end(): Promise<void>;
}

/**
 * Creates a pool with connections of its own, so that counting never waits for queries of the store.
 *
 * @param url of the store's database; the store must have been opened before, since its migrations create the table
 * @param timeoutMs of a connection and of each query
 */
export function openRateLimitPool(url: string, timeoutMs = TIMEOUT_MS): RateLimitPool {
  const pool = createPool(url, {
    name: "syndigraph-counters",
    maxConnections: MAX_CONNECTIONS,
    connectTimeoutMs: timeoutMs,
    queryTimeoutMs: timeoutMs,
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
