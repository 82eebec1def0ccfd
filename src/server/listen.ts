import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A gateway that takes requests on a port. */
export interface Listening {
  /** Such as `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Takes no new connection, lets accepted requests finish for so long, and cuts off what is left then. */
  drain(graceMs: number): Promise<void>;
}

type Handler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * Opens the port. Slow clients are cut off after seconds, where Node.js waits for minutes.
 *
 * @throws Error when the port is taken
 */
export async function listen(handler: Handler, host: string, port: number): Promise<Listening> {
  let isDraining = false;
  const server = createServer(
    {
      headersTimeout: 5_000,
      requestTimeout: 10_000,
      connectionsCheckingInterval: 1_000,
      maxHeaderSize: 16_384,
      keepAliveTimeout: 5_000,
    },
    (request, response) => {
      if (isDraining) response.setHeader("connection", "close");
      if (!isHost(request.headers.host)) {
        response
          .writeHead(400, { "content-type": "text/plain", connection: "close" })
          .end("The Host header is malformed.\n");
        return;
      }
      handler(request, response).catch(() => response.destroy());
    },
  );
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, resolve);
  });
  const address = server.address() as AddressInfo;
  return {
    url: `http://${host.includes(":") ? `[${host}]` : host}:${address.port}`,
    drain: async (graceMs) => {
      isDraining = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const timer = setTimeout(() => server.closeAllConnections(), graceMs);
      await closed;
      clearTimeout(timer);
    },
  };
}

/** A host name or address with an optional port. The URL parser behind us answers anything else with a stack trace. */
function isHost(host: string | undefined): boolean {
  return (
    host !== undefined &&
    host.length <= 255 &&
    /^([\w.-]+|\[[\da-f:.]+\])(:\d{1,5})?$/i.test(host) &&
    URL.canParse(`http://${host}/`)
  );
}
