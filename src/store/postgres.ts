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

/** The most connections of one gateway. */
const MAX_CONNECTIONS = 10;
const CONNECT_TIMEOUT_MS = 5_000;
/** A query that takes longer is given up: the store answers in milliseconds. */
const QUERY_TIMEOUT_MS = 10_000;
/** PostgreSQL's number for bigint. */
const BIGINT = 20;

/** The dialect of kysely for a database that several gateways may share. Connects with the first query. */
export function createPostgresDialect(url: string): Dialect {
  const pool = createPool(url, {
    name: "syndigraph",
    maxConnections: MAX_CONNECTIONS,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
    queryTimeoutMs: QUERY_TIMEOUT_MS,
    types: {
      getTypeParser: (type: number, format?: "text" | "binary") =>
        type === BIGINT ? exactInteger : pg.types.getTypeParser(type, format),
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

/** Without kysely's own lock of migrations, which is that of a session: {@link migrate} takes one of a transaction. */
class UnlockedAdapter extends PostgresAdapter {
  override async acquireMigrationLock(): Promise<void> {}
  override async releaseMigrationLock(): Promise<void> {}
}

/** The pool as kysely uses it, with failures told as StoreError. */
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

  /** A connection that failed is not given to anybody else: an answer that comes late would be taken for another's. */
  release(): void {
    this.#client.release(this.#isBroken);
  }
}

/** @throws RangeError for what no number holds exactly; times and counters never come near it */
function exactInteger(text: string): number {
  const integer = Number(text);
  if (!Number.isSafeInteger(integer)) throw new RangeError("an integer in the store passes 2^53");
  return integer;
}
