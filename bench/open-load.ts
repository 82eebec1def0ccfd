import { connect, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { isSuccess, isWhole } from "./load.ts";

/** Result of a load with a fixed rate. */
export interface OpenLoadResult {
  readonly seconds: number;
  /** Times of successful responses from the moment at which their requests were due, ascending. */
  readonly servedMs: Float64Array;
  /** Responses 503 with `Retry-After`, and responses whose failed fields all have the code OVERLOADED. */
  readonly shed: number;
  /** Number of requests that were due while all connections were waiting. */
  readonly unsent: number;
  /** Other outcomes with their numbers. */
  readonly failures: ReadonlyMap<string, number>;
}

export interface OpenLoadOptions {
  readonly perSecond: number;
  readonly durationMs: number;
  /** Gives the server of the next request. */
  readonly nextServer: () => URL;
  /** Gives the text of an HTTP/1.1 request to a server, in ASCII. */
  readonly nextRequest: (server: URL) => string;
}

const TICK_MS = 5;
/** Number of connections, as many as users who wait. */
const MAX_CONNECTIONS = 4_000;
/** Time after which an idle connection is not used again, in milliseconds: servers close them after five seconds. */
const MAX_IDLE_MS = 3_000;
/** Time after which a missing response is a failure, in milliseconds. */
const MAX_WAIT_MS = 20_000;

/**
 * Sends requests at a fixed rate, whether or not earlier ones have been answered.
 *
 * Users behave like that, and a slow server gets more to do. A connection carries one request at a time, and is used again
 * unless the server closes it.
 */
export async function openLoad(options: OpenLoadOptions): Promise<OpenLoadResult> {
  const pool = createPool();
  const begin = performance.now();
  let due = 0;
  await new Promise<void>((resolve) => {
    const timer = setInterval(() => {
      const elapsed = performance.now() - begin;
      for (const end = Math.min(elapsed, options.durationMs) * (options.perSecond / 1_000); due < end; due += 1) {
        const server = options.nextServer();
        pool.ask(server, options.nextRequest, begin + due / (options.perSecond / 1_000));
      }
      if (elapsed < options.durationMs) return;
      clearInterval(timer);
      resolve();
    }, TICK_MS);
  });
  const seconds = (performance.now() - begin) / 1_000;
  await pool.end();
  const servedMs = Float64Array.from(pool.servedMs).sort();
  return { seconds, servedMs, shed: pool.shed(), unsent: pool.unsent(), failures: pool.failures };
}

interface Connection {
  readonly socket: Socket;
  /** Time at which its request was due; null while it is idle. */
  askedAt: number | null;
  idleSince: number;
  answer: Buffer | null;
}

function createPool() {
  const idle = new Map<string, Connection[]>();
  const all = new Set<Connection>();
  const servedMs: number[] = [];
  const failures = new Map<string, number>();
  let shed = 0;
  let unsent = 0;
  let inFlight = 0;
  const fail = (what: string) => failures.set(what, (failures.get(what) ?? 0) + 1);

  const ended = (connection: Connection, failure: string | null) => {
    if (connection.askedAt === null) return;
    if (failure) fail(failure);
    connection.askedAt = null;
    inFlight -= 1;
  };
  const answered = (connection: Connection, place: Connection[]) => {
    const { answer, askedAt, socket } = connection;
    if (!answer || askedAt === null || !isWhole(answer)) return;
    const head = answer.toString("latin1", 0, answer.indexOf("\r\n\r\n"));
    connection.answer = null;
    if (isSuccess(answer)) servedMs.push(performance.now() - askedAt);
    else if (isShed(head, answer)) shed += 1;
    else fail(`${head.slice(9, 12)}: ${answer.toString("utf8", head.length, head.length + 300).trim()}`);
    ended(connection, null);
    if (/\r\nconnection: *close/i.test(head)) return socket.destroy();
    connection.idleSince = performance.now();
    place.push(connection);
  };
  const open = (server: URL, place: Connection[]): Connection => {
    const socket = connect({ host: server.hostname, port: Number(server.port), noDelay: true });
    const connection: Connection = { socket, askedAt: null, idleSince: 0, answer: null };
    all.add(connection);
    socket.on("data", (chunk: Buffer) => {
      connection.answer = connection.answer ? Buffer.concat([connection.answer, chunk]) : chunk;
      answered(connection, place);
    });
    socket.on("error", (error) => ended(connection, error.message));
    socket.on("close", () => {
      ended(connection, "the connection was closed in place of an answer");
      all.delete(connection);
    });
    return connection;
  };

  return {
    servedMs,
    failures,
    shed: () => shed,
    unsent: () => unsent,
    /** @param request gives the text, and is called only if a connection is free */
    ask: (server: URL, request: OpenLoadOptions["nextRequest"], dueAt: number) => {
      const place = idle.get(server.host) ?? [];
      idle.set(server.host, place);
      let connection = place.pop();
      while (connection && (connection.socket.destroyed || performance.now() - connection.idleSince > MAX_IDLE_MS)) {
        connection.socket.destroy();
        connection = place.pop();
      }
      if (!connection && all.size >= MAX_CONNECTIONS) {
        unsent += 1;
        return;
      }
      connection ??= open(server, place);
      connection.askedAt = dueAt;
      inFlight += 1;
      connection.socket.write(request(server), "latin1");
    },
    /** Waits for the responses in flight. */
    end: async () => {
      const begin = performance.now();
      while (inFlight > 0 && performance.now() - begin < MAX_WAIT_MS) await new Promise((next) => setTimeout(next, 20));
      for (const connection of all) {
        ended(connection, "no answer came");
        connection.socket.destroy();
      }
    },
  };
}

function isShed(head: string, answer: Buffer): boolean {
  if (head.startsWith("HTTP/1.1 503")) return /\r\nretry-after: *\d/i.test(head);
  const codes = answer.toString("latin1", head.length).match(/"code":"\w+"/g);
  return codes?.every((code) => code === '"code":"OVERLOADED"') ?? false;
}
