import { createServer, request as send } from "node:http";
import { type AddressInfo, connect } from "node:net";

/** An HTTP proxy on this machine that knows every host by the ports it was given. */
export interface ForwardProxy extends AsyncDisposable {
  /** `127.0.0.1:PORT` */
  readonly address: string;
  /** What was asked of it, each with the credentials: `CONNECT host:443 user:password`, `GET http://host/path`. */
  readonly requests: readonly string[];
}

/**
 * Starts a proxy.
 *
 * @param ports ports on this machine by which it reaches `host:port`
 */
export async function createForwardProxy(ports: Readonly<Record<string, number>>): Promise<ForwardProxy> {
  const requests: string[] = [];
  const note = (text: string, credentials = "") => {
    const basic = /^Basic (.*)$/.exec(credentials)?.[1];
    requests.push(basic ? `${text} ${Buffer.from(basic, "base64").toString()}` : text);
  };
  const server = createServer((request, response) => {
    const { method = "", url = "", headers } = request;
    note(`${method} ${url}`, headers["proxy-authorization"]);
    const { host, pathname, search } = new URL(url);
    const port = ports[host.includes(":") ? host : `${host}:80`];
    if (port === undefined) {
      response.writeHead(502).end();
      return;
    }
    const forwarded = send({ host: "127.0.0.1", port, method, path: `${pathname}${search}`, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    forwarded.on("error", () => response.destroy());
    request.pipe(forwarded);
  });
  server.on("connect", (request, socket, head) => {
    const { url = "", headers } = request;
    note(`CONNECT ${url}`, headers["proxy-authorization"]);
    const port = ports[url];
    if (port === undefined) {
      socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n");
      return;
    }
    const tunnel = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n");
      tunnel.write(head);
      tunnel.pipe(socket).pipe(tunnel);
    });
    for (const end of [tunnel, socket]) end.on("error", () => [tunnel, socket].map((each) => each.destroy()));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
