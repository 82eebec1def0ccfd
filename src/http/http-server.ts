import { createServer, type IncomingMessage, type ServerResponse, STATUS_CODES } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";
import { RawBodyRequest } from "./raw-body-request.ts";

/** A gateway that takes requests on a port. */
export interface HttpServer {
  /** Such as `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Every answer from now on asks its client to connect anew, while requests are still taken: others may take over. */
  advertiseShutdown(): void;
  /** Takes no new connection, lets accepted requests finish for so long, and cuts off what is left then. */
  drain(graceMs: number): Promise<void>;
}

/** How long a client may take, in milliseconds: Node.js waits for minutes, or for ever. */
export interface ServerTimeouts {
  /** For all headers of a request. */
  readonly headersMs: number;
  /** For a whole request, its body included. */
  readonly requestMs: number;
  /** For an answer, from the end of the headers, or of the answer before it, to its last byte that the client has taken. */
  readonly responseMs: number;
  /** Between two requests of a connection. */
  readonly idleMs: number;
  /** How often slow requests are looked for. */
  readonly checkedEveryMs: number;
}

const DEFAULT_TIMEOUTS: ServerTimeouts = {
  headersMs: 5_000,
  requestMs: 10_000,
  responseMs: 120_000,
  idleMs: 5_000,
  checkedEveryMs: 1_000,
};
const MAX_HEADER_BYTES = 16_384;
/** Connections that wait to be taken: beyond them clients try again after seconds, and learn of no overload. */
const BACKLOG = 4_096;

/** Never throws. */
type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * Opens the port. What is no HTTP that a gateway could answer ends here, in a line of text: what comes behind may rely on a
 * well-formed Host and address. Slow clients are cut off.
 *
 * @throws Error when the port is taken
 */
export async function listen(
  handler: Handler,
  host: string,
  port: number,
  patience: ServerTimeouts = DEFAULT_TIMEOUTS,
  onConnection: () => void = () => undefined,
): Promise<HttpServer> {
  let isDraining = false;
  const connections = createConnections(patience);
  const server = createServer(
    {
      IncomingMessage: RawBodyRequest,
      headersTimeout: patience.headersMs,
      requestTimeout: patience.requestMs,
      connectionsCheckingInterval: patience.checkedEveryMs,
      keepAliveTimeout: patience.idleMs,
      maxHeaderSize: MAX_HEADER_BYTES,
    },
    (request, response) => {
      if (isDraining) response.setHeader("connection", "close");
      const connection = connections.of(request.socket);
      connection.began(response);
      // What is written to a client that has left fails there.
      response.on("error", ignored);
      response.on("close", () => {
        connection.ended(response);
        discardRest(request);
      });
      const wrong = malformation(request);
      if (wrong) {
        const { status, message } = wrong;
        response
          .writeHead(status, { "content-type": "text/plain", connection: "close", ...(status === 426 && UPGRADE) })
          .end(`${message}\n`);
        return;
      }
      handler(request, response);
    },
  );
  server.on("connection", onConnection);
  // A connection that can't be taken for want of file descriptors is an error of the server: Node.js ends the process for
  // one that nobody listens to.
  server.on("error", () => undefined);
  server.on("clientError", (error: NodeJS.ErrnoException, socket) => {
    const newest = connections.newestOn(socket);
    // A second answer behind a part of the first would be read as its continuation.
    const isAnswering = newest?.headersSent && !newest.writableFinished;
    if (socket.writable && !isAnswering && error.code !== "ECONNRESET") socket.write(plainAnswer(statusOf(error)));
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

/** A connection, and the answers on it that are not taken to their end. */
class Connection {
  /** The answer that was begun last; null once it has ended. */
  newest: ServerResponse | null = null;
  #unfinished = 0;
  #since = 0;

  began(answer: ServerResponse): void {
    if (this.#unfinished === 0) this.#since = performance.now();
    this.#unfinished += 1;
    this.newest = answer;
  }

  /** The next of several goes out from now on. */
  ended(answer: ServerResponse): void {
    this.#unfinished -= 1;
    this.#since = performance.now();
    if (this.newest === answer) this.newest = null;
  }

  isLate(since: number): boolean {
    return this.#unfinished > 0 && this.#since <= since;
  }
}

/**
 * All connections. One timer looks at all of them: a timer for each answer takes as long as a header does.
 *
 * Connections stand here, and not their answers: a table that changes with each request is often laid anew, and the table before
 * it, which leads to the one after it, keeps all that stood in it alive until the garbage collector looks at the old as well.
 */
function createConnections({ responseMs, checkedEveryMs }: ServerTimeouts) {
  const all = new Map<Duplex, Connection>();
  const check = () => {
    const since = performance.now() - responseMs;
    for (const [socket, connection] of all) if (connection.isLate(since)) socket.destroy();
  };
  const timer = setInterval(check, checkedEveryMs).unref();
  return {
    of: (socket: Duplex): Connection => {
      const known = all.get(socket);
      if (known) return known;
      const connection = new Connection();
      all.set(socket, connection);
      socket.once("close", () => all.delete(socket));
      return connection;
    },
    newestOn: (socket: Duplex): ServerResponse | null => all.get(socket)?.newest ?? null,
    close: () => clearInterval(timer),
  };
}

function ignored(): void {}

/** What nobody wanted of a body is thrown away, so that the client can send it, read its answer and ask again. */
function discardRest(request: IncomingMessage): void {
  if (request.complete) return;
  request.removeAllListeners("readable");
  request.resume();
}

const UPGRADE = { upgrade: "HTTP/1.1" };

/** What the URL parser behind us would answer with a stack trace, and what nothing behind us speaks. */
function malformation({ headers, url }: IncomingMessage): { status: number; message: string } | null {
  const isAddress = url?.startsWith("/") ?? false;
  // What follows a slash can't make an address unreadable, so it is the host that does.
  if (!isHost(headers.host)) return { status: 400, message: "The Host header is malformed." };
  if (!isAddress) return { status: 400, message: "The address is malformed: it begins with a slash." };
  // An offer of HTTP/2 is passed over, as clients expect that make it with every request.
  if (headers.upgrade?.toLowerCase().includes("websocket")) {
    return { status: 426, message: "Only HTTP is spoken here." };
  }
  return null;
}

/** The host that was found well-formed last: nearly all requests name the same. */
let knownHost: string | undefined;

/** A host name or address with an optional port. */
function isHost(host: string | undefined): boolean {
  if (host === undefined || host.length > 255) return false;
  if (host === knownHost) return true;
  const isWellFormed = /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i.test(host) && URL.canParse(`http://${host}/`);
  if (isWellFormed) knownHost = host;
  return isWellFormed;
}

function statusOf({ code }: NodeJS.ErrnoException): number {
  if (code === "HPE_HEADER_OVERFLOW") return 431;
  return code === "ERR_HTTP_REQUEST_TIMEOUT" ? 408 : 400;
}

function plainAnswer(status: number): string {
  const body = `${STATUS_CODES[status]}\n`;
  return `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nconnection: close\r\ncontent-type: text/plain\r\ncontent-length: ${body.length}\r\n\r\n${body}`;
}
