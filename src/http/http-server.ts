import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { memoizeLast } from "../primitives/memoize.ts";
import { RawBodyRequest } from "./raw-body-request.ts";

/** An HTTP server that is listening. */
export interface HttpServer {
  /** Such as `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Adds `connection: close` to every response from now on, so that clients reconnect elsewhere. Requests are still accepted. */
  advertiseShutdown(): void;
  /** Accepts no new connection, and closes the others once their requests have ended, or after `graceMs`. */
  drain(graceMs: number): Promise<void>;
}

/** Limits on the time that clients may take, in milliseconds. */
export interface ServerTimeouts {
  /** Time to send the headers of a request. */
  readonly headersMs: number;
  /** Time to send a whole request, including its body. */
  readonly requestMs: number;
  /**
   * Time from the end of the headers, or of the response before, until the client has received the last byte of a response; for an
   * export, until it has received the next part.
   */
  readonly responseMs: number;
  /** Time between two requests of a connection. */
  readonly idleMs: number;
  /** Interval between checks of these limits; a second by default. */
  readonly checkIntervalMs?: number;
}

/** Options of the server; those that are left out have the defaults of docs/configuration.md. */
export interface ServerOptions {
  readonly timeouts?: ServerTimeouts;
  /** Called for each new connection. */
  readonly onConnection?: () => void;
  /** Path under which the gateway is served as well as at the root, such as `/video`; none by default. */
  readonly basePath?: string;
}

const DEFAULT_TIMEOUTS: ServerTimeouts = { headersMs: 5_000, requestMs: 10_000, responseMs: 120_000, idleMs: 75_000 };
const DEFAULT_CHECK_INTERVAL_MS = 1_000;
const MAX_HEADER_BYTES = 16_384;
/** Connections that may wait to be accepted; beyond that, clients retry after seconds and get no 503. */
const BACKLOG = 4_096;

/** Handles a request; never throws. */
type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Opens the port. Malformed requests are answered here, in a line of text: handlers may rely on a well-formed Host and URL. Slow
 * clients are disconnected.
 *
 * @throws Error when the port is in use
 */
export async function listen(
  handler: Handler,
  host: string,
  port: number,
  { timeouts = DEFAULT_TIMEOUTS, onConnection = () => undefined, basePath = "" }: ServerOptions = {},
): Promise<HttpServer> {
  let isDraining = false;
  const isHost = createHostCheck();
  const connections = createConnections(timeouts);
  const server = createServer(
    {
      IncomingMessage: RawBodyRequest,
      headersTimeout: timeouts.headersMs,
      requestTimeout: timeouts.requestMs,
      connectionsCheckingInterval: timeouts.checkIntervalMs ?? DEFAULT_CHECK_INTERVAL_MS,
      keepAliveTimeout: timeouts.idleMs,
      maxHeaderSize: MAX_HEADER_BYTES,
      // Node.js would ignore a second Host or Authorization; joined, they are malformed.
      joinDuplicateHeaders: true,
    },
    (request, response) => {
      if (isDraining) response.setHeader("connection", "close");
      const connection = connections.of(request.socket);
      connection.start(response);
      // Writing to a client that has disconnected fails.
      response.on("error", () => undefined);
      // Of a response that is written in parts, the client has received one.
      response.on("drain", () => connection.progress());
      response.on("close", () => {
        connection.end(response);
        discardRest(request);
        // Closing the port has closed only the connections that were idle at that time.
        if (!server.listening) server.closeIdleConnections();
      });
      const answer = findMalformation(request, isHost) ?? removeBasePath(request, basePath);
      if (answer) {
        const { status, message, headers } = answer;
        response
          .writeHead(status, { "content-type": "text/plain", connection: "close", ...headers })
          .end(`${message}\n`);
        return;
      }
      handler(request, response);
    },
  );
  server.on("connection", onConnection);
  // Without a listener, a connection that fails for lack of file descriptors would end the process.
  server.on("error", () => undefined);
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const newest = connections.newestOn(socket);
    // A client would read an error response behind part of another one as its continuation.
    const isResponding = newest?.headersSent && !newest.writableFinished;
    if (socket.writable && !isResponding && error.code !== "ECONNRESET") socket.write(plainResponse(statusOf(error)));
    socket.destroy();
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen({ port, host, backlog: BACKLOG }, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`,
    advertiseShutdown: () => {
      isDraining = true;
    },
    drain: async (graceMs) => {
      isDraining = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(timer);
      connections.close();
    },
  };
}

/** A connection and its unfinished responses. */
class Connection {
  /** Response that was started last; null once it has ended. */
  newest: ServerResponse | null = null;
  #unfinished = 0;
  #since = 0;

  start(response: ServerResponse): void {
    if (this.#unfinished === 0) this.#since = performance.now();
    this.#unfinished += 1;
    this.newest = response;
  }

  /** Ends a response; the time of the next one starts now. */
  end(response: ServerResponse): void {
    this.#unfinished -= 1;
    this.#since = performance.now();
    if (this.newest === response) this.newest = null;
  }

  /** Starts the time of a response again. */
  progress(): void {
    this.#since = performance.now();
  }

  isLate(since: number): boolean {
    return this.#unfinished > 0 && this.#since <= since;
  }
}

/**
 * Creates the table of connections, which one timer checks for slow clients. It holds connections instead of responses, since a table
 * that changes with each request costs memory and CPU.
 */
function createConnections({ responseMs, checkIntervalMs = DEFAULT_CHECK_INTERVAL_MS }: ServerTimeouts) {
  const all = new Map<Duplex, Connection>();
  const check = () => {
    const since = performance.now() - responseMs;
    for (const [socket, connection] of all) if (connection.isLate(since)) socket.destroy();
  };
  const timer = setInterval(check, checkIntervalMs).unref();
  return {
    of: (socket: Duplex): Connection => {
      const existing = all.get(socket);
      if (existing) return existing;
      const connection = new Connection();
      all.set(socket, connection);
      socket.once("close", () => all.delete(socket));
      return connection;
    },
    newestOn: (socket: Duplex): ServerResponse | null => all.get(socket)?.newest ?? null,
    close: () => clearInterval(timer),
  };
}

/** Discards the unread rest of a body, so that the client can send all of it and then read the response. */
function discardRest(request: IncomingMessage): void {
  if (request.complete) return;
  request.removeAllListeners("readable");
  request.resume();
}

/** A response in a line of text. */
interface PlainAnswer {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * Removes the path of the public URL from a target, where a proxy has left it. Returns a redirect to its folder for the path alone,
 * since the links of pages are relative; null for all others.
 */
function removeBasePath(request: IncomingMessage, basePath: string): PlainAnswer | null {
  if (basePath === "" || !request.url?.startsWith(basePath)) return null;
  const rest = request.url.slice(basePath.length);
  if (rest.startsWith("/")) request.url = rest;
  if (rest !== "" && !rest.startsWith("?")) return null;
  const location = `${basePath}/${rest}`;
  return { status: 308, message: `See ${location}`, headers: { location } };
}

/** Returns the error of a request that no handler can serve; null for a well-formed one, whose target is made a path. */
function findMalformation(request: IncomingMessage, isHost: (host: string | undefined) => boolean): PlainAnswer | null {
  const { headers, httpVersion } = request;
  // Only HTTP/1.0 may leave it out.
  if (!isHost(headers.host) && !(httpVersion === "1.0" && headers.host === undefined))
    return { status: 400, message: "The header Host must be one host name or address, with an optional port." };
  if (!request.url?.startsWith("/") && !splitTarget(request, isHost))
    return { status: 400, message: "The request target must begin with a slash, or be a URL of http or https." };
  // An offer to upgrade to HTTP/2 is ignored: some clients send it with every request.
  if (headers.upgrade?.toLowerCase().includes("websocket")) {
    const message = "WebSocket is not supported: send HTTP requests.";
    return { status: 426, message, headers: { upgrade: "HTTP/1.1" } };
  }
  return null;
}

/**
 * Splits a target that is a URL into the path and the host, which counts instead of the header. Returns false for any other target.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-3.2.2
 */
function splitTarget(request: IncomingMessage, isHost: (host: string | undefined) => boolean): boolean {
  const [, host, path = ""] = /^https?:\/\/([^/?#]+)(.*)$/i.exec(request.url ?? "") ?? [];
  if (!isHost(host)) return false;
  request.headers.host = host;
  request.url = path.startsWith("/") ? path : `/${path}`;
  return true;
}

/** Creates a check of the header Host: a host name or address with an optional port. Nearly all requests have the same. */
function createHostCheck(): (host: string | undefined) => boolean {
  return memoizeLast((host: string | undefined) => {
    if (host === undefined || host.length > 255) return false;
    return /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i.test(host) && URL.canParse(`http://${host}/`);
  });
}

function statusOf({ code }: NodeJS.ErrnoException): number {
  if (code === "HPE_HEADER_OVERFLOW") return 431;
  return code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
}

function plainResponse(status: number): string {
  const body = `${STATUS_CODES[status]}\n`;
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}
