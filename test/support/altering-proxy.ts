import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

/** One answer of the platform on its way to the gateway. */
export interface PassingAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Changes answers; `path` is that of the request, without its query. */
export type Alteration = (answer: PassingAnswer, path: string) => PassingAnswer;

/** A proxy between the gateway and the platform. */
export interface AlteringProxy extends AsyncDisposable {
  readonly origin: string;
  /** How answers are changed from now on; they pass unchanged at first. */
  alter(alteration: Alteration): void;
}

const NOT_PASSED_ON = ["connection", "content-length", "transfer-encoding", "keep-alive", "content-encoding"];

/** @param origin of the platform */
export async function createAlteringProxy(origin: string): Promise<AlteringProxy> {
  let alteration: Alteration = (answer) => answer;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const headers = Object.entries(request.headers).filter(([name]) => !["host", ...NOT_PASSED_ON].includes(name));
    const answer = await fetch(`${origin}${request.url}`, {
      method: request.method ?? "GET",
      headers: headers.map(([name, value]): [string, string] => [name, String(value)]),
      ...(chunks.length > 0 && { body: Buffer.concat(chunks) }),
    });
    const passing = {
      status: answer.status,
      headers: Object.fromEntries([...answer.headers].filter(([name]) => !NOT_PASSED_ON.includes(name))),
      body: await answer.text(),
    };
    const altered = alteration(passing, new URL(request.url ?? "", origin).pathname);
    response.sendDate = false;
    response.writeHead(altered.status, altered.headers).end(altered.body);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    alter: (next) => {
      alteration = next;
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
