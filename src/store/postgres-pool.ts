import { connect } from "node:net";
import pg from "pg";
import { addressForDriver } from "./database-url.ts";

/** A pool of connections to PostgreSQL, which may stand behind a pooler such as PgBouncer, in any of its modes. */
export interface PoolOptions {
  /** Name of the connections in `pg_stat_activity`. */
  readonly name: string;
  readonly maxConnections: number;
  readonly connectTimeoutMs: number;
  /** Time after which a query is given up and the server is asked to cancel it. */
  readonly queryTimeoutMs: number;
  readonly types?: pg.CustomTypesConfig;
}

/**
 * Creates a pool. Connects with the first query.
 *
 * Poolers refuse startup parameters such as `statement_timeout`, and hand a connection with its settings and its prepared
 * statements to others between two transactions. Hence the time of a query is limited here and not by a setting.
 */
export function createPool(url: string, options: PoolOptions): pg.Pool {
  const { name, maxConnections, connectTimeoutMs, queryTimeoutMs, types } = options;
  const pool = new pg.Pool({
    connectionString: addressForDriver(url),
    application_name: name,
    max: maxConnections,
    connectionTimeoutMillis: connectTimeoutMs,
    query_timeout: queryTimeoutMs,
    keepAlive: true,
    ...(types && { types }),
  });
  // A connection that breaks, be it idle or between two queries, is replaced by the pool when it is asked for again. Without
  // listeners it would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/** Whether the driver gave a query up; the server may still be at it. */
export function isQueryTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === "Query read timeout";
}

/** What the driver knows of a connection, and its types leave out. */
interface Connected {
  readonly host?: unknown;
  readonly port?: unknown;
  readonly processID?: unknown;
  readonly secretKey?: unknown;
}

/** Number by which PostgreSQL tells a request to cancel from a startup. */
const CANCEL_REQUEST = 80_877_102;
const CANCEL_TIMEOUT_MS = 5_000;

/**
 * Asks the server to cancel what a connection is at: otherwise a query that was given up waits for its lock, and is carried
 * out later. Nothing comes of it where the server can't be reached; the connection must not be used any more.
 *
 * @see https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-CANCELING-REQUESTS
 */
export function cancelQuery(client: object): void {
  const { host, port, processID, secretKey } = client as Connected;
  if (typeof host !== "string" || typeof port !== "number") return;
  if (typeof processID !== "number" || typeof secretKey !== "number") return;
  const request = Buffer.alloc(16);
  request.writeInt32BE(16, 0);
  request.writeInt32BE(CANCEL_REQUEST, 4);
  request.writeInt32BE(processID, 8);
  request.writeInt32BE(secretKey, 12);
  const socket = host.startsWith("/") ? connect(`${host}/.s.PGSQL.${port}`) : connect(port, host);
  socket.setTimeout(CANCEL_TIMEOUT_MS, () => socket.destroy());
  socket.on("error", () => undefined);
  socket.unref();
  socket.end(request);
}
