import { connect } from "node:net";
import pg from "pg";
import { addressForDriver } from "./database-url.ts";

/**
 * Options of a pool of connections to PostgreSQL, or to a pooler such as PgBouncer in any of its
 * modes.
 */
export interface PoolOptions {
  /** Name of the connections in `pg_stat_activity`. */
  readonly name: string;
  readonly maxConnections: number;
  readonly connectTimeoutMs: number;
  /** Time after which a query fails and the server is asked to cancel it, in milliseconds. */
  readonly queryTimeoutMs: number;
  readonly types?: pg.CustomTypesConfig;
}

/**
 * Creates a pool. It connects with the first query.
 *
 * The time of a query is limited here and not by `statement_timeout`: poolers reject startup parameters, and pass a
 * connection with its settings to other clients between two transactions.
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
  // The pool replaces a broken connection when it is needed again. Without these listeners it would end the process.
  pool.on("error", () => undefined);
  pool.on("connect", (client) => client.on("error", () => undefined));
  return pool;
}

/** Returns whether the driver stopped waiting for a query, which the server may still run. */
export function isQueryTimeout(error: unknown): boolean {
  return error instanceof Error && error.message === "Query read timeout";
}

/** Properties of a connection that the types of the driver omit. */
interface Connected {
  readonly host?: unknown;
  readonly port?: unknown;
  readonly processID?: unknown;
  readonly secretKey?: unknown;
}

/** Protocol code of a cancel request. */
const CANCEL_REQUEST = 80_877_102;
/** Time limit of a cancel request, in milliseconds. */
const CANCEL_TIMEOUT_MS = 5_000;

/**
 * Asks the server to cancel the current query of a connection, which would otherwise wait for its lock and run later.
 *
 * Has no effect if the server cannot be reached. The connection must not be used afterwards.
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
