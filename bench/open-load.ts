import { connect, type Socket } from "node:net";
import { performance } from "node:perf_hooks";
import { isSuccess, isWhole } from "./load.ts";

/** What came of a load that goes by the clock. */
export interface OpenLoadResult {
  readonly seconds: number;
  /** Answers with data, and their times from when they were due, shortest first. */
  readonly servedMs: Float64Array;
  /** Responses 503 with `Retry-After`, and responses whose failed fields all have the code OVERLOADED. */
  readonly shed: number;
  /** Requests that were due while all connections waited for answers: as if a user more had looked and gone. */
  readonly unsent: number;
  /** What else became of requests, in words, with how often. */
  readonly failures: ReadonlyMap<string, number>;
}

export interface OpenLoadOptions {
  readonly perSecond: number;
  readonly durationMs: number;
  /** Whose turn it is: it may be another one each time. */
  readonly nextServer: () => URL;
  /** The text of a request of HTTP/1.1 to that server, in ASCII. */
  readonly nextRequest: (server: URL) => string;
}

const TICK_MS = 5;
/** As many as there are users who wait. */
const MAX_CONNECTIONS = 4_000;
/** A server closes idle connections after five seconds: older ones are left alone, as clients of HTTP do. */
const MAX_IDLE_MS = 3_000;
/** Longer nobody waits. */
const MAX_WAIT_MS = 20_000;

/**
 * Asks so many times a second, whether or not earlier questions have been answered: so do users, and so a server that is too
 * slow gets more to do. A connection takes one question at a time, and is used again unless its server says otherwise.
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
  /** When its question was due; null while it has none. */
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
  let underWay = 0;
  const fail = (what: string) => failures.set(what, (failures.get(what) ?? 0) + 1);

  const ended = (connection: Connection, failure: string | null) => {
    if (connection.askedAt === null) return;
    if (failure) fail(failure);
    connection.askedAt = null;
    underWay -= 1;
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
    /** @param request makes its text, which takes longer than to see that nobody can ask it now */
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
      underWay += 1;
      connection.socket.write(request(server), "latin1");
    },
    /** Waits for what is under way. */
    end: async () => {
      const begin = performance.now();
      while (underWay > 0 && performance.now() - begin < MAX_WAIT_MS) await new Promise((next) => setTimeout(next, 20));
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
