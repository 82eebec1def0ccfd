import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, vi } from "vitest";
import { readConfig } from "../../src/config/config.ts";
import { openRateLimitPool } from "../../src/limits/rate-limit-pool.ts";
import { createRateLimiter } from "../../src/limits/rate-limiter.ts";
import { openStore } from "../../src/store/open-store.ts";
import { connectionFailed, StoreError, toStoreError } from "../../src/store/store-error.ts";
import { createPostgresServer, type PostgresServerOptions, PROCESS_ID } from "../support/postgres-server.ts";
import { rejectionOf } from "../support/refusal.ts";

/** What PgBouncer takes with its default settings. */
const TAKEN = ["user", "database", "client_encoding", "application_name"];

const limit = { keyPrefix: "cost", points: 10, seconds: 60 };

describe("PostgreSQL: a connection", () => {
  it("starts with no parameter that a pooler refuses", async () => {
    await using server = await createPostgresServer();
    await (await openStore({ kind: "postgres", url: server.url })).close();
    const counters = openRateLimitPool(server.url, 60_000);
    await createRateLimiter(limit, counters).consume("key");
    await counters.end();
    expect(server.startups.map(({ application_name: name }) => name)).toEqual(
      expect.arrayContaining(["syndigraph", "syndigraph-counters"]),
    );
    const names = new Set(server.startups.flatMap(Object.keys));
    expect([...names].filter((name) => !TAKEN.includes(name))).toEqual([]);
  });

  it("leaves no state on the server after a transaction, since the pooler may give the connection to another client", async () => {
    await using server = await createPostgresServer();
    const store = await openStore({ kind: "postgres", url: server.url });
    await store.transaction(async ({ apiKeys }) => void (await apiKeys.byId("1")));
    await store.partners.all();
    await store.close();
    const texts = server.statements.map((statement) => statement.toLowerCase());
    expect(texts).toContainEqual(expect.stringMatching(/create table .*audit_entries/));
    const ofSession =
      /pg_(try_)?advisory_(lock|unlock)|^set (?!local|transaction)|\blisten\b|^prepare|\btemp(orary)? |hold for/;
    expect(texts.filter((statement) => ofSession.test(statement))).toEqual([]);
  });

  it("prepares no named statement, since the pooler's next connection would lack it", async () => {
    await using server = await createPostgresServer();
    const counters = openRateLimitPool(server.url, 60_000);
    await createRateLimiter(limit, counters).consume("key");
    await createRateLimiter(limit, counters).get("key");
    await counters.end();
    expect(server.statementNames.length).toBeGreaterThan(0);
    expect(server.statementNames.filter((name) => name !== "")).toEqual([]);
  });

  it("cancels an abandoned query on the server, and does not reuse its connection", async () => {
    await using server = await createPostgresServer({ queries: "ARE_LOST" });
    const counters = openRateLimitPool(server.url, 50);
    await expect(counters.query({ text: "select 1" })).rejects.toThrow("Query read timeout");
    expect(await server.cancelled).toBe(PROCESS_ID);
    await expect(counters.query({ text: "select 1" })).rejects.toThrow("Query read timeout");
    await counters.end();
    expect(server.startups).toHaveLength(2);
  });
});

/** An error as the driver, Node.js or PostgreSQL gives it. */
function failure(code: string, message = "words of a driver", syscall?: string): Error {
  return Object.assign(new Error(message), code && { code }, syscall && { syscall });
}

const connecting: readonly (readonly [string, Error, RegExp])[] = [
  ["SELF_SIGNED_CERT_IN_CHAIN", failure("SELF_SIGNED_CERT_IN_CHAIN"), /authority that is trusted/],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", failure("DEPTH_ZERO_SELF_SIGNED_CERT"), /signed by itself/],
  ["CERT_HAS_EXPIRED", failure("CERT_HAS_EXPIRED"), /has expired/],
  ["CERT_NOT_YET_VALID", failure("CERT_NOT_YET_VALID"), /not valid yet/],
  ["ERR_TLS_CERT_ALTNAME_INVALID", failure("ERR_TLS_CERT_ALTNAME_INVALID"), /another host name/],
  ["HOSTNAME_MISMATCH", failure("HOSTNAME_MISMATCH"), /another host name/],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", failure("UNABLE_TO_VERIFY_LEAF_SIGNATURE"), /authority that is trusted/],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", failure("UNABLE_TO_GET_ISSUER_CERT_LOCALLY"), /authority that is trusted/],
  ["CERT_REVOKED", failure("CERT_REVOKED"), /revoked/],
  ["ERR_SSL_WRONG_VERSION_NUMBER", failure("ERR_SSL_WRONG_VERSION_NUMBER"), /TLS with it failed/],
  ["EPROTO", failure("EPROTO"), /TLS with it failed/],
  ["a server without TLS", failure("", "The server does not support SSL connections"), /does not support TLS/],
  [
    "no password",
    failure("", "SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string"),
    /its address has none/,
  ],
  ["another way to prove a password", failure("", "SASL: Only mechanism(s) SCRAM-SHA-256 are supported"), /how they/],
  ["sslrootcert that is not there", failure("ENOENT", "no such file", "open"), /file that its address names for TLS/],
  ["sslkey that can't be read", failure("EACCES", "permission denied", "open"), /file that its address names for TLS/],
  ["an ill-formed certificate", failure("ERR_OSSL_PEM_NO_START_LINE"), /TLS with it failed/],
  ["no encryption", failure("28000", "no pg_hba.conf entry for host, no encryption"), /none without TLS/],
  ["a wrong password", failure("28P01"), /refused the user or the password/],
  ["ENOTFOUND", failure("ENOTFOUND"), /host is not known/],
  ["EAI_AGAIN", failure("EAI_AGAIN"), /host is not known/],
  ["ECONNREFUSED", failure("ECONNREFUSED"), /nothing answers/],
  ["ETIMEDOUT", failure("ETIMEDOUT"), /did not answer in time/],
  ["EHOSTUNREACH", failure("EHOSTUNREACH"), /host can't be reached/],
  ["ECONNRESET", failure("ECONNRESET"), /connection to it broke/],
  ["57P03", failure("57P03"), /starting up/],
  ["53300", failure("53300"), /connections are used up/],
  ["3D000", failure("3D000"), /no database of that name/],
  ["42501", failure("42501"), /may not do this/],
  ["08P01", failure("08P01", "unsupported startup parameter: options"), /pooler/],
  ["what nobody has thought of", failure("EWHATEVER"), /no connection to it/],
  ["words that nobody has thought of", failure("", "odd"), /no connection to it/],
];

describe("PostgreSQL: a connection that fails", () => {
  it.each(connecting)("by %s is the database's fault, and STORE_UNAVAILABLE", (_name, error, message) => {
    const told = connectionFailed(error);
    expect(told).toBeInstanceOf(StoreError);
    expect(told).toMatchObject({ code: "STORE_UNAVAILABLE", message: expect.stringMatching(message), cause: error });
  });

  it.each([new TypeError("x is not a function"), new RangeError("out of range"), new ReferenceError("no x")])(
    "by %s stays an internal error",
    (error) => expect(connectionFailed(error)).toBe(error),
  );
});

describe("PostgreSQL: a query that fails", () => {
  it.each(["42601", "42P01", "42703", "23502", "22P02", "23505"])(
    "with SQLSTATE %s stays an internal error",
    (code) => {
      const error = failure(code);
      expect(toStoreError(error)).toBe(error);
    },
  );

  it.each(["57P01", "57014", "53100", "25006", "40001", "40P01", "08006", "55P03", "42501"])(
    "with SQLSTATE %s is the database's fault",
    (code) => expect(toStoreError(failure(code))).toMatchObject({ code: "STORE_UNAVAILABLE" }),
  );
});

describe("openStore: a store that cannot be opened", () => {
  const opened = async (options: PostgresServerOptions, query = "") => {
    await using server = await createPostgresServer(options);
    const url = server.url.replace("somebody", "somebody:hunter2-%C3%BC") + query;
    const { message } = (await rejectionOf(openStore({ kind: "postgres", url }))) as Error;
    expect(message).not.toMatch(/hunter2|\n/);
    return message.replace(/127\.0\.0\.1:\d+/, "HOST");
  };

  it("is reported with the variable, the host, the code and the reason, and without the password", async () => {
    const words = 'password authentication failed for user "somebody" hunter2-ü';
    expect(await opened({ refusesStartup: { code: "28P01", message: words } })).toBe(
      'DATABASE_URL names a database at HOST that can\'t be used (28P01: password authentication failed for user "somebody" [secret]): it refused the user or the password.',
    );
    expect(await opened({}, "?sslmode=verify-full")).toBe(
      "DATABASE_URL names a database at HOST that can't be used (The server does not support SSL connections): it does not support TLS.",
    );
    expect(await opened({}, "?sslmode=verify-full&sslrootcert=/nowhere/ca.pem")).toMatch(
      /^DATABASE_URL names a database at HOST that can't be used \(ENOENT\): a file that its address names for TLS can't be read\.$/,
    );
  });

  it.each([
    [
      "a malformed percent-encoding",
      "somebody:100%hunter2@127.0.0.1",
      /^DATABASE_URL must be .*; got one with a % that /,
    ],
    ["a percent sign at its end", "somebody:hunter2%@127.0.0.1", /^DATABASE_URL must be .*; got one with a % that /],
    ["a malformed user", "some%body:hunter2@127.0.0.1", /^DATABASE_URL must be .*; got one with a % that /],
    ["two hosts", "somebody:hunter2@127.0.0.1,127.0.0.2", /^DATABASE_URL must be .*; got one with several hosts\.$/],
    ["two hosts as a parameter", "somebody:hunter2@/database?host=a,b&x=", /^DATABASE_URL must be .* several hosts\.$/],
    ["two hosts with ports", "somebody:hunter2@127.0.0.1:1,127.0.0.2:2", /^DATABASE_URL must be .* several hosts\.$/],
    ["a password with a slash", "somebody:4/hunter2@127.0.0.1", /^DATABASE_URL must be .*; got one that is no URL: /],
    [
      "a password with a letter and a slash",
      "somebody:x/hunter2@127.0.0.1",
      /^DATABASE_URL must be .*; got one that is no URL: /,
    ],
  ])(
    "by an address with %s is reported in one line with the variable, without the password",
    async (_what, place, rule) => {
      const opening = openStore({ kind: "postgres", url: `postgres://${place}/database` });
      const { code, message, cause } = (await rejectionOf(opening)) as StoreError;
      expect(code).toBe("STORE_UNAVAILABLE");
      expect(message).toMatch(rule);
      expect(`${message} ${String(cause)}`).not.toMatch(/hunter2|\n/);
    },
  );

  it.each(["require", "prefer", "verify-ca"])(
    "is verified by sslmode=%s, without a warning of the driver",
    async (mode) => {
      const warn = vi.spyOn(process, "emitWarning").mockImplementation(() => undefined);
      try {
        expect(await opened({}, `?sslmode=${mode}`)).toMatch(/it does not support TLS\.$/);
        expect(await opened({}, `?connect_timeout=5&sslmode=${mode}&keepalives=1`)).toMatch(
          /it does not support TLS\.$/,
        );
        expect(warn).not.toHaveBeenCalled();
      } finally {
        warn.mockRestore();
      }
    },
  );

  it("may be reached by a socket in a folder, with a user in the address and with none", async () => {
    const folder = await mkdtemp(join(tmpdir(), "syndigraph-socket-"));
    try {
      const words = 'password authentication failed for user "somebody"';
      await using _server = await createPostgresServer({ refusesStartup: { code: "28P01", message: words }, folder });
      for (const user of ["somebody:hunter2@", "somebody@", ""]) {
        const url = `postgres://${user}/database?host=${folder}`;
        expect(readConfig({ SANDBOX: "on", DATABASE_URL: url }).store).toMatchObject({ kind: "postgres" });
        const { message } = (await rejectionOf(openStore({ kind: "postgres", url }))) as Error;
        expect(message).toContain(`DATABASE_URL names a database at ${folder}:5432 that can't be used (28P01`);
        expect(message).not.toContain("hunter2");
      }
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it("says that the server requires a password and the address has none", async () => {
    await using server = await createPostgresServer({ asksForPassword: true });
    expect(await rejectionOf(openStore({ kind: "postgres", url: server.url }))).toMatchObject({
      code: "STORE_UNAVAILABLE",
      message: expect.stringMatching(/^DATABASE_URL names .*: it asks for a password, and its address has none\.$/),
    });
  });
});
