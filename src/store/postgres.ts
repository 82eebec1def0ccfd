import {
  type Dialect,
  PostgresAdapter,
  PostgresDialect,
  type PostgresPool,
  type PostgresPoolClient,
  type PostgresQueryResult,
} from "kysely";
import pg from "pg";
import { cancelQuery, createPool, isQueryTimeout } from "./postgres-pool.ts";
import { toSqlParameter } from "./sql-parameter.ts";
import { connectionFailed, describeFailure, toStoreError } from "./store-error.ts";
import { assertOutsideTransaction } from "./transaction-scope.ts";

/** Maximum number of connections of one gateway for its requests, and for background work. */
const MAX_CONNECTIONS = { requests: 10, background: 2 };
/** Time limit of a connection attempt, in milliseconds. */
const CONNECT_TIMEOUT_MS = 5_000;
/** Time limit of a query, in milliseconds. */
const QUERY_TIMEOUT_MS = 10_000;
/** Type id of bigint. */
const BIGINT = 20;

/**
 * Creates kysely's dialect for a database that several gateways may share.
 *
 * It connects with the first query.
 *
 * @param use what the connections are for; background work has a pool of its own, so that no request waits for it
 */
export function createPostgresDialect(url: string, use: "requests" | "background" = "requests"): Dialect {
  const pool = createPool(url, {
    name: use === "requests" ? "syndigraph" : "syndigraph-background",
    maxConnections: MAX_CONNECTIONS[use],
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    queryTimeoutMs: QUERY_TIMEOUT_MS,
    types: {
      getTypeParser: (type: number, format?: "text" | "binary") =>
        type === BIGINT ? parseExactInteger : pg.types.getTypeParser(type, format),
    },
  });
  const dialect = new PostgresDialect({ pool: adapted(pool) });
  return {
    createAdapter: () => new UnlockedAdapter(),
    createDriver: () => dialect.createDriver(),
    createIntrospector: (db) => dialect.createIntrospector(db),
    createQueryCompiler: () => dialect.createQueryCompiler(),
  };
}

/** Adapter without kysely's session lock for migrations: `migrate` takes a transaction lock. */
class UnlockedAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

/** Adapts the pool to kysely, with failures as StoreError. */
function adapted(pool: pg.Pool): PostgresPool {
  return {
    connect: async () => {
      assertOutsideTransaction();
      try {
        return new ErrorMappingClient(await pool.connect());
      } catch (error) {
        throw connectionFailed(error);
      }
    },
    end: () => pool.end(),
  };
}

class ErrorMappingClient implements PostgresPoolClient {
  readonly #client: pg.PoolClient;
  #isBroken = false;

  constructor(client: pg.PoolClient) {
    this.#client = client;
  }

  query<Row>(text: string, parameters: readonly unknown[]): Promise<PostgresQueryResult<Row>>;
  query(): never;
  async query<Row>(text?: string, parameters: readonly unknown[] = []): Promise<PostgresQueryResult<Row>> {
    if (text === undefined) throw new TypeError("cursors are not used");
    try {
      const { command, rowCount, rows } = await this.#client.query(text, parameters.map(toSqlParameter));
      return { command: command as PostgresQueryResult<Row>["command"], rowCount: rowCount ?? 0, rows: rows as Row[] };
    } catch (error) {
      if (isQueryTimeout(error)) cancelQuery(this.#client);
      this.#isBroken ||= describeFailure(error) !== null;
      throw toStoreError(error);
    }
  }

  /** Releases the connection, or closes it after a failure: a late response must not reach another query. */
  release(): void {
    this.#client.release(this.#isBroken);
  }
}

/** @throws RangeError if the integer exceeds 2^53 */
function parseExactInteger(text: string): number {
  const integer = Number(text);
  if (!Number.isSafeInteger(integer)) throw new RangeError("an integer in the store exceeds 2^53");
  return integer;
}
